/**
 * Pieces ordered by how few peers have them, with O(1) moves: one array holds the pieces bucket after bucket, and a piece
 * whose count changes by one changes places with the piece at its bucket's border. No BEP prescribes it; BEP 3 names
 * rarest first only in passing. Peers that have everything are not counted here: they change no order.
 */
import type { Environment } from '@ferro/core';

export class Rarity {
  /** How many partial peers have each piece; kept for all pieces, members or not. */
  readonly counts: Uint16Array;
  readonly #order: Uint32Array;
  /** Where a piece stands in #order; -1 when it is not a member. */
  readonly #place: Int32Array;
  /** #starts[count]: where the bucket of that count begins. The last entry is the end of all. */
  readonly #starts: number[] = [0, 0];

  constructor(counts: Uint16Array) {
    this.counts = counts;
    this.#order = new Uint32Array(counts.length);
    this.#place = new Int32Array(counts.length).fill(-1);
  }

  get size(): number {
    return this.#starts[this.#starts.length - 1]!;
  }

  has(piece: number): boolean {
    return this.#place[piece] !== -1;
  }

  /** The piece at a position: position 0 is the rarest. */
  at(position: number): number {
    return this.#order[position]!;
  }

  /** Adds a piece to its bucket, at a random place in it. Costs one move per bucket above. */
  add(piece: number, random: number): void {
    const count = this.counts[piece]!;
    this.#grow(count);
    let hole = this.size;
    for (let bucket = this.#starts.length - 2; bucket > count; bucket--) {
      hole = this.#moveTo(hole, this.#starts[bucket]!);
      this.#starts[bucket]!++;
    }
    this.#starts[this.#starts.length - 1]!++;
    const start = this.#starts[count]!;
    const chosen = start + Math.floor(random * (hole - start + 1));
    hole = this.#moveTo(hole, chosen);
    this.#put(piece, hole);
  }

  remove(piece: number): void {
    let hole = this.#place[piece]!;
    if (hole === -1) return;
    for (let bucket = this.counts[piece]!; bucket < this.#starts.length - 1; bucket++) {
      const last = this.#starts[bucket + 1]! - 1;
      hole = this.#moveTo(hole, last);
      if (bucket + 1 < this.#starts.length - 1) this.#starts[bucket + 1]!--;
    }
    this.#starts[this.#starts.length - 1]!--;
    this.#place[piece] = -1;
  }

  /** One more peer has the piece. */
  increase(piece: number): void {
    const count = this.counts[piece]!;
    if (this.#place[piece] !== -1) {
      this.#grow(count + 1);
      const border = --this.#starts[count + 1]!;
      this.#swap(this.#place[piece]!, border);
    }
    this.counts[piece] = count + 1;
  }

  /** One peer fewer has it. */
  decrease(piece: number): void {
    const count = this.counts[piece]!;
    if (count === 0) return;
    if (this.#place[piece] !== -1) {
      const border = this.#starts[count]!++;
      this.#swap(this.#place[piece]!, border);
    }
    this.counts[piece] = count - 1;
  }

  /** Makes sure that a bucket of that count exists. */
  #grow(count: number): void {
    while (this.#starts.length < count + 2) this.#starts.push(this.size);
  }

  #put(piece: number, position: number): void {
    this.#order[position] = piece;
    this.#place[piece] = position;
  }

  /** Fills the hole with the piece at `from`; the hole is there now. */
  #moveTo(hole: number, from: number): number {
    if (hole !== from) this.#put(this.#order[from]!, hole);
    return from;
  }

  #swap(a: number, b: number): void {
    const first = this.#order[a]!;
    this.#put(this.#order[b]!, a);
    this.#put(first, b);
  }
}

/** A number in [0, 1). */
export function randomFraction(env: Environment, scratch: Uint8Array): number {
  const bytes = scratch.subarray(0, 4);
  env.random(bytes);
  return ((bytes[0]! << 16) | (bytes[1]! << 8) | bytes[2]!) / 0x1000000;
}
