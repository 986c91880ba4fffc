/** Nodes in compact form (BEP 5, contact encoding; BEP 32, nodes6): an id of 20 bytes and a compact address. */
import type { Endpoint } from '../../target/target.ts';
import { ipBytes, readCompact, writeCompact } from '../endpoint.ts';

export interface Contact {
  readonly id: Uint8Array;
  readonly at: Endpoint;
}

/** 26 bytes an entry over IPv4, 38 over IPv6. Bytes that make no whole entry are left out. */
export function readContacts(bytes: Uint8Array, stride: 26 | 38 = 26): readonly Contact[] {
  const contacts: Contact[] = [];
  for (let start = 0; start + stride <= bytes.length; start += stride) {
    const entry = bytes.subarray(start, start + stride);
    const [at] = readCompact(entry.subarray(20), stride === 26 ? 6 : 18);
    contacts.push({ id: entry.subarray(0, 20), at: at! });
  }
  return contacts;
}

export function writeContacts(contacts: readonly Contact[]): Uint8Array {
  return new Uint8Array(Buffer.concat(contacts.flatMap(({ id, at }) => [id, writeCompact(at)])));
}

/** One spelling an address, so that endpoints compare. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && Buffer.from(ipBytes(a.ip)).equals(ipBytes(b.ip));
}
