/**
 * Open pieces: each has a slot, knows which of its blocks are missing, asked for, arriving or here, and who sent them. A
 * block has one writer: the first fragment claims it, and the same block from another peer is ignored until that writer is
 * gone. No closures or spreads here: every block of payload passes through (BEP 3, request and piece).
 */
import type { Host, SlotPool } from '@ferro/core';
import { limits } from './limits.ts';

export const BLOCK_LENGTH = 16_384;

const FREE = 0;
const ASKED = 1;
const ARRIVING = 2;
const HERE = 3;

type Copier = Pick<Host, 'copy'>;

/** What became of a fragment. */
export type Written = 'ignored' | 'fragment' | 'block' | 'piece';

export class OpenPiece {
  readonly index: number;
  readonly slot: number;
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly blockCount: number;
  /** The peer that goes first at this piece; 0 when nobody does. */
  owner: number;
  /** Blocks that nobody has been asked for. */
  free: number;
  /** Blocks that are not here. */
  missing: number;
  /** Given to the storage: no longer ours to change. */
  storing = false;
  /** Its owner is on parole: nobody else is asked, so that a corrupt piece has one sender. */
  exclusive = false;
  readonly states: Uint8Array;
  /** Who writes or wrote each block; 0: nobody. */
  readonly writers: Uint32Array;
  /** How many peers have been asked for each block. */
  readonly askedOf: Uint8Array;
  /** The pieces with free blocks, of which this is one or not. */
  readonly #withFree: Set<OpenPiece>;
  #cursor = 0;

  constructor(
    index: number,
    slot: number,
    bytes: Uint8Array,
    length: number,
    owner: number,
    withFree: Set<OpenPiece> = new Set(),
  ) {
    this.index = index;
    this.#withFree = withFree;
    this.slot = slot;
    this.bytes = bytes;
    this.length = length;
    this.owner = owner;
    this.blockCount = Math.ceil(length / BLOCK_LENGTH);
    this.free = this.blockCount;
    this.missing = this.blockCount;
    this.states = new Uint8Array(this.blockCount);
    this.writers = new Uint32Array(this.blockCount);
    this.askedOf = new Uint8Array(this.blockCount);
    withFree.add(this);
  }

  blockLength(block: number): number {
    return Math.min(BLOCK_LENGTH, this.length - block * BLOCK_LENGTH);
  }

  /** The next block that nobody was asked for, or -1. It counts as asked for now. */
  takeFree(): number {
    if (this.free === 0) return -1;
    let block = this.#cursor;
    while (this.states[block] !== FREE) block = block + 1 === this.blockCount ? 0 : block + 1;
    this.states[block] = ASKED;
    this.askedOf[block] = 1;
    this.#cursor = block;
    this.#changeFree(this.free - 1);
    return block;
  }

  /** In the end game: the first block at or after `from` that fewer than `most` peers were asked for, or -1. */
  nextShared(from: number, most: number): number {
    for (let block = from; block < this.blockCount; block++) {
      const state = this.states[block];
      if ((state === ASKED || state === ARRIVING) && this.askedOf[block]! < most) return block;
    }
    return -1;
  }

  askAgain(block: number): void {
    this.askedOf[block]!++;
  }

  /** A peer will not send the block after all (choked, gone, rejected, timed out). */
  giveUp(block: number, peer: number): void {
    const state = this.states[block];
    if (state === HERE || state === FREE) return;
    if (this.askedOf[block]! > 0) this.askedOf[block]!--;
    if (state === ARRIVING) {
      if (this.writers[block] !== peer) return;
      this.writers[block] = 0;
    }
    if (this.askedOf[block] === 0) {
      this.states[block] = FREE;
      this.#changeFree(this.free + 1);
    } else this.states[block] = ASKED;
  }

  write(copier: Copier, peer: number, begin: number, length: number, offset: number, data: Uint8Array): Written {
    const block = begin / BLOCK_LENGTH;
    const state = this.states[block];
    if (this.storing || state === HERE || state === undefined || this.blockLength(block) !== length) return 'ignored';
    if (state === ARRIVING ? this.writers[block] !== peer : offset !== 0) return 'ignored';
    if (state === FREE) this.#changeFree(this.free - 1);
    this.states[block] = ARRIVING;
    this.writers[block] = peer;
    copier.copy(data, this.bytes, begin + offset);
    if (offset + data.length < length) return 'fragment';
    this.states[block] = HERE;
    this.missing--;
    return this.missing === 0 ? 'piece' : 'block';
  }

  /** Everything has to come again: what came was corrupt. */
  reset(): void {
    this.states.fill(FREE);
    this.writers.fill(0);
    this.askedOf.fill(0);
    this.missing = this.blockCount;
    this.storing = false;
    this.#cursor = 0;
    this.#changeFree(this.blockCount);
  }

  #changeFree(free: number): void {
    this.free = free;
    if (free === 0) this.#withFree.delete(this);
    else this.#withFree.add(this);
  }
}

/** The lengths of a torrent's pieces. */
export interface Lengths {
  lengthOf(piece: number): number;
}

export class Pieces {
  readonly #slots: SlotPool;
  readonly #lengths: Lengths;
  readonly open: Map<number, OpenPiece> = new Map();
  /** Open pieces with blocks that nobody has been asked for: usually one a peer. */
  readonly withFree: Set<OpenPiece> = new Set();

  /** Pieces that the storage has been given and has not answered for. */
  storingCount = 0;

  constructor(slots: SlotPool, lengths: Lengths) {
    this.#slots = slots;
    this.#lengths = lengths;
  }

  get size(): number {
    return this.open.size;
  }

  /** No more may be opened: there are many, or the disk is behind. */
  get full(): boolean {
    const storing = this.storingCount * this.#slots.slotLength;
    return this.open.size >= limits.openPieces || (storing >= limits.storingBytes && this.storingCount > 1);
  }

  get(piece: number): OpenPiece | undefined {
    return this.open.get(piece);
  }

  /** Undefined: the memory is spent. */
  start(piece: number, owner: number): OpenPiece | undefined {
    const slot = this.#slots.take();
    if (slot === undefined) return undefined;
    const opened = new OpenPiece(
      piece,
      slot,
      this.#slots.bytes(slot),
      this.#lengths.lengthOf(piece),
      owner,
      this.withFree,
    );
    this.open.set(piece, opened);
    return opened;
  }

  /** Forgets the piece; its slot goes back, unless the caller keeps it to serve from. */
  end(piece: OpenPiece, keepSlot: boolean): void {
    this.open.delete(piece.index);
    this.withFree.delete(piece);
    if (!keepSlot) this.#slots.release(piece.slot);
  }

  /** A peer is gone: pieces that it went first at are anybody's now. */
  disown(peer: number): void {
    for (const piece of this.open.values()) {
      if (piece.owner !== peer) continue;
      piece.owner = 0;
      piece.exclusive = false;
    }
  }
}
