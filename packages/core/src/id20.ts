/** A 20-byte identifier: an info-hash, a peer id or a DHT node id. Compare by `hex`, or with equals(). */
import { equalBytes, fromHex, toHex } from './bytes.ts';

export class Id20 {
  readonly bytes: Uint8Array;
  #hex: string | undefined;

  private constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Copies 20 bytes, or reads 40 hexadecimal digits; anything else is a RangeError. */
  static from(source: Uint8Array | string): Id20 {
    // Not slice(): that of Node's Buffer does not copy.
    const bytes = typeof source === 'string' ? fromHex(source) : new Uint8Array(source);
    if (bytes?.length !== 20) throw new RangeError('an identifier is 20 bytes or 40 hexadecimal digits');
    return new Id20(bytes);
  }

  /** 40 lower-case digits: the key to use in a Map. Made on first use. */
  get hex(): string {
    this.#hex ??= toHex(this.bytes);
    return this.#hex;
  }

  equals(other: Id20): boolean {
    return equalBytes(this.bytes, other.bytes);
  }

  toString(): string {
    return this.hex;
  }
}
