/**
 * Random bytes in small portions. A call of the system's generator takes as long for four bytes as for four thousand, so they
 * are fetched in advance; each is given away once and not kept.
 */
import { randomFillSync } from 'node:crypto';
import { limits } from './limits.ts';

export class RandomBytes {
  readonly #pool: Uint8Array = new Uint8Array(limits.randomBytes);
  #at: number = limits.randomBytes;

  fill(bytes: Uint8Array): void {
    if (bytes.length > this.#pool.length) {
      randomFillSync(bytes);
      return;
    }
    if (bytes.length > this.#pool.length - this.#at) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const end = this.#at + bytes.length;
    bytes.set(this.#pool.subarray(this.#at, end));
    this.#pool.fill(0, this.#at, end);
    this.#at = end;
  }
}
