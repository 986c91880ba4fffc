/**
 * Pieces in memory to serve blocks from: one read serves many peers. A piece is pinned while a stream still holds views of
 * it; unpinned ones stay until their slot is needed, least recently used first. (BEP 3, request.)
 */
import type { SlotPool, Storage } from '@ferro/core';

export interface Loaded {
  readonly piece: number;
  readonly slot: number;
  readonly bytes: Uint8Array;
  pins: number;
}

type Waiting = (loaded: Loaded | undefined) => void;

export class Uploads {
  readonly #slots: SlotPool;
  readonly #storage: Storage;
  readonly #lengthOf: (piece: number) => number;
  /** In the order of use: the first is the one to go. */
  readonly #loaded = new Map<number, Loaded>();
  readonly #loading = new Map<number, Waiting[]>();
  #closed = false;

  constructor(slots: SlotPool, storage: Storage, lengthOf: (piece: number) => number) {
    this.#slots = slots;
    this.#storage = storage;
    this.#lengthOf = lengthOf;
  }

  /** The piece if it is in memory. */
  get(piece: number): Loaded | undefined {
    const loaded = this.#loaded.get(piece);
    if (loaded === undefined) return undefined;
    this.#loaded.delete(piece);
    this.#loaded.set(piece, loaded);
    return loaded;
  }

  isLoading(piece: number): boolean {
    return this.#loading.has(piece);
  }

  /**
   * Reads a piece; `done` gets undefined when it cannot be had. Many who ask at once share one read. False: no memory now,
   * and `done` will not be called.
   */
  load(piece: number, done: Waiting): boolean {
    const waiting = this.#loading.get(piece);
    if (waiting !== undefined) {
      waiting.push(done);
      return true;
    }
    const slot = this.#slots.take() ?? (this.evictOne() ? this.#slots.take() : undefined);
    if (slot === undefined) return false;
    this.#loading.set(piece, [done]);
    this.#storage.load(piece, slot, (outcome) => {
      const all = this.#loading.get(piece) ?? [];
      this.#loading.delete(piece);
      if (outcome.type !== 'ok' || this.#closed) {
        this.#slots.release(slot);
        for (const tell of all) tell(undefined);
        return;
      }
      const loaded = this.adopt(piece, slot);
      for (const tell of all) tell(loaded);
    });
    return true;
  }

  /** Takes over a slot that already holds a verified piece: what was just downloaded is what others ask for. */
  adopt(piece: number, slot: number): Loaded {
    const bytes = this.#slots.bytes(slot);
    // Whatever the slot held before is nobody's business.
    bytes.fill(0, this.#lengthOf(piece));
    const loaded: Loaded = { piece, slot, bytes, pins: 0 };
    this.#loaded.set(piece, loaded);
    return loaded;
  }

  /** Nobody who is here will ask for the piece: its slot, still in the processor's cache, serves the next one. */
  drop(piece: number): void {
    const loaded = this.#loaded.get(piece);
    if (loaded === undefined || loaded.pins > 0) return;
    this.#loaded.delete(piece);
    this.#slots.release(loaded.slot);
  }

  /** Frees the slot of the piece that was used longest ago and is not pinned. */
  evictOne(): boolean {
    for (const loaded of this.#loaded.values()) {
      if (loaded.pins > 0) continue;
      this.#loaded.delete(loaded.piece);
      this.#slots.release(loaded.slot);
      return true;
    }
    return false;
  }

  get size(): number {
    return this.#loaded.size;
  }

  close(): void {
    this.#closed = true;
    while (this.evictOne());
  }
}
