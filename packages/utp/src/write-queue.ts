/** Bytes that wait to become packets (BEP 29 leaves their size to the sender): chunks by reference, copied once into their packet. */
import type { Host } from '@ferro/core';

export type Copier = Pick<Host, 'copy'>;

/** For hosts that have nothing faster. */
export const plainCopier: Copier = { copy: (from, into, at) => into.set(from, at) };

export class WriteQueue {
  readonly #copier: Copier;
  #chunks: Uint8Array[] = [];
  #first = 0;
  #offset = 0;
  /** Bytes that wait. */
  length = 0;

  constructor(copier: Copier) {
    this.#copier = copier;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  /** Moves the next `length` bytes; there must be as many. */
  take(into: Uint8Array, at: number, length: number): void {
    this.length -= length;
    let left = length;
    let to = at;
    while (left > 0) {
      const chunk = this.#chunks[this.#first]!;
      const end = Math.min(chunk.length, this.#offset + left);
      const whole = this.#offset === 0 && end === chunk.length;
      this.#copier.copy(whole ? chunk : chunk.subarray(this.#offset, end), into, to);
      to += end - this.#offset;
      left -= end - this.#offset;
      this.#offset = end;
      if (end === chunk.length) this.#next();
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#offset = 0;
    this.length = 0;
  }

  #next(): void {
    this.#offset = 0;
    this.#first++;
    // Moving the rest down each time would be quadratic; half of the array at a time is not.
    if (this.#first * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
