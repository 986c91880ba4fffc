/**
 * A field of a dictionary (BEP 3, bencoding) by its type, or undefined: if the key is absent, if something else is there, or if
 * `value` is no dictionary at all. So a path into a message of a stranger is `bytesAt(dictionaryAt(message, 'a'), 'id')`.
 */
import type { Bencode, BencodeDictionary } from './value.ts';

export function isDictionary(value: Bencode | undefined): value is BencodeDictionary {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

export function bytesAt(value: Bencode | undefined, key: string): Uint8Array | undefined {
  const field = fieldAt(value, key);
  return field instanceof Uint8Array ? field : undefined;
}

/** A byte string read as UTF-8; what is not UTF-8 shows as U+FFFD. */
export function textAt(value: Bencode | undefined, key: string): string | undefined {
  const field = bytesAt(value, key);
  return field && new TextDecoder('utf-8', { ignoreBOM: true }).decode(field);
}

/** An integer that a number holds exactly. */
export function integerAt(value: Bencode | undefined, key: string): number | undefined {
  const field = fieldAt(value, key);
  return typeof field === 'number' ? field : undefined;
}

export function listAt(value: Bencode | undefined, key: string): Bencode[] | undefined {
  const field = fieldAt(value, key);
  return Array.isArray(field) ? field : undefined;
}

export function dictionaryAt(value: Bencode | undefined, key: string): BencodeDictionary | undefined {
  const field = fieldAt(value, key);
  return isDictionary(field) ? field : undefined;
}

function fieldAt(value: Bencode | undefined, key: string): Bencode | undefined {
  return isDictionary(value) ? value[key] : undefined;
}
