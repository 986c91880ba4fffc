/**
 * What happened, in order: the last lines as text, and everything since the start as one running hash. Two runs with one seed
 * have one hash; where they do not, something outside the simulation had a say. Lines are made into text only when read.
 */
import { hashText } from './random.ts';

interface Entry {
  readonly time: number;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly length: number;
}

export class Trace {
  readonly #limit: number;
  readonly #entries: Entry[] = [];
  readonly #hashes = new Map<string, number>();
  readonly #time = new Float64Array(1);
  readonly #timeBits = new Uint32Array(this.#time.buffer);
  #oldest = 0;
  #high = 0x243f6a88;
  #low = 0x85a308d3;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  note(time: number, what: string, from: string, to = '', length = 0): void {
    this.#count++;
    this.#time[0] = time;
    this.#mix(this.#timeBits[0]!);
    this.#mix(this.#timeBits[1]!);
    this.#mix(this.#hashOf(what));
    this.#mix(this.#hashOf(from));
    this.#mix(this.#hashOf(to));
    this.#mix(length);
    const entry = { time, what, from, to, length };
    if (this.#entries.length < this.#limit) this.#entries.push(entry);
    else if (this.#limit > 0) {
      this.#entries[this.#oldest] = entry;
      this.#oldest = (this.#oldest + 1) % this.#limit;
    }
  }

  /** 16 hexadecimal digits over all that happened. */
  get hash(): string {
    const digits = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
    return digits(this.#high) + digits(this.#low);
  }

  /** How many things happened, those that `lines` has dropped included. */
  get count(): number {
    return this.#count;
  }

  /** The last of what happened, oldest first. */
  get lines(): readonly string[] {
    return [...this.#entries.slice(this.#oldest), ...this.#entries.slice(0, this.#oldest)].map(lineOf);
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193) ^ (this.#low >>> 13);
    this.#low = Math.imul((this.#low + value) ^ (this.#high >>> 16), 0x85ebca6b);
  }

  /** Names of hosts and events come again and again. */
  #hashOf(text: string): number {
    let hash = this.#hashes.get(text);
    if (hash === undefined) {
      hash = hashText(text, 7);
      if (this.#hashes.size < 65_536) this.#hashes.set(text, hash);
    }
    return hash;
  }
}

function lineOf({ time, what, from, to, length }: Entry): string {
  const parts = [time.toFixed(3).padStart(12), what, to === '' ? from : `${from} → ${to}`];
  return (length > 0 ? [...parts, `${length} bytes`] : parts).join('  ');
}
