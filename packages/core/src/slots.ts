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

/** Bytes that several pools share. */
export class MemoryBudget {
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes `bytes` from the budget, or takes nothing and says no. */
  claim(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    assert(bytes <= this.#used, 'more memory given back than was taken');
    this.#used -= bytes;
  }
}

/** How many released cells a pool keeps to use again; the rest is left to the collector. */
const KEPT_MAX = 4;

export class Slots implements SlotPool {
  readonly slotLength: number;
  readonly #budget: MemoryBudget;
  readonly #cells: (Uint8Array | undefined)[] = [];
  readonly #inUse: boolean[] = [];
  readonly #freeNumbers: number[] = [];
  #keptCells: Uint8Array[] = [];

  constructor(slotLength: number, budget: MemoryBudget) {
    this.slotLength = slotLength;
    this.#budget = budget;
  }

  take(): number | undefined {
    if (!this.#budget.claim(this.slotLength)) return undefined;
    const slot = this.#freeNumbers.pop() ?? this.#cells.length;
    this.#cells[slot] = this.#keptCells.pop() ?? newCell(this.slotLength);
    this.#inUse[slot] = true;
    return slot;
  }

  bytes(slot: number): Uint8Array {
    const cell = this.#cells[slot];
    if (cell === undefined) throw new RangeError(`slot ${slot} is not taken`);
    return cell;
  }

  release(slot: number): void {
    if (this.#inUse[slot] !== true) throw new RangeError(`slot ${slot} is not taken`);
    const cell = this.bytes(slot);
    if (this.#keptCells.length < KEPT_MAX) this.#keptCells.push(cell);
    this.#cells[slot] = undefined;
    this.#inUse[slot] = false;
    this.#freeNumbers.push(slot);
    this.#budget.giveBack(this.slotLength);
  }
}

function newCell(length: number): Uint8Array {
  // Browsers without isolation headers have no shared memory; nothing but a worker needs it.
  return new Uint8Array(
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(length) : new SharedArrayBuffer(length),
  );
}
