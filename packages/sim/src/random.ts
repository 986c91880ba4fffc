/**
 * Seeded randomness: Chris Doty-Humphrey's sfc32, small, fast and long enough for any simulation. split() gives every host and
 * link its own stream of numbers by name, so that one more host does not shift what the others draw. Not for secrets.
 */
export class Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string | number) {
    this.#seed = String(seed);
    this.#a = hashText(this.#seed, 0x9e3779b9);
    this.#b = hashText(this.#seed, 0x85ebca6b);
    this.#c = hashText(this.#seed, 0xc2b2ae35);
    for (let round = 0; round < 12; round++) this.next();
  }

  /** An independent generator: the same name gives the same one, whatever was drawn before. */
  split(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** 32 bits, unsigned. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 up to, not including, 1. */
  float(): number {
    return this.next() / 4_294_967_296;
  }

  /** From 0 up to, not including, `below`. */
  integer(below: number): number {
    return Math.floor(this.float() * below);
  }

  /** True with this probability. Certain answers draw nothing. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.float() < probability;
  }

  /** A waiting time of which the mean is given, as between calls at an exchange. */
  interval(mean: number): number {
    return -Math.log(1 - this.float()) * mean;
  }

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4) {
      const bits = this.next();
      bytes[at] = bits;
      if (at + 1 < bytes.length) bytes[at + 1] = bits >>> 8;
      if (at + 2 < bytes.length) bytes[at + 2] = bits >>> 16;
      if (at + 3 < bytes.length) bytes[at + 3] = bits >>> 24;
    }
  }
}

/** 32 bits of a text, spread well. */
export function hashText(text: string, start: number): number {
  let hash = start | 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}
