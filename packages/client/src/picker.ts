/**
 * Which piece to open next: urgent ones by deadline, then by priority, within it rarest first (random for the first few, in
 * order when sequential). A piece is a candidate while it is wanted, not here and not open. No BEP prescribes the order.
 */
import type { Environment } from '@ferro/core';
import { Bitfield } from '@ferro/wire';
import { limits } from './limits.ts';
import type { Lengths } from './pieces.ts';
import { Rarity, randomFraction } from './rarity.ts';

/** 0: not wanted; 1, 2, 3: low, normal, high. */
export type Priority = 0 | 1 | 2 | 3;

export interface Source {
  has(piece: number): boolean;
}

export class Picker {
  readonly pieceCount: number;
  /** In order of index rather than rarity. */
  sequential = false;
  /** Wanted pieces that are not here yet, open ones included. */
  wantedCount = 0;
  readonly #env: Environment;
  readonly #priorities: Uint8Array;
  readonly #here: Uint8Array;
  readonly #open: Uint8Array;
  /** One order per priority; they share the counts. */
  readonly #levels: readonly [Rarity, Rarity, Rarity];
  readonly #counts: Uint16Array;
  readonly #scratch = new Uint8Array(4);
  /** Pieces that somebody waits for, with the time when it is needed. */
  readonly #urgent = new Map<number, number>();
  #seeds = 0;
  #hereCount = 0;
  /** No candidate below this index: where a sequential search starts. */
  #lowest = 0;

  constructor(env: Environment, pieceCount: number) {
    this.#env = env;
    this.pieceCount = pieceCount;
    this.#priorities = new Uint8Array(pieceCount);
    this.#here = new Uint8Array(pieceCount);
    this.#open = new Uint8Array(pieceCount);
    this.#counts = new Uint16Array(pieceCount);
    this.#levels = [new Rarity(this.#counts), new Rarity(this.#counts), new Rarity(this.#counts)];
    for (let piece = 0; piece < pieceCount; piece++) this.setPriority(piece, 2);
  }

  /** How many connected peers have the piece. */
  availability(piece: number): number {
    return this.#seeds + this.#counts[piece]!;
  }

  seeds(change: 1 | -1): void {
    this.#seeds += change;
  }

  /** A partial peer has, or no longer has, one piece. O(1). */
  available(piece: number, change: 1 | -1): void {
    const level = this.#levelOf(piece);
    if (change === 1) level.increase(piece);
    else level.decrease(piece);
  }

  wants(piece: number): boolean {
    return this.#priorities[piece] !== 0 && this.#here[piece] === 0;
  }

  has(piece: number): boolean {
    return this.#here[piece] === 1;
  }

  get hereCount(): number {
    return this.#hereCount;
  }

  /** Candidates left: 0 means that everything wanted is open or here, so the end game may begin. */
  get candidates(): number {
    return this.#levels[0].size + this.#levels[1].size + this.#levels[2].size;
  }

  /** What we have, as peers want to hear it. */
  bits(): Bitfield {
    const bits = new Bitfield(this.pieceCount);
    for (let piece = 0; piece < this.pieceCount; piece++) if (this.#here[piece] === 1) bits.set(piece);
    return bits;
  }

  /** Bytes of all pieces, of those that are wanted, and of the wanted ones that are here. */
  bytes(lengths: Lengths): { done: number; wanted: number; all: number } {
    let done = 0;
    let wanted = 0;
    let all = 0;
    for (let piece = 0; piece < this.pieceCount; piece++) {
      const length = lengths.lengthOf(piece);
      all += length;
      if (this.#priorities[piece] === 0) continue;
      wanted += length;
      if (this.#here[piece] === 1) done += length;
    }
    return { done, wanted, all };
  }

  setPriority(piece: number, priority: Priority): void {
    const before = this.wants(piece);
    this.#leave(piece);
    this.#priorities[piece] = priority;
    this.#enter(piece);
    this.#recount(before, piece);
  }

  /** The piece is here, verified (or, on false, no longer). */
  setHere(piece: number, here: boolean): void {
    if ((this.#here[piece] === 1) === here) return;
    const before = this.wants(piece);
    this.#leave(piece);
    this.#here[piece] = here ? 1 : 0;
    this.#hereCount += here ? 1 : -1;
    if (here) this.#urgent.delete(piece);
    this.#enter(piece);
    this.#recount(before, piece);
  }

  /** The piece has a slot now, or has lost it. */
  setOpen(piece: number, open: boolean): void {
    this.#leave(piece);
    this.#open[piece] = open ? 1 : 0;
    this.#enter(piece);
  }

  /** Somebody waits for the piece; undefined: nobody any more. */
  setDeadline(piece: number, when: number | undefined): void {
    if (when === undefined) this.#urgent.delete(piece);
    else if (this.#here[piece] === 0) this.#urgent.set(piece, when);
  }

  clearDeadlines(): void {
    this.#urgent.clear();
  }

  get hasUrgent(): boolean {
    return this.#urgent.size > 0;
  }

  isUrgent(piece: number): boolean {
    return this.#urgent.has(piece);
  }

  /** The piece that this source should be asked for next, or -1. The caller opens it. */
  choose(source: Source): number {
    const urgent = this.#urgent.size > 0 ? this.#chooseUrgent(source) : -1;
    if (urgent !== -1) return urgent;
    if (this.sequential) return this.#chooseInOrder(source);
    for (let priority = 2; priority >= 0; priority--) {
      const level = this.#levels[priority as 0 | 1 | 2];
      const piece = this.#hereCount < limits.randomFirstPieces ? this.#chooseRandom(level, source) : -1;
      if (piece !== -1) return piece;
      const size = level.size;
      for (let position = 0; position < size; position++) {
        const candidate = level.at(position);
        if (source.has(candidate)) return candidate;
      }
    }
    return -1;
  }

  #chooseUrgent(source: Source): number {
    let best = -1;
    let bestWhen = Number.POSITIVE_INFINITY;
    for (const [piece, when] of this.#urgent) {
      if (when >= bestWhen || this.#open[piece] === 1 || !source.has(piece)) continue;
      best = piece;
      bestWhen = when;
    }
    return best;
  }

  /** A few tries at random; who has little is left to the search by rarity. */
  #chooseRandom(level: Rarity, source: Source): number {
    const size = level.size;
    for (let tries = Math.min(8, size); tries > 0; tries--) {
      const piece = level.at(Math.floor(randomFraction(this.#env, this.#scratch) * size));
      if (source.has(piece)) return piece;
    }
    return -1;
  }

  #chooseInOrder(source: Source): number {
    while (this.#lowest < this.pieceCount && !this.#isCandidate(this.#lowest)) this.#lowest++;
    for (let priority = 3; priority >= 1; priority--) {
      if (this.#levels[(priority - 1) as 0 | 1 | 2].size === 0) continue;
      for (let piece = this.#lowest; piece < this.pieceCount; piece++) {
        if (this.#priorities[piece] === priority && this.#isCandidate(piece) && source.has(piece)) return piece;
      }
    }
    return -1;
  }

  #isCandidate(piece: number): boolean {
    return this.#priorities[piece] !== 0 && this.#here[piece] === 0 && this.#open[piece] === 0;
  }

  /** The order that keeps the piece's count up to date; for pieces in none, any: the counts are shared. */
  #levelOf(piece: number): Rarity {
    return this.#levels[Math.max(0, this.#priorities[piece]! - 1) as 0 | 1 | 2];
  }

  #leave(piece: number): void {
    this.#levelOf(piece).remove(piece);
  }

  #enter(piece: number): void {
    if (!this.#isCandidate(piece)) return;
    this.#levelOf(piece).add(piece, randomFraction(this.#env, this.#scratch));
    if (piece < this.#lowest) this.#lowest = piece;
  }

  #recount(before: boolean, piece: number): void {
    const after = this.wants(piece);
    if (before !== after) this.wantedCount += after ? 1 : -1;
  }
}
