/** A clock that the test moves and randomness from a seed: an Environment without a host. */
import type { Environment } from '@ferro/core';

export class TestEnvironment implements Environment {
  time = 0;
  #state: number;

  constructor(seed = 1) {
    this.#state = seed;
  }

  now(): number {
    return this.time;
  }

  random(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
      bytes[i] = this.#state >>> 24;
    }
  }
}
