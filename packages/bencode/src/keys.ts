/**
 * Keys of dictionaries: byte strings (BEP 3, bencoding), written with one character for each byte. An ASCII key looks like
 * itself; keyText() and textKey() translate the others from and to the text that their bytes are in UTF-8.
 */

/** The key that stands for these bytes. */
export function keyOf(bytes: Uint8Array): string {
  return keyAt(bytes, 0, bytes.length);
}

/** The bytes that a key stands for. */
export function keyBytes(key: string): Uint8Array {
  return Uint8Array.from(key, (character) => character.charCodeAt(0));
}

/** The key whose bytes are this text: a file name in a version 2 file tree, for example. */
export function textKey(text: string): string {
  return keyOf(new TextEncoder().encode(text));
}

/** The text that a key's bytes are; what is not UTF-8 shows as U+FFFD. */
export function keyText(key: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(keyBytes(key));
}

/** A function call takes no more arguments than fit the stack. */
const CHUNK_LENGTH = 4_096;

/** The key in one part of the input. */
export function keyAt(bytes: Uint8Array, start: number, end: number): string {
  let key = '';
  for (let at = start; at < end; at += CHUNK_LENGTH) {
    const chunk = bytes.subarray(at, Math.min(at + CHUNK_LENGTH, end));
    key += String.fromCharCode.apply(null, chunk as unknown as number[]);
  }
  return key;
}

/** Keys met lately, each where a hash of its bytes points. Messages and files repeat few keys, and making strings is slow. */
const recentKeys: string[] = [];
/** Longer keys are names and hashes, which do not come again; so this is also what bounds the memory. */
const RECENT_LENGTH_MAX = 24;

/** The same as keyAt(), faster for a key that was met lately. */
export function recentKeyAt(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > RECENT_LENGTH_MAX) return keyAt(bytes, start, end);
  const hash = (length * 67 + bytes[start]! * 5 + bytes[end - 1]!) & 255;
  const recent = recentKeys[hash];
  if (recent?.length === length) {
    let at = 0;
    while (at < length && recent.charCodeAt(at) === bytes[start + at]) at++;
    if (at === length) return recent;
  }
  return (recentKeys[hash] = keyAt(bytes, start, end));
}
