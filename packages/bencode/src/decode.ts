/** Bytes → values (BEP 3, bencoding). Iterative: the input chooses no stack depth. Byte strings are views of the input. */
import { BencodeError } from './errors.ts';
import { type DecodeOptions, limits } from './limits.ts';
import type { Bencode, BencodeDictionary } from './value.ts';

/** Something that strict decoding refuses and lenient decoding reads. The code is that of the strict error. */
export interface Deviation {
  readonly code: string;
  readonly offset: number;
}

/** The one value that the input is, in canonical encoding; else a BencodeError. */
export function decode(bytes: Uint8Array, options?: DecodeOptions): Bencode {
  const reader = new Reader(bytes, options);
  const value = reader.value();
  if (reader.at < bytes.length) reader.deviate('trailing-bytes', reader.at);
  return value;
}

/** Reads what deployed files contain, and says what was wrong with it. */
export function decodeLenient(
  bytes: Uint8Array,
  options?: DecodeOptions,
): { value: Bencode; deviations: readonly Deviation[] } {
  const deviations: Deviation[] = [];
  const reader = new Reader(bytes, options, deviations);
  const value = reader.value();
  if (reader.at < bytes.length) reader.deviate('trailing-bytes', reader.at);
  return { value, deviations };
}

/** A value that other bytes follow (BEP 9), and how many bytes are its own. */
export function decodePrefix(bytes: Uint8Array, options?: DecodeOptions): { value: Bencode; length: number } {
  const reader = new Reader(bytes, options);
  return { value: reader.value(), length: reader.at };
}

function Fields(): void {}
Fields.prototype = Object.freeze(Object.create(null));
const newDictionary = Fields as unknown as new () => BencodeDictionary;

interface Frame {
  readonly list: Bencode[] | undefined;
  readonly dictionary: BencodeDictionary | undefined;
  key: string | undefined;
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #limits: Required<DecodeOptions>;
  readonly #deviations: Deviation[] | undefined;

  constructor(bytes: Uint8Array, options?: DecodeOptions, deviations?: Deviation[]) {
    this.#bytes = bytes;
    this.#limits = { ...limits, ...options };
    this.#deviations = deviations;
    if (bytes.length > this.#limits.bytes) throw new BencodeError('bencode/too-many-bytes', this.#limits.bytes);
  }

  deviate(what: string, offset: number): void {
    if (!this.#deviations) throw new BencodeError(`bencode/${what}`, offset);
    if (this.#deviations.length < this.#limits.deviations) this.#deviations.push({ code: `bencode/${what}`, offset });
  }

  value(): Bencode {
    const stack: Frame[] = [];
    let frame: Frame | undefined;
    let tokens = 0;
    for (;;) {
      const start = this.at;
      const byte = this.#bytes[start];
      if (byte === undefined) throw new BencodeError('bencode/unexpected-end', start);
      let value: Bencode;
      if (byte === 101 && frame) {
        if (frame.key !== undefined) throw new BencodeError('bencode/value-missing', start);
        this.at++;
        value = (frame.list ?? frame.dictionary)!;
        frame = stack.pop();
      } else {
        if (++tokens > this.#limits.tokens) throw new BencodeError('bencode/too-many-tokens', start);
        if (frame?.dictionary && frame.key === undefined) {
          if (byte < 48 || byte > 57) throw new BencodeError('bencode/key-not-string', start);
          frame.key = this.#key();
          continue;
        }
        if (byte === 108 || byte === 100) {
          if (stack.length + (frame ? 1 : 0) >= this.#limits.depth) throw new BencodeError('bencode/too-deep', start);
          this.at++;
          if (frame) stack.push(frame);
          frame = {
            list: byte === 108 ? [] : undefined,
            dictionary: byte === 100 ? new newDictionary() : undefined,
            key: undefined,
          };
          continue;
        }
        value = byte === 105 ? this.#integer() : this.#string();
      }
      if (!frame) return value;
      if (frame.list) frame.list.push(value);
      else {
        frame.dictionary![frame.key!] = value;
        frame.key = undefined;
      }
    }
  }

  #key(): string {
    return String.fromCharCode(...this.#string());
  }

  #integer(): number | bigint {
    const end = this.#bytes.indexOf(101, this.at);
    const text = String.fromCharCode(...this.#bytes.subarray(this.at + 1, end));
    if (!/^-?\d+$/.test(text)) throw new BencodeError('bencode/integer-malformed', this.at);
    this.at = end + 1;
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : BigInt(text);
  }

  #string(): Uint8Array {
    const colon = this.#bytes.indexOf(58, this.at);
    const text = String.fromCharCode(...this.#bytes.subarray(this.at, Math.min(colon, this.at + 16)));
    if (!/^\d+$/.test(text)) throw new BencodeError('bencode/unexpected-byte', this.at);
    const start = colon + 1;
    const end = start + Number(text);
    if (end > this.#bytes.length) throw new BencodeError('bencode/string-truncated', this.at);
    this.at = end;
    return this.#bytes.subarray(start, end);
  }
}
