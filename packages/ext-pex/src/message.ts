/**
 * The one message of peer exchange, both ways (BEP 11, protocol extension): who has joined, with a byte of flags each, and who
 * has left. The codec writes what it is told; what may be said, and what of it is believed, stands in telling.ts and hearing.ts.
 */
import { type BencodeDictionary, bytesAt, decodeLenient, encode, isDictionary } from '@ferro/bencode';
import {
  type Address,
  type AddressFamily,
  decodeCompactList,
  encodeCompactList,
  familyOf,
  ProtocolError,
} from '@ferro/core';
import { limits } from './limits.ts';

/** What is known of a peer besides its address. */
export interface PexFlags {
  /** It prefers encrypted connections. */
  readonly encryption: boolean;
  /** It has everything, or wants nothing (BEP 21). */
  readonly seed: boolean;
  /** It speaks uTP (BEP 29). */
  readonly utp: boolean;
  /** It can be introduced to others behind their routers (BEP 55). */
  readonly holepunch: boolean;
  /** Whoever tells of it has connected to it. */
  readonly reachable: boolean;
}

export interface PexPeer {
  readonly address: Address;
  readonly flags: PexFlags;
}

export interface PexMessage {
  readonly added: readonly PexPeer[];
  readonly dropped: readonly Address[];
}

const SPEC = 'BEP 11, protocol extension';
const BITS: Readonly<Record<keyof PexFlags, number>> = {
  encryption: 0x01,
  seed: 0x02,
  utp: 0x04,
  holepunch: 0x08,
  reachable: 0x10,
};
const FLAGS = Object.keys(BITS) as (keyof PexFlags)[];

export function encodePexFlags(flags: Partial<PexFlags>): number {
  return FLAGS.reduce((byte, name) => (flags[name] === true ? byte | BITS[name] : byte), 0);
}

/** Bits that BEP 11 does not name are left out. */
export function decodePexFlags(byte: number): PexFlags {
  const has = (name: keyof PexFlags) => (byte & BITS[name]) !== 0;
  return {
    encryption: has('encryption'),
    seed: has('seed'),
    utp: has('utp'),
    holepunch: has('holepunch'),
    reachable: has('reachable'),
  };
}

/** The payload of a `ut_pex` message. Lists that are empty are left out, but one is always there. */
export function encodePexMessage({ added, dropped }: PexMessage): Uint8Array {
  const fields: { [key: string]: Uint8Array } = {};
  for (const family of [4, 6] as const) {
    const suffix = suffixOf(family);
    const peers = added.filter(({ address }) => familyOf(address.ip) === family);
    if (peers.length > 0) {
      fields[`added${suffix}`] = encodeCompactList(
        peers.map(({ address }) => address),
        family,
      );
      fields[`added${suffix}.f`] = Uint8Array.from(peers, ({ flags }) => encodePexFlags(flags));
    }
    const gone = encodeCompactList(dropped, family);
    if (gone.length > 0) fields[`dropped${suffix}`] = gone;
  }
  return encode(Object.keys(fields).length > 0 ? fields : { added: new Uint8Array(0) });
}

/** Throws a ProtocolError (or a BencodeError) if the payload is no message. Absent flags are unset flags. */
export function decodePexMessage(payload: Uint8Array): PexMessage {
  if (payload.length > limits.messageLength) {
    throw new ProtocolError('ext-pex/too-long', SPEC, `a message of ${payload.length} bytes`);
  }
  // Deployed clients do not all sort their keys.
  const { value } = decodeLenient(payload, { depth: 4, tokens: 64, deviations: 1 });
  if (!isDictionary(value)) throw malformed('no dictionary');
  return {
    added: [...peersAt(value, 4), ...peersAt(value, 6)],
    dropped: [...addressesAt(value, 'dropped', 4), ...addressesAt(value, 'dropped', 6)],
  };
}

function peersAt(value: BencodeDictionary, family: AddressFamily): PexPeer[] {
  const flags = bytesAt(value, `added${suffixOf(family)}.f`);
  return addressesAt(value, 'added', family).map((address, index) => ({
    address,
    flags: decodePexFlags(flags?.[index] ?? 0),
  }));
}

function addressesAt(value: BencodeDictionary, key: 'added' | 'dropped', family: AddressFamily): Address[] {
  const list = bytesAt(value, key + suffixOf(family));
  if (list === undefined) return [];
  try {
    return decodeCompactList(list, family);
  } catch (error) {
    throw error instanceof ProtocolError ? malformed(`${key}: ${error.message}`) : error;
  }
}

function suffixOf(family: AddressFamily): '' | '6' {
  return family === 4 ? '' : '6';
}

function malformed(message: string): ProtocolError {
  return new ProtocolError('ext-pex/malformed', SPEC, message);
}
