/**
 * Builds datagrams (BEP 3, bencoding), one behind the other in a larger piece of memory, of which each is a view: allocating
 * for every answer would cost as much as all the rest of it. No byte is written twice, so what was handed out stays as it is.
 */

const SLAB_BYTES = 65_536;
/** A slab with less than this left is given up before a message starts: the longest of ours has 1,440 bytes. */
const MESSAGE_BYTES = 2_048;

export class KrpcWriter {
  #slab = new Uint8Array(SLAB_BYTES);
  #start = 0;
  #at = 0;

  /** Bytes that are bencode already. */
  raw(bytes: Uint8Array): this {
    const { length } = bytes;
    if (this.#at + length > this.#slab.length) this.#move(length);
    const slab = this.#slab;
    const at = this.#at;
    // A call of set() costs more than a loop over a few bytes.
    if (length > 48) slab.set(bytes, at);
    else for (let i = 0; i < length; i++) slab[at + i] = bytes[i]!;
    this.#at = at + length;
    return this;
  }

  byte(byte: number): this {
    if (this.#at === this.#slab.length) this.#move(1);
    this.#slab[this.#at++] = byte;
    return this;
  }

  string(bytes: Uint8Array): this {
    this.#digits(bytes.length);
    return this.byte(58).raw(bytes);
  }

  integer(value: number | bigint): this {
    this.byte(105);
    if (typeof value === 'number' && value >= 0) this.#digits(value);
    else for (const digit of String(value)) this.byte(digit.charCodeAt(0));
    return this.byte(101);
  }

  /** What was written since the last call. */
  finish(): Uint8Array {
    const message = this.#slab.subarray(this.#start, this.#at);
    if (this.#slab.length - this.#at < MESSAGE_BYTES) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#at = 0;
    }
    this.#start = this.#at;
    return message;
  }

  #digits(value: number): void {
    if (value >= 10) this.#digits(Math.floor(value / 10));
    this.byte(48 + (value % 10));
  }

  /** To a new slab, with what is written of this message. */
  #move(length: number): void {
    const written = this.#slab.subarray(this.#start, this.#at);
    this.#slab = new Uint8Array(Math.max(SLAB_BYTES, 2 * (written.length + length)));
    this.#slab.set(written);
    this.#start = 0;
    this.#at = written.length;
  }
}
