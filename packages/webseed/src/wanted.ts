/**
 * The blocks that a web seed was asked for, and their slices that no request is under way for. Slices are found by where they
 * start in the torrent, so that a request takes all that follow each other in one file (BEP 19: long ranges, few requests).
 */
import type { Dialect } from './dialect.ts';
import { BLOCK_LENGTH, type SeedLayout, type Slice, type WantedBlock } from './layout.ts';

export class Wanted {
  /** Bytes of the blocks that have not come. */
  bytes = 0;
  readonly #layout: SeedLayout;
  readonly #dialect: Dialect;
  readonly #blocks = new Map<number, WantedBlock>();
  readonly #queue = new Map<number, Slice>();

  constructor(layout: SeedLayout, dialect: Dialect) {
    this.#layout = layout;
    this.#dialect = dialect;
  }

  /** Blocks that have not come, in the order in which they were asked for. */
  get blocks(): Iterable<WantedBlock> {
    return this.#blocks.values();
  }

  /** Slices that wait for a request; some may be over. */
  get queue(): Iterable<Slice> {
    return this.#queue.values();
  }

  /** Undefined: the block has been asked for already. One that is nothing but padding misses nothing. */
  add(piece: number, begin: number, length: number): WantedBlock | undefined {
    const start = piece * this.#layout.pieceLength + begin;
    if (this.#blocks.has(start)) return undefined;
    const block: WantedBlock = { piece, begin, length, missing: 0, assembly: undefined, isOver: false };
    const slices = this.#dialect.cut(block);
    for (const slice of slices) {
      block.missing += slice.length;
      this.#queue.set(start + slice.at, slice);
    }
    if (slices.length > 0 && slices[0]!.length < length) block.assembly = new Uint8Array(length);
    this.#blocks.set(start, block);
    this.bytes += length;
    return block;
  }

  /** The block has come, or will not: undefined if it was over before. */
  forget(piece: number, begin: number): WantedBlock | undefined {
    const start = piece * this.#layout.pieceLength + begin;
    const block = this.#blocks.get(start);
    if (block === undefined) return undefined;
    this.#blocks.delete(start);
    this.bytes -= block.length;
    block.isOver = true;
    return block;
  }

  forgetAll(): void {
    for (const block of this.#blocks.values()) block.isOver = true;
    this.#blocks.clear();
    this.#queue.clear();
    this.bytes = 0;
  }

  /** The slice that has waited longest, and those that follow it without a gap in the same file; none if none waits. */
  takeRun(bytesMax: number): Slice[] {
    for (const [start, first] of this.#queue) {
      this.#queue.delete(start);
      if (first.block.isOver) continue;
      const run = [first];
      let last = first;
      for (let length = first.length; length < bytesMax; length += last.length) {
        const next = this.#queue.get(start + length);
        if (next === undefined || next.block.isOver || next.file !== last.file) break;
        this.#queue.delete(start + length);
        run.push(next);
        last = next;
      }
      return run;
    }
    return [];
  }

  /** Takes one slice out of the queue: another request will bring it. */
  take(slice: Slice): void {
    const { piece, begin } = slice.block;
    this.#queue.delete(piece * this.#layout.pieceLength + begin + slice.at);
  }

  /** Drops what is over from the queue. */
  sweep(): void {
    for (const [start, slice] of this.#queue) if (slice.block.isOver) this.#queue.delete(start);
  }
}

/** Begins and lengths of the blocks of a part of a piece; the part starts where a block does. */
export function* blocksOf(begin: number, length: number): Generator<readonly [begin: number, length: number]> {
  for (let at = begin; at < begin + length; at += BLOCK_LENGTH) yield [at, Math.min(BLOCK_LENGTH, begin + length - at)];
}
