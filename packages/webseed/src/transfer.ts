/**
 * One request under way (BEP 19; BEP 17): the slices that it is for, and how far its answer has come. Bytes are cut at the
 * borders of blocks and passed on where they are; only a block that lies in several files is put together first.
 */
import { concatBytes, type Instant, type ProtocolError } from '@ferro/core';
import type { AskedRange } from './answer.ts';
import type { WebSeedEvent } from './events.ts';
import type { Slice } from './layout.ts';
import { limits } from './limits.ts';

/** `head`: no answer yet. `body`: what comes is of use. `note`: what comes says how long to wait. */
export type TransferState = 'head' | 'body' | 'note';

export class Transfer {
  readonly id: number;
  readonly file: number;
  readonly range: AskedRange;
  state: TransferState = 'head';
  /** The server sends the whole file: when the slices are through, it waits for the next ones. */
  isWhole = false;
  /** The host was asked to hold the body back. */
  isPaused = false;
  /** What a `note` says so far, and why there is one. */
  note = '';
  reason: ProtocolError | undefined;
  /** Bytes since the last look whether it moves. */
  moved = 0;
  /** When it must have moved. */
  lookAt: Instant;
  /** Bytes of a whole file that came before anybody wanted them. */
  held: Uint8Array = new Uint8Array(0);
  readonly #slices: Slice[];
  #next = 0;
  /** In the file: where the next byte of the body belongs. */
  #position: number;
  /** In the file: the end of the last slice. */
  end: number;

  constructor(id: number, slices: Slice[], range: AskedRange, lookAt: Instant) {
    this.id = id;
    this.file = slices[0]!.file;
    this.range = range;
    this.lookAt = lookAt;
    this.#slices = slices;
    this.#position = range.from;
    const last = slices.at(-1)!;
    this.end = last.offset + last.length;
  }

  get position(): number {
    return this.#position;
  }

  get isDone(): boolean {
    return this.#next === this.#slices.length;
  }

  /** A whole file goes on, and nobody wants what follows. */
  get isIdle(): boolean {
    return this.isWhole && this.isDone && this.state === 'body' && this.#position < this.range.length;
  }

  /** Slices that have not come. */
  get rest(): readonly Slice[] {
    return this.#slices.slice(this.#next);
  }

  /** Whether anybody still waits for what is under way. */
  get isWanted(): boolean {
    for (let i = this.#next; i < this.#slices.length; i++) if (!this.#slices[i]!.block.isOver) return true;
    return false;
  }

  /** The body starts at the first byte of the file. */
  becomeWhole(): void {
    this.isWhole = true;
    this.#position = 0;
  }

  /** One more slice of a whole file, behind the last one. */
  append(slice: Slice): void {
    if (this.isDone || this.#next >= 1024) {
      this.#slices.splice(0, this.#next);
      this.#next = 0;
    }
    this.#slices.push(slice);
    this.end = slice.offset + slice.length;
  }

  hold(bytes: Uint8Array): void {
    this.held = concatBytes([this.held, bytes]);
  }

  takeNote(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length && this.note.length < limits.waitTextBytes; i++) {
      this.note += String.fromCharCode(bytes[i]!);
    }
  }

  /** Takes what it has a place for, and tells how many bytes that was. */
  take(bytes: Uint8Array, events: WebSeedEvent[]): number {
    let at = 0;
    while (at < bytes.length) {
      const slice = this.#slices[this.#next];
      if (slice === undefined) break;
      const inSlice = this.#position - slice.offset;
      // Before the slice are bytes that nobody wants.
      const wanted = inSlice < 0 ? -inSlice : slice.length - inSlice;
      const count = Math.min(wanted, bytes.length - at);
      if (inSlice >= 0) {
        deliver(slice, inSlice, new Uint8Array(bytes.buffer, bytes.byteOffset + at, count), events);
        if (inSlice + count === slice.length) this.#next++;
      }
      at += count;
      this.#position += count;
    }
    return at;
  }
}

function deliver(slice: Slice, inSlice: number, data: Uint8Array, events: WebSeedEvent[]): void {
  const { block } = slice;
  if (block.isOver) return;
  const { piece, begin, length, assembly } = block;
  const offset = slice.at + inSlice;
  block.missing -= data.length;
  block.isOver = block.missing === 0;
  if (assembly === undefined) events.push({ type: 'block', piece, begin, length, offset, data });
  else {
    assembly.set(data, offset);
    if (block.isOver) events.push({ type: 'block', piece, begin, length, offset: 0, data: assembly });
  }
}
