/** The messages of the metadata extension, both ways (BEP 9, metadata): a dictionary, and behind it, in data messages, the bytes. */
import { type BencodeInput, decodePrefix, encode, integerAt } from '@ferro/bencode';
import { concatBytes, ProtocolError } from '@ferro/core';

/** Every piece is 16 KiB but the last (BEP 9, extension message). */
export const PIECE_LENGTH = 16_384;

export type MetadataMessage =
  | { readonly type: 'request' | 'reject'; readonly index: number }
  /** `data` views the payload. */
  | { readonly type: 'data'; readonly index: number; readonly totalLength: number; readonly data: Uint8Array }
  /** A number that BEP 9 does not name: to be ignored. */
  | { readonly type: 'unknown'; readonly number: number };

const SPEC = 'BEP 9, extension message';
const NUMBERS = { request: 0, data: 1, reject: 2 } as const;

export function encodeMetadataMessage(message: Exclude<MetadataMessage, { type: 'unknown' }>): Uint8Array {
  const head: BencodeInput = { msg_type: NUMBERS[message.type], piece: message.index };
  if (message.type !== 'data') return encode(head);
  return concatBytes([encode({ ...head, total_size: message.totalLength }), message.data]);
}

/** Throws a ProtocolError (or a BencodeError) if the payload is no message at all. */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage {
  const { value, length } = decodePrefix(payload);
  const number = integerAt(value, 'msg_type');
  const index = integerAt(value, 'piece');
  if (number === undefined || index === undefined || index < 0)
    throw malformed('a message without its type or its piece');
  if (number === NUMBERS.request) return { type: 'request', index };
  if (number === NUMBERS.reject) return { type: 'reject', index };
  if (number !== NUMBERS.data) return { type: 'unknown', number };
  const totalLength = integerAt(value, 'total_size');
  if (totalLength === undefined || totalLength <= 0) throw malformed('data without the size of all');
  return { type: 'data', index, totalLength, data: payload.subarray(length) };
}

function malformed(message: string): ProtocolError {
  return new ProtocolError('ext-metadata/malformed', SPEC, message);
}
