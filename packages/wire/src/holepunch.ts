/**
 * Messages by which a peer in the middle introduces two peers that cannot reach each other (BEP 55). The codec only: whom to
 * introduce, and whether to believe it, is the client's business.
 */
import {
  type Address,
  compactLength,
  decodeCompact,
  encodeCompact,
  ProtocolError,
  readU32,
  writeU32,
} from '@ferro/core';

/** Why a rendezvous failed, as numbered by BEP 55. Other numbers are passed on as they are. */
export const holepunchErrors = {
  'no-such-peer': 1,
  'not-connected': 2,
  'no-support': 3,
  'no-self': 4,
} as const;

export type HolepunchError = keyof typeof holepunchErrors;

export type HolepunchMessage =
  | { readonly type: 'rendezvous' | 'connect'; readonly address: Address }
  | { readonly type: 'error'; readonly address: Address; readonly error: HolepunchError | number };

const TYPES = ['rendezvous', 'connect', 'error'] as const;

/** The payload of a `ut_holepunch` message. */
export function encodeHolepunch(message: HolepunchMessage): Uint8Array {
  const address = encodeCompact(message.address);
  const payload = new Uint8Array(2 + address.length + 4);
  payload[0] = TYPES.indexOf(message.type);
  payload[1] = address.length === compactLength(4) ? 0 : 1;
  payload.set(address, 2);
  if (message.type === 'error') {
    const { error } = message;
    writeU32(payload, 2 + address.length, typeof error === 'number' ? error : holepunchErrors[error]);
  }
  return payload;
}

/** The error code may be missing where there is no error: deployed clients leave it out. */
export function decodeHolepunch(payload: Uint8Array): HolepunchMessage {
  const type = TYPES[payload[0] ?? TYPES.length];
  const family = payload[1] === 0 ? 4 : 6;
  const end = 2 + compactLength(family);
  if (type === undefined || payload[1]! > 1) throw malformed('an unknown type');
  if (payload.length < end || (type === 'error' && payload.length < end + 4)) {
    throw malformed(`${payload.length} bytes`);
  }
  const address = decodeCompact(payload, 2, family);
  if (type !== 'error') return { type, address };
  const code = readU32(payload, end);
  const names = Object.keys(holepunchErrors) as HolepunchError[];
  return { type, address, error: names.find((name) => holepunchErrors[name] === code) ?? code };
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('wire/holepunch-malformed', 'BEP 55, protocol extension', `a message of ${what}`);
}
