/**
 * The slots of one torrent out of the memory that all torrents share. When it is spent, a piece that is only kept for serving
 * gives its slot up, in this torrent or in another.
 */
import { type MemoryBudget, type SlotPool, Slots } from '@ferro/core';

export class SharedSlots implements SlotPool {
  readonly slotLength: number;
  readonly #slots: Slots;
  readonly #reclaim: () => boolean;

  /** `reclaim` frees one slot somewhere, or says that there is none. */
  constructor(slotLength: number, budget: MemoryBudget, reclaim: () => boolean) {
    this.slotLength = slotLength;
    this.#slots = new Slots(slotLength, budget);
    this.#reclaim = reclaim;
  }

  take(): number | undefined {
    for (;;) {
      const slot = this.#slots.take();
      if (slot !== undefined || !this.#reclaim()) return slot;
    }
  }

  bytes(slot: number): Uint8Array {
    return this.#slots.bytes(slot);
  }

  release(slot: number): void {
    this.#slots.release(slot);
  }
}
