/**
 * One pass over the bytes (BEP 3, bencoding), for the strict and the lenient decoder: they differ in what they do when told of
 * a deviation. Iterative, so that no input chooses the depth of the stack. Nothing is copied: byte strings are views of the
 * input.
 */
import { COLON, DICTIONARY, END, INTEGER, LIST, MINUS, ZERO } from './bytes.ts';
import { BencodeError } from './errors.ts';
import { keyAt, recentKeyAt } from './keys.ts';
import { type DecodeOptions, limits } from './limits.ts';
import type { Bencode, BencodeDictionary } from './value.ts';

/**
 * Instances inherit from an empty object, so that only their own fields are ever found in them. `Object.create(null)` would
 * say the same, but engines build and read such objects at half the speed.
 */
const Dictionary = function Dictionary() {} as unknown as new () => BencodeDictionary;
Dictionary.prototype = Object.freeze(Object.create(null));

/** Throws, which is what strict decoding does about a deviation. */
export function refuse(what: string, offset: number): never {
  throw new BencodeError(`bencode/${what}`, offset);
}

export class Reader {
  readonly bytes: Uint8Array;
  /** The next byte to read. */
  at = 0;
  readonly #options: DecodeOptions | undefined;
  readonly #deviate: (what: string, offset: number) => void;

  constructor(bytes: Uint8Array, options?: DecodeOptions, deviate: (what: string, offset: number) => void = refuse) {
    this.bytes = bytes;
    this.#options = options;
    this.#deviate = deviate;
    const bytesMax = options?.bytes ?? limits.bytes;
    if (bytes.length > bytesMax) refuse('limit-bytes', bytesMax);
  }

  /** Reads one value with all that is in it. */
  value(): Bencode {
    const { bytes } = this;
    const { buffer, byteOffset } = bytes;
    // What is open around `container`, each after the greatest key read in it so far.
    const outer: (Bencode[] | BencodeDictionary | string | undefined)[] = [];
    let container: Bencode[] | BencodeDictionary | undefined;
    let greatestKey: string | undefined;
    let value: Bencode;
    const depthMax = this.#options?.depth ?? limits.depth;
    let tokensLeft = this.#options?.tokens ?? limits.tokens;
    do {
      if (container && bytes[this.at] === END) {
        this.at++;
        value = container;
        container = outer.pop() as typeof container;
        greatestKey = outer.pop() as typeof greatestKey;
        continue;
      }
      let key: string | undefined;
      if (container && !Array.isArray(container)) {
        const start = this.at;
        key = this.key();
        if (greatestKey === undefined || key > greatestKey) greatestKey = key;
        else {
          const isDuplicate = key in container;
          this.#deviate(isDuplicate ? 'key-duplicate' : 'key-unsorted', start);
          // The first stays, which is also the one that rawSlice() finds.
          if (isDuplicate) key = undefined;
        }
      }
      if (--tokensLeft < 0) refuse('limit-tokens', this.at);
      const byte = bytes[this.at];
      const isContainer = byte === DICTIONARY || byte === LIST;
      if (isContainer) value = byte === DICTIONARY ? new Dictionary() : [];
      else if (byte === INTEGER) value = this.integer();
      else {
        const length = this.length();
        value = new Uint8Array(buffer, byteOffset + this.at, length);
        this.at += length;
      }
      if (Array.isArray(container)) container.push(value);
      // Engines keep an eye on this name, and store to it at a third of the speed unless it stands in the source.
      else if (key === 'length') container!['length'] = value;
      else if (key !== undefined) container![key] = value;
      if (isContainer) {
        outer.push(greatestKey, container);
        if (outer.length > depthMax * 2) refuse('limit-depth', this.at);
        this.at++;
        container = value as Bencode[] | BencodeDictionary;
        greatestKey = undefined;
      }
    } while (container);
    return value;
  }

  key(): string {
    const length = this.length();
    return recentKeyAt(this.bytes, this.at, (this.at += length));
  }

  integer(): number | bigint {
    const start = ++this.at;
    const isNegative = this.bytes[start] === MINUS;
    if (isNegative) this.at++;
    const first = this.at;
    const number = this.#number(END);
    if (isNegative && number === 0) this.#deviate('negative-zero', start);
    // Rounding keeps order, so what comes out as a safe integer was never rounded.
    if (number <= Number.MAX_SAFE_INTEGER) return isNegative ? 0 - number : number;
    const end = this.at - 1;
    if (end - first > (this.#options?.digits ?? limits.digits)) refuse('limit-digits', first);
    return BigInt(keyAt(this.bytes, start, end));
  }

  /** Reads the head of a byte string, and sees that all of the string is there. */
  length(): number {
    const length = this.#number(COLON);
    if (length > this.bytes.length - this.at) refuse('unexpected-end', this.bytes.length);
    return length;
  }

  #number(terminator: number): number {
    const { bytes } = this;
    const start = this.at;
    let at = start;
    let number = 0;
    for (let digit: number; (digit = bytes[at]! - ZERO) >= 0 && digit <= 9; at++) number = number * 10 + digit;
    if (bytes[at] !== terminator || at === start) refuse(at < bytes.length ? 'unexpected-byte' : 'unexpected-end', at);
    if (bytes[start] === ZERO && at > start + 1) this.#deviate('leading-zero', start);
    this.at = at + 1;
    return number;
  }
}
