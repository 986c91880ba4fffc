/**
 * Where encoding (BEP 3, bencoding) puts its bytes: a buffer that doubles when it is full, and beside it, uncopied until the
 * end, the first long byte string. That is a torrent's piece hashes, most of the file, and it is copied once.
 */

import { COLON, END, INTEGER, ZERO } from './bytes.ts';

/** Kept for the next encoder, and gone while one runs: what is encoded may have accessors that encode something themselves. */
let spare: Uint8Array | undefined;
const SPARE_LENGTH_MAX = 65_536;
const LONG_LENGTH = 65_536;
/** Up to here a loop is faster than a call. */
const SHORT_LENGTH = 48;

/** The largest length of an array has ten digits. */
const SMALL_MAX = 0x7fffffff;
const DIGITS_MAX = 10;

export class Writer {
  #buffer: Uint8Array = spare ?? new Uint8Array(1_024);
  #at = 0;
  #long: Uint8Array | undefined;
  #longAt = 0;

  constructor() {
    spare = undefined;
  }

  byte(byte: number): void {
    this.#room(1)[this.#at++] = byte;
  }

  /** One byte for each character. */
  characters(text: string): void {
    const { length } = text;
    const buffer = this.#room(length);
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) throw new TypeError('a key has one character for each byte: see textKey()');
      buffer[at++] = code;
    }
    this.#at = at;
  }

  integer(integer: number | bigint): void {
    this.byte(INTEGER);
    if (typeof integer === 'number' && integer >= 0 && integer <= SMALL_MAX) this.#decimal(integer);
    else this.characters(String(integer));
    this.byte(END);
  }

  key(key: string): void {
    this.#head(key.length);
    this.characters(key);
  }

  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#head(length);
    if (length >= LONG_LENGTH && !this.#long) {
      this.#long = bytes;
      this.#longAt = this.#at;
      return;
    }
    const buffer = this.#room(length);
    const at = this.#at;
    if (length > SHORT_LENGTH) buffer.set(bytes, at);
    else for (let i = 0; i < length; i++) buffer[at + i] = bytes[i]!;
    this.#at = at + length;
  }

  finish(): Uint8Array {
    const buffer = this.#buffer;
    if (buffer.length <= SPARE_LENGTH_MAX) spare = buffer;
    if (!this.#long) return buffer.slice(0, this.#at);
    const long = this.#long;
    const start = this.#longAt;
    const whole = around(long, start, this.#at + long.length);
    whole.set(buffer.subarray(0, start));
    whole.set(buffer.subarray(start, this.#at), start + long.length);
    return whole;
  }

  #head(length: number): void {
    this.#decimal(length);
    this.byte(COLON);
  }

  /** From the last digit to the first: twice as fast as to make a string of them. */
  #decimal(number: number): void {
    const buffer = this.#room(DIGITS_MAX);
    let at = this.#at + 1;
    for (let power = 10; number >= power; power *= 10) at++;
    this.#at = at;
    let rest = number;
    do {
      const tens = Math.trunc(rest / 10);
      buffer[--at] = ZERO + rest - tens * 10;
      rest = tens;
    } while (rest > 0);
  }

  #room(length: number): Uint8Array {
    const needed = this.#at + length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(needed * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}

/**
 * New bytes that have `long` at `start`. A fresh array is filled with zeros before anything is copied into it, a copy of an
 * array is not: so if enough lies around `long` in its own buffer, as it does in a decoded file, that is copied with it.
 */
function around(long: Uint8Array, start: number, length: number): Uint8Array {
  const from = long.byteOffset - start;
  if (from >= 0 && from + length <= long.buffer.byteLength) {
    return new Uint8Array(new Uint8Array(long.buffer, from, length));
  }
  const whole = new Uint8Array(length);
  whole.set(long, start);
  return whole;
}
