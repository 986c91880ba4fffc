/**
 * The bytes of a value as they were found. An info-hash is taken over them (BEP 3, info dictionary), never over what encoding
 * a decoded value again would give: the two differ for every file that is not canonical.
 */

import { DICTIONARY, END, INTEGER, LIST } from './bytes.ts';
import type { DecodeOptions } from './limits.ts';
import { Reader } from './reader.ts';

/**
 * The encoding of the value at `path`, a view; undefined if nothing is there. A step is a key or the index of a list item.
 * Reads leniently, finds the first of duplicate keys, and looks at nothing behind the value.
 */
export function rawSlice(
  bytes: Uint8Array,
  path: readonly (string | number)[],
  options?: DecodeOptions,
): Uint8Array | undefined {
  const reader = new Reader(bytes, options, () => {});
  for (const step of path) {
    const isKey = typeof step === 'string';
    if (bytes[reader.at] !== (isKey ? DICTIONARY : LIST)) return undefined;
    reader.at++;
    for (let index = 0; ; index++) {
      if (bytes[reader.at] === END) return undefined;
      if ((isKey ? reader.key() : index) === step) break;
      skip(reader);
    }
  }
  const start = reader.at;
  skip(reader);
  return bytes.subarray(start, reader.at);
}

/** Passes one value. A depth is counted but not limited, since it costs nothing here. */
function skip(reader: Reader): void {
  let depth = 0;
  do {
    const byte = reader.bytes[reader.at];
    if (byte === DICTIONARY || byte === LIST) {
      depth++;
      reader.at++;
    } else if (byte === END && depth > 0) {
      depth--;
      reader.at++;
    } else if (byte === INTEGER) reader.integer();
    else {
      const length = reader.length();
      reader.at += length;
    }
  } while (depth > 0);
}
