/**
 * The values of bencode (BEP 3, bencoding) as JavaScript sees them.
 *
 * Byte strings are bytes, never text, until somebody asks for text. Keys are byte strings too, written as JavaScript strings
 * with one character for each byte: so every key survives, and comparing strings compares bytes.
 */

/** What a decoder returns. An integer is a number if a number holds it exactly, else a bigint. */
export type Bencode = number | bigint | Uint8Array | Bencode[] | BencodeDictionary;

/** Inherits nothing: `__proto__` and `constructor` are keys like any other. */
export interface BencodeDictionary {
  [key: string]: Bencode;
}

/** What can be encoded: decoded values, and texts, which become UTF-8. A field that is undefined is left out. */
export type BencodeInput =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly BencodeInput[]
  | { readonly [key: string]: BencodeInput | undefined };
