/**
 * Walks through the bencode of one datagram (BEP 3, bencoding) without building values: a query is answered in a few
 * microseconds, and most of what a message may contain is not needed. Keys may come in any order, as they do on the
 * network; everything else is strict. Where a whole value is wanted, `@ferro/bencode` reads it.
 */
import { ProtocolError } from '@ferro/core';

const DIGIT_0 = 48;
const COLON = 58;
export const DICTIONARY = 100;
const END = 101;
const INTEGER = 105;
export const LIST = 108;

/** More than any message nests; deeper ones cost time to skip and mean nothing. */
const DEPTH_MAX = 32;

export class KrpcReader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The first byte of the next value. */
  peek(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw broken('it ends too early');
    return byte;
  }

  /** Steps over the first byte of a list or dictionary. */
  enter(): void {
    this.at++;
  }

  /** True at the end of a list or dictionary, which is stepped over. */
  leave(): boolean {
    if (this.peek() !== END) return false;
    this.at++;
    return true;
  }

  atString(): boolean {
    const byte = this.peek();
    return byte >= DIGIT_0 && byte < COLON;
  }

  atInteger(): boolean {
    return this.peek() === INTEGER;
  }

  /** A byte string: a view. */
  string(): Uint8Array {
    const start = this.stringStart();
    return this.bytes.subarray(start, this.at);
  }

  /** Steps over a byte string; returns where its content starts. It ends at `at`. */
  stringStart(): number {
    const { bytes } = this;
    let at = this.at;
    let length = 0;
    let byte = bytes[at];
    const first = byte;
    while (byte !== undefined && byte >= DIGIT_0 && byte < COLON && length < 100_000) {
      length = length * 10 + byte - DIGIT_0;
      byte = bytes[++at];
    }
    if (byte !== COLON || at === this.at) throw broken('a string has no length');
    if (first === DIGIT_0 && at > this.at + 1) throw broken('a length starts with zero');
    at++;
    if (at + length > bytes.length) throw broken('a string is longer than the message');
    this.at = at + length;
    return at;
  }

  /** An integer as text, without its frame. */
  integerText(): string {
    let text = '';
    let byte = this.bytes[++this.at];
    while (byte !== undefined && byte !== END && text.length < 21) {
      text += String.fromCharCode(byte);
      byte = this.bytes[++this.at];
    }
    if (byte !== END || !/^(?:0|-?[1-9][0-9]*)$/.test(text)) throw broken('a number is not one');
    this.at++;
    return text;
  }

  /** Any value, unread: a view of its encoding. */
  raw(): Uint8Array {
    const start = this.at;
    this.skip();
    return this.bytes.subarray(start, this.at);
  }

  skip(): void {
    let depth = 0;
    do {
      const byte = this.peek();
      if (byte === LIST || byte === DICTIONARY) {
        if (++depth > DEPTH_MAX) throw broken('it is nested too deeply');
        this.at++;
      } else if (byte === END && depth > 0) {
        depth--;
        this.at++;
      } else if (byte === INTEGER) this.integerText();
      else this.stringStart();
    } while (depth > 0);
  }
}

function broken(what: string): ProtocolError {
  return new ProtocolError('dht/bad-bencode', 'BEP 5, KRPC protocol', `the message cannot be read: ${what}`);
}
