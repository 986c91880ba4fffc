/**
 * A set of blocks (BEP 3, request): what is asked and not yet answered. Each block that passes is looked up in one of these,
 * so it is one flat array of numbers, probed in place: no key strings, no objects, nothing for the collector. The hash is
 * seeded, since the remote side chooses the blocks and could otherwise choose those that fall together.
 */
import type { Block } from './message.ts';

const START = 16;

export class BlockSet {
  readonly #seed: number;
  /** Cells of piece, begin, length; a length of 0 is an empty cell, since no block has it. A power of two of cells. */
  #cells: Uint32Array;
  #mask = START - 1;
  #size = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#cells = EMPTY;
  }

  get size(): number {
    return this.#size;
  }

  /** False if it is there already, or is no block at all (a length of 0). */
  add(piece: number, begin: number, length: number): boolean {
    if (length === 0) return false;
    if (2 * (this.#size + 1) > this.#mask + 1 || this.#cells === EMPTY) this.#grow();
    const at = this.#find(piece, begin, length);
    const cells = this.#cells;
    if (cells[at + 2] !== 0) return false;
    cells[at] = piece;
    cells[at + 1] = begin;
    cells[at + 2] = length;
    this.#size++;
    return true;
  }

  /** False if it was not there. */
  delete(piece: number, begin: number, length: number): boolean {
    if (this.#size === 0 || length === 0) return false;
    const at = this.#find(piece, begin, length);
    if (this.#cells[at + 2] === 0) return false;
    this.#size--;
    this.#close(at / 3);
    return true;
  }

  clear(): void {
    this.#cells = EMPTY;
    this.#mask = START - 1;
    this.#size = 0;
  }

  /** In no particular order. */
  list(): Block[] {
    const blocks: Block[] = [];
    const cells = this.#cells;
    for (let at = 0; at < cells.length; at += 3) {
      if (cells[at + 2] !== 0) blocks.push({ piece: cells[at]!, begin: cells[at + 1]!, length: cells[at + 2]! });
    }
    return blocks;
  }

  /** Where the block is, or the empty cell where it would be. There is always one: at most half are full. */
  #find(piece: number, begin: number, length: number): number {
    const cells = this.#cells;
    for (let cell = this.#home(piece, begin, length); ; cell = (cell + 1) & this.#mask) {
      const at = 3 * cell;
      const found = cells[at + 2];
      if (found === 0 || (found === length && cells[at] === piece && cells[at + 1] === begin)) return at;
    }
  }

  #home(piece: number, begin: number, length: number): number {
    let hash = Math.imul(piece ^ this.#seed, 0x9e3779b1) ^ begin;
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ length;
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & this.#mask;
  }

  /** Empties a cell and moves up what had been pushed past it, so that searches may stop at the first empty one. */
  #close(empty: number): void {
    const cells = this.#cells;
    let hole = empty;
    for (let cell = (hole + 1) & this.#mask; cells[3 * cell + 2] !== 0; cell = (cell + 1) & this.#mask) {
      const home = this.#home(cells[3 * cell]!, cells[3 * cell + 1]!, cells[3 * cell + 2]!);
      if (((cell - home) & this.#mask) < ((cell - hole) & this.#mask)) continue;
      for (let i = 0; i < 3; i++) cells[3 * hole + i] = cells[3 * cell + i]!;
      hole = cell;
    }
    cells[3 * hole + 2] = 0;
  }

  #grow(): void {
    const old = this.#cells;
    const cellCount = old === EMPTY ? START : 2 * (this.#mask + 1);
    this.#cells = new Uint32Array(3 * cellCount);
    this.#mask = cellCount - 1;
    this.#size = 0;
    for (let at = 0; at < old.length; at += 3) {
      if (old[at + 2] !== 0) this.add(old[at]!, old[at + 1]!, old[at + 2]!);
    }
  }
}

/** What an idle connection has: nothing. */
const EMPTY = new Uint32Array(0);
