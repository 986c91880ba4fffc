/**
 * Values → bytes in the one canonical encoding (BEP 3, bencoding): keys sorted by their bytes. Iterative like the decoder.
 */
import { DICTIONARY, END, LIST } from './bytes.ts';
import { limits } from './limits.ts';
import type { BencodeInput } from './value.ts';
import { Writer } from './writer.ts';

interface Fields {
  readonly [key: string]: unknown;
}

/**
 * What bencode has no form for is a TypeError: fractions and unsafe numbers, null, booleans, instances of classes, keys with
 * characters beyond a byte. `depth` is needed for what was decoded with a larger one.
 */
export function encode(root: BencodeInput, options?: { readonly depth?: number }): Uint8Array {
  const depthMax = options?.depth ?? limits.depth;
  const writer = new Writer();
  // What is open around `container`: the container, its keys if it has some, and how many of its fields are written.
  const outer: unknown[] = [];
  let container: readonly unknown[] | Fields | undefined;
  let keys: readonly string[] | undefined;
  let index = 0;
  let value: unknown = root;
  do {
    if (typeof value === 'string') writer.bytes(new TextEncoder().encode(value));
    else if (value instanceof Uint8Array) writer.bytes(value);
    else if (typeof value === 'bigint' || Number.isSafeInteger(value)) writer.integer(value as number | bigint);
    else {
      outer.push(container, keys, index);
      if (outer.length > 3 * depthMax) throw new RangeError('nested too deep, or within itself');
      keys = keysOf(value);
      container = value as typeof container;
      index = 0;
      writer.byte(keys ? DICTIONARY : LIST);
    }
    while (container) {
      if (index === (keys ?? (container as readonly unknown[])).length) {
        writer.byte(END);
        index = outer.pop() as number;
        keys = outer.pop() as typeof keys;
        container = outer.pop() as typeof container;
      } else if (keys) {
        const key = keys[index++]!;
        value = (container as Fields)[key];
        if (value === undefined) continue;
        writer.key(key);
        break;
      } else {
        value = (container as readonly unknown[])[index++];
        break;
      }
    }
  } while (container);
  return writer.finish();
}

/** In order; undefined for a list, which has none. */
function keysOf(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return undefined;
  if (!isPlainObject(value)) throw new TypeError(`bencode has no form for ${String(value)}`);
  const keys = Object.keys(value);
  for (let i = 1; i < keys.length; i++) if (keys[i]! < keys[i - 1]!) return keys.sort();
  return keys;
}

/** A literal, one without prototype, or a decoded dictionary; a Map or a Date would be taken for an empty dictionary. */
function isPlainObject(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
