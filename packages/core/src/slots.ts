/**
 * Fixed cells of memory in which a piece is assembled, hashed, written and served. They are shared memory where the
 * platform has it, so that a disk worker sees the same bytes without a copy. One budget can bound many pools.
 */
import { assert } from './errors.ts';

export interface SlotPool {
  /** The piece length of the torrent. */
  readonly slotLength: number;
  /** Undefined: the memory is spent, request nothing more until something is released. */
  take(): number | undefined;
  /** A view, never a copy. */
  bytes(slot: number): Uint8Array;
  release(slot: number): void;
}

/** Bytes that several pools share. Cells that were released are kept to be used again, within the same limit. */
export class MemoryBudget {
  readonly limit: number;
  #used = 0;
  #kept = 0;
  readonly #keepers = new Set<Slots>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Bytes in cells that are taken. */
  get used(): number {
    return this.#used;
  }

  /** Takes `bytes` from the budget, or takes nothing and says no. Kept cells of other pools make way. */
  claim(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false;
    this.#used += bytes;
    for (const pool of this.#keepers) {
      while (this.#used + this.#kept > this.limit && pool.dropKept());
      if (this.#used + this.#kept <= this.limit) break;
    }
    return true;
  }

  giveBack(bytes: number): void {
    assert(bytes <= this.#used, 'more memory given back than was taken');
    this.#used -= bytes;
  }

  /** A pool keeps a released cell, or has used (or dropped) one that it kept. */
  noteKept(pool: Slots, bytes: number): void {
    this.#kept += bytes;
    if (bytes > 0) this.#keepers.add(pool);
    else if (pool.keptCount === 0) this.#keepers.delete(pool);
  }
}

export class Slots implements SlotPool {
  readonly slotLength: number;
  readonly #budget: MemoryBudget;
  readonly #cells: (Uint8Array | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #kept: Uint8Array[] = [];

  constructor(slotLength: number, budget: MemoryBudget) {
    this.slotLength = slotLength;
    this.#budget = budget;
  }

  get keptCount(): number {
    return this.#kept.length;
  }

  take(): number | undefined {
    const kept = this.#kept.pop();
    if (kept !== undefined) this.#budget.noteKept(this, -this.slotLength);
    if (!this.#budget.claim(this.slotLength)) {
      if (kept !== undefined) this.#keep(kept);
      return undefined;
    }
    const slot = this.#freeNumbers.pop() ?? this.#cells.length;
    this.#cells[slot] = kept ?? newCell(this.slotLength);
    return slot;
  }

  bytes(slot: number): Uint8Array {
    const cell = this.#cells[slot];
    if (cell === undefined) throw new RangeError(`slot ${slot} is not taken`);
    return cell;
  }

  release(slot: number): void {
    const cell = this.bytes(slot);
    this.#cells[slot] = undefined;
    this.#freeNumbers.push(slot);
    this.#budget.giveBack(this.slotLength);
    this.#keep(cell);
  }

  /** Leaves one kept cell to the collector; false if there was none. */
  dropKept(): boolean {
    if (this.#kept.pop() === undefined) return false;
    this.#budget.noteKept(this, -this.slotLength);
    return true;
  }

  #keep(cell: Uint8Array): void {
    this.#kept.push(cell);
    this.#budget.noteKept(this, this.slotLength);
  }
}

function newCell(length: number): Uint8Array {
  // Browsers without isolation headers have no shared memory; nothing but a worker needs it.
  return new Uint8Array(
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(length) : new SharedArrayBuffer(length),
  );
}
