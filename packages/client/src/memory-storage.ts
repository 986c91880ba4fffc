/**
 * A torrent in memory, over any host: for tests, previews, browsers and machines without a disk. It keeps what every storage
 * promises (core, storage.ts), hashes included (BEP 3, pieces; BEP 52, piece layers), and puts verified pieces on a shelf; another
 * shelf makes another storage of it. It hashes in its own thread, in short turns: for fast disks there are the hosts' storages.
 */
import {
  type DigestOutcome,
  equalBytes,
  type FileStamp,
  type Host,
  type SlotPool,
  type Storage,
  type StorageFault,
  type StorageLayout,
  type StorageOutcome,
  sha1,
} from '@ferro/core';
import { fileRoot, Layout, leafHashes, merkleRoot, pieceLayerOf } from '@ferro/metainfo';
import { limits } from './limits.ts';

/** Where the pieces of one torrent lie, by number. Whoever wants to find them again gives the same shelf to the next storage. */
export interface PieceShelf {
  /** Undefined: it is not here. Nobody changes the bytes. */
  get(piece: number): Uint8Array | undefined;
  /** Keeps a whole piece; its bytes belong to the shelf from now on. False: there is no room. */
  put(piece: number, bytes: Uint8Array): boolean;
  delete(piece: number): void;
}

type Failed = Extract<StorageOutcome, { type: 'failed' }>;

const OK: StorageOutcome = { type: 'ok' };
const CORRUPT: StorageOutcome = { type: 'corrupt' };

export class MemoryStorage implements Storage {
  readonly #host: Host;
  readonly #layout: StorageLayout;
  readonly #slots: SlotPool;
  readonly #shelf: PieceShelf;
  readonly #map: Layout;
  /** Files that exist: something of them was kept while they were wanted. */
  readonly #existing = new Set<number>();
  #wanted: readonly boolean[];
  #jobs: (() => void)[] = [];
  #closed = false;

  constructor(host: Host, layout: StorageLayout, slots: SlotPool, shelf: PieceShelf = new MemoryShelf()) {
    this.#host = host;
    this.#layout = layout;
    this.#slots = slots;
    this.#shelf = shelf;
    this.#map = mapOf(layout);
    this.#wanted = layout.files.map(() => true);
    this.#findWanted();
  }

  store(piece: number, slot: number, done: (outcome: StorageOutcome) => void): void {
    const bytes = this.#slots.bytes(slot).subarray(0, this.#lengthOf(piece));
    this.#answer(() => (this.#matches(piece, bytes) ? this.#keep(piece, bytes) : CORRUPT), done);
  }

  load(piece: number, slot: number, done: (outcome: StorageOutcome) => void): void {
    const into = this.#slots.bytes(slot).subarray(0, this.#lengthOf(piece));
    const work = (bytes: Uint8Array): StorageOutcome => {
      this.#host.copy(bytes, into, 0);
      return OK;
    };
    this.#answer(() => this.#read(piece, work), done);
  }

  check(piece: number, done: (outcome: StorageOutcome) => void): void {
    this.#lengthOf(piece);
    const work = (bytes: Uint8Array): StorageOutcome => (this.#matches(piece, bytes) ? OK : CORRUPT);
    this.#answer(() => this.#read(piece, work), done);
  }

  digest(
    piece: number,
    want: { readonly sha1: boolean; readonly merkle: boolean },
    done: (outcome: DigestOutcome) => void,
  ): void {
    this.#lengthOf(piece);
    const work = (bytes: Uint8Array): DigestOutcome => ({
      type: 'digest',
      ...(want.sha1 ? { sha1: sha1(bytes) } : {}),
      ...(want.merkle ? { merkle: this.#merkle(piece, bytes) } : {}),
    });
    this.#answer(() => this.#read(piece, work), done);
  }

  select(wanted: readonly boolean[]): void {
    this.#add(() => {
      this.#wanted = this.#layout.files.map((_, index) => wanted[index] ?? true);
      this.#findWanted();
    });
  }

  stat(done: (files: readonly (FileStamp | undefined)[]) => void): void {
    const closed = this.#closed;
    this.#add(() => done(this.#layout.files.map((_, file) => (closed ? undefined : this.#stampOf(file)))));
  }

  sync(done: (outcome: StorageOutcome) => void): void {
    const work = () => {
      for (const [index, { length, padding }] of this.#layout.files.entries()) {
        if (length === 0 && padding !== true && this.#wanted[index]) this.#existing.add(index);
      }
      return OK;
    };
    this.#answer(work, done);
  }

  remove(done: (outcome: StorageOutcome) => void): void {
    const work = () => {
      for (let piece = 0; piece < this.#map.pieceCount; piece++) this.#shelf.delete(piece);
      this.#existing.clear();
      return OK;
    };
    this.#answer(work, done);
  }

  close(done: () => void): void {
    this.#closed = true;
    this.#add(done);
  }

  #answer<Outcome>(work: () => Outcome | Failed, done: (outcome: Outcome | Failed) => void): void {
    const closed = this.#closed;
    this.#add(() => done(closed ? failed('io', 'the storage is closed') : work()));
  }

  /** Jobs are done in order, and never inside the call that asks for them. */
  #add(job: () => void): void {
    this.#jobs.push(job);
    if (this.#jobs.length === 1) this.#host.at(this.#host.now(), () => this.#work());
  }

  /** Hashing keeps everybody waiting, so it stops now and then; jobs that come meanwhile have their turn later. */
  #work(): void {
    const end = this.#host.now() + limits.storageTurnMs;
    const jobs = this.#jobs;
    this.#jobs = [];
    let at = 0;
    do jobs[at++]!();
    while (at < jobs.length && this.#host.now() < end);
    const idle = this.#jobs.length === 0;
    if (at < jobs.length) this.#jobs = [...jobs.slice(at), ...this.#jobs];
    if (idle && this.#jobs.length > 0) this.#host.at(this.#host.now(), () => this.#work());
  }

  /** A RangeError where there is no such piece: that is a mistake of the caller, not of the disk. */
  #lengthOf(piece: number): number {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.#map.pieceCount) {
      throw new RangeError(`there is no piece ${piece}`);
    }
    return this.#map.lengthOf(piece);
  }

  #keep(piece: number, bytes: Uint8Array): StorageOutcome {
    const kept = new Uint8Array(bytes.length);
    this.#host.copy(bytes, kept, 0);
    const ranges = this.#map.ranges(piece);
    let at = 0;
    for (const { file, length } of ranges) {
      // What a peer sent as padding is nobody's data.
      if (this.#map.files[file]!.padding) kept.fill(0, at, at + length);
      at += length;
    }
    if (!this.#shelf.put(piece, kept)) return failed('full', 'the shelf is full');
    for (const { file } of ranges) if (this.#isWanted(file)) this.#existing.add(file);
    return OK;
  }

  /** A file without one of its pieces is a file too short; without any, there is none. */
  #read<Outcome>(piece: number, use: (bytes: Uint8Array) => Outcome): Outcome | Failed {
    const bytes = this.#shelf.get(piece);
    if (bytes !== undefined) return use(bytes);
    const missing = this.#map
      .ranges(piece)
      .some(({ file }) => !this.#map.files[file]!.padding && !this.#existing.has(file));
    return failed(missing ? 'missing' : 'short', `piece ${piece} is not here`);
  }

  #isWanted(file: number): boolean {
    return this.#wanted[file]! && !this.#map.files[file]!.padding;
  }

  /** What an earlier storage kept, or what this one kept of files that were not wanted, makes files of those that are. */
  #findWanted(): void {
    for (let file = 0; file < this.#layout.files.length; file++) {
      if (!this.#isWanted(file) || this.#existing.has(file)) continue;
      const { first, end } = this.#map.piecesOf(file);
      for (let piece = first; piece < end; piece++) {
        if (this.#shelf.get(piece) === undefined) continue;
        this.#existing.add(file);
        break;
      }
    }
  }

  /** Up to the last piece that is here, as of a file with holes. No clock: the number of pieces stands for the time. */
  #stampOf(file: number): FileStamp | undefined {
    if (!this.#existing.has(file)) return undefined;
    const { offset, length } = this.#map.files[file]!;
    const { first, end } = this.#map.piecesOf(file);
    let count = 0;
    let last = offset;
    for (let piece = first; piece < end; piece++) {
      if (this.#shelf.get(piece) === undefined) continue;
      count++;
      last = (piece + 1) * this.#layout.pieceLength;
    }
    return { length: Math.min(length, last - offset), modified: count };
  }

  #matches(piece: number, bytes: Uint8Array): boolean {
    const { sha1: hashes, merkle: roots } = this.#layout;
    if (hashes !== undefined && !equalBytes(sha1(bytes), hashes.subarray(20 * piece, 20 * piece + 20))) return false;
    return roots === undefined || equalBytes(this.#merkle(piece, bytes), roots.subarray(32 * piece, 32 * piece + 32));
  }

  /** Over the blocks of the piece's own file; as wide as a piece, unless the whole file is smaller (BEP 52, piece layers). */
  #merkle(piece: number, bytes: Uint8Array): Uint8Array {
    const { file, length } = this.#map.ranges(piece)[0]!;
    const own = bytes.subarray(0, length);
    const { pieceLength } = this.#layout;
    if (this.#map.files[file]!.length <= pieceLength) return fileRoot(own);
    return merkleRoot(leafHashes(own), 0, pieceLayerOf(pieceLength));
  }
}

/** The plain shelf: pieces in a map, up to a limit, so that a stranger's torrent cannot take all memory. */
export class MemoryShelf implements PieceShelf {
  readonly #pieces = new Map<number, Uint8Array>();
  readonly #limit: number;
  #length = 0;

  constructor(limit: number = limits.shelf) {
    this.#limit = limit;
  }

  get(piece: number): Uint8Array | undefined {
    return this.#pieces.get(piece);
  }

  put(piece: number, bytes: Uint8Array): boolean {
    const length = this.#length - (this.#pieces.get(piece)?.length ?? 0) + bytes.length;
    if (length > this.#limit) return false;
    this.#length = length;
    this.#pieces.set(piece, bytes);
    return true;
  }

  delete(piece: number): void {
    this.#length -= this.#pieces.get(piece)?.length ?? 0;
    this.#pieces.delete(piece);
  }
}

/** Whole pieces always: a storage counts padding as part of them, whatever the version of the torrent. */
function mapOf({ files, pieceLength }: StorageLayout): Layout {
  let offset = 0;
  const placed = files.map(({ path, length, padding = false }) => {
    offset += length;
    return { path, length, padding, offset: offset - length, executable: false, hidden: false };
  });
  return new Layout({ version: 'v1', pieceLength, pieceCount: Math.ceil(offset / pieceLength), files: placed });
}

function failed(fault: StorageFault, message: string): Failed {
  return { type: 'failed', fault, error: new Error(message) };
}
