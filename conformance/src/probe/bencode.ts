/**
 * The probe's own bencode (BEP 3, bencoding). It reads what can be read and lists what is not canonical on the side, so that one
 * unsorted dictionary turns red the one case that is about order, not every case. It writes whatever it is told, also what is wrong.
 */
import { limits } from '../limits.ts';

/** Dictionary keys are byte strings, held as latin-1 text. Integers beyond 2^53 are bigints. */
export type Bencoded = number | bigint | Uint8Array | readonly Bencoded[] | BencodedMap;
export type BencodedMap = ReadonlyMap<string, Bencoded>;

/** Not bencode at all. */
export class MalformedBencode extends Error {}

export interface Reading {
  readonly value: Bencoded;
  /** What is readable but not as it has to be written: order, doubled keys, leading zeros, bytes left over. */
  readonly violations: readonly string[];
}

export function readBencode(bytes: Uint8Array): Reading {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at < bytes.length) reader.violations.push(`${bytes.length - reader.at} bytes after the end`);
  return { value, violations: reader.violations };
}

/** Objects become dictionaries in sorted order, Maps keep theirs; text is UTF-8, and `raw` goes in as it is. */
export type Writable =
  | number
  | bigint
  | string
  | Uint8Array
  | Raw
  | readonly Writable[]
  | ReadonlyMap<string, Writable>
  | { readonly [key: string]: Writable };

/** Bytes that stand for themselves: how wrong bencode gets written. */
export class Raw {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export function writeBencode(value: Writable): Uint8Array {
  return new Uint8Array(Buffer.concat([...pieces(value)]));
}

/** As a person would write it: text in quotes, other bytes in hex, long ones cut. */
export function describeBencode(value: Bencoded): string {
  if (value instanceof Uint8Array) return describeBytes(value);
  if (Array.isArray(value)) return `[${(value as readonly Bencoded[]).map(describeBencode).join(', ')}]`;
  if (!(value instanceof Map)) return String(value);
  const entries = [...(value as BencodedMap)].map(
    ([key, each]) => `${describeBytes(fromLatin1(key))}: ${describeBencode(each)}`,
  );
  return `{${entries.join(', ')}}`;
}

function describeBytes(bytes: Uint8Array): string {
  const text = latin1(bytes);
  if (/^[ -~]*$/.test(text)) return text.length > 120 ? `"${text.slice(0, 120)}…"` : `"${text}"`;
  const hex = Buffer.from(bytes.subarray(0, 60)).toString('hex');
  return `0x${hex}${bytes.length > 60 ? `… (${bytes.length} bytes)` : ''}`;
}

/** Latin-1, both ways: how keys and binary strings are held as text. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

export function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function* pieces(value: Writable): Generator<Uint8Array> {
  if (value instanceof Raw) yield value.bytes;
  else if (typeof value === 'number' || typeof value === 'bigint') yield Buffer.from(`i${value}e`);
  else if (typeof value === 'string') yield* pieces(Buffer.from(value));
  else if (value instanceof Uint8Array) yield* [Buffer.from(`${value.length}:`), value];
  else if (Array.isArray(value)) {
    yield Buffer.from('l');
    for (const each of value as readonly Writable[]) yield* pieces(each);
    yield Buffer.from('e');
  } else {
    const ordered = value instanceof Map ? [...value] : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    yield Buffer.from('d');
    for (const [key, each] of ordered) yield* [...pieces(fromLatin1(key)), ...pieces(each as Writable)];
    yield Buffer.from('e');
  }
}

class Reader {
  readonly violations: string[] = [];
  at: number = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    // A Buffer's pieces are Buffers, and those are equal to no Uint8Array.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  value(depth: number): Bencoded {
    if (depth > limits.bencodeDepth) throw this.#malformed('nesting too deep');
    const start = this.#bytes[this.at];
    if (start === 0x69) return this.#integer();
    if (start === 0x6c) return this.#list(depth);
    if (start === 0x64) return this.#dictionary(depth);
    return this.#string();
  }

  #integer(): number | bigint {
    const end = this.#bytes.indexOf(0x65, this.at);
    const text = latin1(this.#bytes.subarray(this.at + 1, end));
    if (end < 0 || !/^-?\d+$/.test(text)) throw this.#malformed('no integer');
    if (!/^(0|-?[1-9]\d*)$/.test(text)) this.violations.push(`integer ${text} is not canonical`);
    this.at = end + 1;
    const exact = BigInt(text);
    return exact === BigInt(Number(exact)) && Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }

  #string(): Uint8Array {
    const colon = this.#bytes.indexOf(0x3a, this.at);
    const digits = latin1(this.#bytes.subarray(this.at, colon < 0 ? this.at : colon));
    if (!/^\d{1,15}$/.test(digits)) throw this.#malformed('neither string, integer, list nor dictionary');
    if (!/^(0|[1-9]\d*)$/.test(digits)) this.violations.push(`length ${digits} has leading zeros`);
    const end = colon + 1 + Number(digits);
    if (end > this.#bytes.length) throw this.#malformed('a string that ends beyond the data');
    this.at = end;
    return this.#bytes.subarray(colon + 1, end);
  }

  #list(depth: number): readonly Bencoded[] {
    const items: Bencoded[] = [];
    this.at++;
    while (this.#bytes[this.at] !== 0x65) items.push(this.value(depth + 1));
    this.at++;
    return items;
  }

  #dictionary(depth: number): BencodedMap {
    const entries = new Map<string, Bencoded>();
    let last: string | undefined;
    this.at++;
    while (this.#bytes[this.at] !== 0x65) {
      const bytes = this.#string();
      const key = latin1(bytes);
      if (last !== undefined && key <= last) {
        this.violations.push(`key ${describeBytes(bytes)} after ${describeBytes(fromLatin1(last))}`);
      }
      last = key;
      entries.set(key, this.value(depth + 1));
    }
    this.at++;
    return entries;
  }

  #malformed(what: string): MalformedBencode {
    return new MalformedBencode(`${what} at byte ${this.at}`);
  }
}
