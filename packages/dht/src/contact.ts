/**
 * A node as others are told of it: an id and an address, 26 bytes (BEP 5, contact encoding) or 38 (BEP 32, nodes6).
 * Which addresses strangers may name is decided here too: nobody can make us send to a loopback or multicast address.
 */
import {
  type Address,
  type AddressFamily,
  compactLength,
  decodeCompact,
  encodeCompact,
  Id20,
  readU16,
  scopeOf,
} from '@ferro/core';
import { isLocal } from './node-id.ts';

export interface Contact {
  readonly id: Id20;
  readonly address: Address;
}

export function contactLength(family: AddressFamily): 26 | 38 {
  return family === 4 ? 26 : 38;
}

export function encodeContact(contact: Contact): Uint8Array {
  const address = encodeCompact(contact.address);
  const bytes = new Uint8Array(20 + address.length);
  bytes.set(contact.id.bytes);
  bytes.set(address, 20);
  return bytes;
}

/** The whole contacts among the first `max`, without those that cannot be reached. An odd length gives none: it is not a list of nodes. */
export function decodeContacts(bytes: Uint8Array, family: AddressFamily, max: number): Contact[] {
  const length = contactLength(family);
  const contacts: Contact[] = [];
  if (bytes.length % length !== 0) return contacts;
  for (let at = 0; at < bytes.length && contacts.length < max; at += length) {
    const address = decodeCompact(bytes, at + 20, family);
    // An IPv4 address inside an IPv6 one would lead out of the network that it was named in.
    if (address.port !== 0 && (family === 6) === address.ip.includes(':')) {
      contacts.push({ id: Id20.from(bytes.subarray(at, at + 20)), address });
    }
  }
  return contacts;
}

/** Peers of one family; entries of other lengths are left out (BEP 32: one family per network). */
export function decodePeers(values: readonly Uint8Array[], family: AddressFamily): Address[] {
  const length = compactLength(family);
  const peers: Address[] = [];
  for (const value of values) {
    if (value.length === length && readU16(value, length - 2) !== 0) peers.push(decodeCompact(value, 0, family));
  }
  return peers;
}

/** Whether a node at `from` may name `ip`: public addresses may be named by all, local ones by local nodes only. */
export function mayName(from: string, ip: string): boolean {
  const scope = scopeOf(ip);
  return (
    scope === 'global' || ((scope === 'private' || scope === 'loopback' || scope === 'link-local') && isLocal(from))
  );
}
