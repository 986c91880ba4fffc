/**
 * What the storage contract speaks about: a torrent made for a test, with hashes computed straight from BEP 3 (pieces) and BEP 52
 * (merkle trees), so that no storage is right by its own opinion only; and a storage under test whose answers are promises.
 */
import { expect } from 'vitest';
import {
  concatBytes,
  type DigestOutcome,
  equalBytes,
  type FileStamp,
  MemoryBudget,
  type SlotPool,
  Slots,
  type Storage,
  type StorageFile,
  type StorageLayout,
  type StorageOutcome,
  sha1,
  sha256,
} from '../src/index.ts';

/** A place that is empty and ours, for one test. */
export interface StorageWorld {
  readonly root: string;
  open(layout: StorageLayout, slots: SlotPool): Storage;
  /** Lets the world go on until the condition holds. Left out: it goes on by itself, in real time. */
  run?(until: () => boolean): void;
  close?(): void | Promise<void>;
}

export const BLOCK = 16_384;
export const PIECE = 2 * BLOCK;
export const OK: StorageOutcome = { type: 'ok' };

/** A torrent made for a test: its layout, and the bytes of its piece space. */
export interface Sample {
  readonly layout: StorageLayout;
  readonly content: Uint8Array;
  readonly pieces: number;
  piece(index: number): Uint8Array;
  file(index: number): Uint8Array;
}

export interface SampleFile {
  readonly length: number;
  readonly path?: readonly string[];
  readonly padding?: boolean;
}

type Hashes = 'sha1' | 'merkle' | 'both' | 'none';

export function sampleOf(
  root: string,
  files: readonly SampleFile[],
  hashes: Hashes = 'sha1',
  pieceLength = PIECE,
): Sample {
  const length = files.reduce((sum, file) => sum + file.length, 0);
  const content = noise(length);
  const starts: number[] = [];
  let at = 0;
  for (const file of files) {
    starts.push(at);
    if (file.padding === true) content.fill(0, at, at + file.length);
    at += file.length;
  }
  const pieces = Math.ceil(length / pieceLength);
  const piece = (index: number) => content.subarray(index * pieceLength, (index + 1) * pieceLength);
  const layoutFiles: StorageFile[] = files.map((file, index) => ({
    path: file.path ?? ['some', 'folder', `file-${index}`],
    length: file.length,
    ...(file.padding === true ? { padding: true } : {}),
  }));
  const pieceNumbers = Array.from({ length: pieces }, (_, index) => index);
  const owner = (index: number) =>
    files.findLastIndex((file, i) => starts[i]! <= index * pieceLength && file.length > 0);
  const root32 = (index: number) => {
    const end = starts[owner(index)]! + files[owner(index)]!.length;
    const whole = files[owner(index)]!.length > pieceLength;
    return merkleRoot(
      content.subarray(index * pieceLength, Math.min(end, (index + 1) * pieceLength)),
      whole ? pieceLength : 0,
    );
  };
  const layout: StorageLayout = {
    root,
    pieceLength,
    files: layoutFiles,
    ...(hashes === 'sha1' || hashes === 'both'
      ? { sha1: concatBytes(pieceNumbers.map((index) => sha1(piece(index)))) }
      : {}),
    ...(hashes === 'merkle' || hashes === 'both' ? { merkle: concatBytes(pieceNumbers.map(root32)) } : {}),
  };
  const file = (index: number) => content.subarray(starts[index]!, starts[index]! + files[index]!.length);
  return { layout, content, pieces, piece, file };
}

/** Adds what aligns every file to a piece, as a torrent of version 2 has it. */
export function aligned(lengths: readonly number[]): SampleFile[] {
  return lengths.flatMap((length, index) => {
    const rest = length % PIECE;
    const last = index === lengths.length - 1;
    return rest === 0 || last
      ? [{ length }]
      : [{ length }, { length: PIECE - rest, padding: true, path: ['.pad', `${index}`] }];
  });
}

/** Bytes that repeat nowhere near, the same in every run. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** BEP 52: the root over 16 KiB leaves; missing leaves have a hash of zeros. */
function merkleRoot(bytes: Uint8Array, widthInBytes: number): Uint8Array {
  const leaves = Array.from({ length: Math.ceil(bytes.length / BLOCK) }, (_, i) =>
    sha256(bytes.subarray(i * BLOCK, (i + 1) * BLOCK)),
  );
  let width = 1;
  while (width < Math.max(leaves.length, widthInBytes / BLOCK)) width *= 2;
  while (leaves.length < width) leaves.push(new Uint8Array(32));
  let level = leaves;
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) => sha256(concatBytes([level[2 * i]!, level[2 * i + 1]!])));
  }
  return level[0]!;
}

/** Slots whose memory is not shared, as a platform without it has them. */
export function plainSlots(slotLength: number): SlotPool {
  const cells: Uint8Array[] = [];
  return {
    slotLength,
    take: () => cells.push(new Uint8Array(slotLength)) - 1,
    bytes: (slot) => cells[slot]!,
    release: () => {},
  };
}

/** One storage under test: its questions as promises, and no outcome twice. */
export class Subject {
  readonly storage: Storage;
  readonly #world: StorageWorld;
  readonly slots: SlotPool;
  readonly #sample: Sample;

  constructor(world: StorageWorld, sample: Sample, slots?: SlotPool) {
    this.slots = slots ?? new Slots(sample.layout.pieceLength, new MemoryBudget(64 << 20));
    this.#world = world;
    this.#sample = sample;
    this.storage = world.open(sample.layout, this.slots);
  }

  ask<T>(question: (done: (answer: T) => void) => void): Promise<T> {
    let answers = 0;
    let asking = true;
    return new Promise((resolve, reject) => {
      question((answer) => {
        if (asking) reject(new Error('called back from inside the call'));
        if (++answers > 1) throw new Error('two outcomes for one question');
        resolve(answer);
      });
      asking = false;
      this.#world.run?.(() => answers > 0);
    });
  }

  async store(piece: number, bytes: Uint8Array = this.#sample.piece(piece)): Promise<StorageOutcome> {
    const slot = this.slots.take()!;
    this.slots.bytes(slot).set(bytes);
    const outcome = await this.ask<StorageOutcome>((done) => this.storage.store(piece, slot, done));
    this.slots.release(slot);
    return outcome;
  }

  async storeAll(): Promise<void> {
    for (let piece = 0; piece < this.#sample.pieces; piece++) expect(await this.store(piece)).toEqual(OK);
  }

  /** The bytes of a piece as read back, or why not. */
  async load(piece: number): Promise<Uint8Array | StorageOutcome> {
    const slot = this.slots.take()!;
    this.slots.bytes(slot).fill(0xee);
    const outcome = await this.ask<StorageOutcome>((done) => this.storage.load(piece, slot, done));
    const bytes = this.slots.bytes(slot).slice(0, this.#sample.piece(piece).length);
    this.slots.release(slot);
    return outcome.type === 'ok' ? bytes : outcome;
  }

  /** Whether a piece is read back as it should be. */
  async holds(piece: number): Promise<boolean> {
    const found = await this.load(piece);
    return found instanceof Uint8Array && equalBytes(found, this.#sample.piece(piece));
  }

  check(piece: number): Promise<StorageOutcome> {
    return this.ask((done) => this.storage.check(piece, done));
  }

  async checkAll(): Promise<string[]> {
    const found: string[] = [];
    for (let piece = 0; piece < this.#sample.pieces; piece++) found.push(describeOutcome(await this.check(piece)));
    return found;
  }

  digest(piece: number, want: { readonly sha1: boolean; readonly merkle: boolean }): Promise<DigestOutcome> {
    return this.ask((done) => this.storage.digest(piece, want, done));
  }

  stat(): Promise<readonly (FileStamp | undefined)[]> {
    return this.ask((done) => this.storage.stat(done));
  }

  async lengths(): Promise<(number | undefined)[]> {
    return (await this.stat()).map((stamp) => stamp?.length);
  }

  sync(): Promise<StorageOutcome> {
    return this.ask((done) => this.storage.sync(done));
  }

  remove(): Promise<StorageOutcome> {
    return this.ask((done) => this.storage.remove(done));
  }

  async close(): Promise<void> {
    await this.ask<true>((done) => this.storage.close(() => done(true)));
  }
}

export function describeOutcome(outcome: StorageOutcome | DigestOutcome): string {
  return outcome.type === 'failed' ? outcome.fault : outcome.type;
}

export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = copy[at]! ^ 1;
  return copy;
}
