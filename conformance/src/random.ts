/** Chance from a seed: the same seed gives the same bytes, so that a red case can be repeated byte for byte. Not for secrets. */
import { createHash } from 'node:crypto';

export class Random {
  readonly #state: Uint32Array;

  constructor(seed: string) {
    const digest = createHash('sha256').update(seed).digest();
    this.#state = new Uint32Array([0, 4, 8, 12].map((at) => digest.readUInt32LE(at)));
  }

  /** The generator sfc32. */
  uint32(): number {
    const state = this.#state;
    const [a, b, c, counter] = [state[0]!, state[1]!, state[2]!, state[3]!];
    const sum = (a + b + counter) >>> 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  }

  /** From 0 to below `end`. */
  below(end: number): number {
    return this.uint32() % end;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff);
  }

  /** A port that no service of note uses. */
  port(): number {
    return 20_000 + this.below(40_000);
  }
}
