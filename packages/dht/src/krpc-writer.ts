/** Builds one datagram (BEP 3, bencoding) in a buffer that is used again; only finish() allocates. */

const SCRATCH_BYTES = 4_096;

export class KrpcWriter {
  #buffer = new Uint8Array(SCRATCH_BYTES);
  #at = 0;

  /** Bytes that are bencode already. */
  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    if (bytes.length > 40) this.#buffer.set(bytes, at);
    // A call of set() costs more than a loop over a few bytes.
    else for (let i = 0; i < bytes.length; i++) this.#buffer[at + i] = bytes[i]!;
    return this;
  }

  byte(byte: number): this {
    this.#buffer[this.#room(1)] = byte;
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

  /** What was written, as bytes of its own; the writer is empty again. */
  finish(): Uint8Array {
    const message = this.#buffer.slice(0, this.#at);
    this.#at = 0;
    return message;
  }

  #digits(value: number): void {
    if (value >= 10) this.#digits(Math.floor(value / 10));
    this.byte(48 + (value % 10));
  }

  #room(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#at);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return at;
  }
}
