/**
 * Which pieces somebody has: one bit a piece, the first piece in the highest bit of the first byte (BEP 3, peer messages,
 * bitfield). Counts as it changes, so that "how many" and "all of them" never scan.
 */
import { ProtocolError } from '@ferro/core';

export class Bitfield {
  /** Pieces. */
  readonly length: number;
  /** As sent on the wire. Change it through the methods only. */
  readonly bytes: Uint8Array;
  #count = 0;

  /** None of `length` pieces. */
  constructor(length: number) {
    this.length = length;
    this.bytes = new Uint8Array((length + 7) >>> 3);
  }

  /** Copies what a peer sent. A wrong length or a set spare bit is a ProtocolError. */
  static from(bytes: Uint8Array, length: number): Bitfield {
    checkBitfield(bytes, length);
    const bitfield = new Bitfield(length);
    bitfield.bytes.set(bytes);
    bitfield.#count = countBits(bytes);
    return bitfield;
  }

  static full(length: number): Bitfield {
    const bitfield = new Bitfield(length);
    bitfield.bytes.fill(255);
    if (length % 8 !== 0) bitfield.bytes[bitfield.bytes.length - 1] = 0xff00 >> (length % 8);
    bitfield.#count = length;
    return bitfield;
  }

  /** How many pieces are set. */
  get count(): number {
    return this.#count;
  }

  get complete(): boolean {
    return this.#count === this.length;
  }

  /** False for what is no piece of the torrent. */
  has(piece: number): boolean {
    return piece < this.length && (this.bytes[piece >>> 3]! & (128 >> (piece & 7))) !== 0;
  }

  /** True if this changed anything. A piece beyond the end is a RangeError. */
  set(piece: number): boolean {
    this.#check(piece);
    if (this.has(piece)) return false;
    this.bytes[piece >>> 3]! |= 128 >> (piece & 7);
    this.#count++;
    return true;
  }

  /** True if this changed anything. */
  unset(piece: number): boolean {
    this.#check(piece);
    if (!this.has(piece)) return false;
    this.bytes[piece >>> 3]! &= ~(128 >> (piece & 7));
    this.#count--;
    return true;
  }

  #check(piece: number): void {
    if (!(piece >= 0 && piece < this.length)) throw new RangeError(`piece ${piece} of ${this.length}`);
  }
}

/** Throws a ProtocolError unless these bytes are a bitfield of so many pieces. */
export function checkBitfield(bytes: Uint8Array, length: number): void {
  if (bytes.length !== (length + 7) >>> 3) {
    throw new ProtocolError('wire/bitfield-length', SPEC, `${bytes.length} bytes for ${length} pieces`);
  }
  if (length % 8 !== 0 && (bytes[bytes.length - 1]! & (0xff >> (length % 8))) !== 0) {
    throw new ProtocolError('wire/bitfield-spare-bits', SPEC, 'a bit beyond the last piece is set');
  }
}

const SPEC = 'BEP 3, peer messages';

const BITS_OF_BYTE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
});

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) count += BITS_OF_BYTE[bytes[i]!]!;
  return count;
}
