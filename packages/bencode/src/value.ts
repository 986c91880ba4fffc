/**
 * The values of bencode (BEP 3, bencoding) as JavaScript sees them, and how to look into them.
 *
 * Byte strings are bytes, never text, until somebody asks for text. Keys are byte strings written as JavaScript strings:
 * one character for one byte, so that every key survives and comparing strings compares bytes.
 */
export type Bencode = number | bigint | Uint8Array | Bencode[] | BencodeDictionary;

/** Has no inherited fields: `__proto__` and `constructor` are data like any other key. */
export interface BencodeDictionary {
  [key: string]: Bencode;
}

/** What can be encoded: decoded values, and texts (as UTF-8). A field that is undefined is left out. */
export type BencodeInput =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly BencodeInput[]
  | { readonly [key: string]: BencodeInput | undefined };

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

export function isDictionary(value: unknown): value is BencodeDictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function fieldOf(value: Bencode | undefined, key: string): Bencode | undefined {
  return isDictionary(value) ? value[key] : undefined;
}

/** Undefined, like all that follow, if `value` is no dictionary, has no such key, or has something else there. */
export function bytesAt(value: Bencode | undefined, key: string): Uint8Array | undefined {
  const field = fieldOf(value, key);
  return field instanceof Uint8Array ? field : undefined;
}

/** A byte string read as UTF-8; what is not UTF-8 shows as U+FFFD. */
export function textAt(value: Bencode | undefined, key: string): string | undefined {
  const field = bytesAt(value, key);
  return field && utf8.decode(field);
}

/** An integer that a number holds exactly; larger ones are bigint and are not returned here. */
export function integerAt(value: Bencode | undefined, key: string): number | undefined {
  const field = fieldOf(value, key);
  return typeof field === 'number' ? field : undefined;
}

export function listAt(value: Bencode | undefined, key: string): Bencode[] | undefined {
  const field = fieldOf(value, key);
  return Array.isArray(field) ? field : undefined;
}

export function dictionaryAt(value: Bencode | undefined, key: string): BencodeDictionary | undefined {
  const field = fieldOf(value, key);
  return isDictionary(field) ? field : undefined;
}

/** The key that stands for these bytes. */
export function keyOf(bytes: Uint8Array): string {
  let key = '';
  for (const byte of bytes) key += String.fromCharCode(byte);
  return key;
}

/** The bytes that this key stands for. */
export function keyBytes(key: string): Uint8Array {
  return Uint8Array.from(key, (character) => character.charCodeAt(0));
}

/** The key whose bytes are this text in UTF-8. The same as the text itself if that is ASCII. */
export function textKey(text: string): string {
  return keyOf(encoder.encode(text));
}

/** The text of a key that holds UTF-8. */
export function keyText(key: string): string {
  return utf8.decode(keyBytes(key));
}
