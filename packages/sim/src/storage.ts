/**
 * Storage of a torrent on a simulated disk: hashes before it writes, keeps parts of unwanted files aside, finishes its jobs in
 * order. Where the real host has worker threads this has the disk's queue; what is promised is the same.
 */
import {
  type DigestOutcome,
  type FileStamp,
  type SlotPool,
  type Storage,
  type StorageLayout,
  type StorageOutcome,
  toHex,
  utf8,
} from '@ferro/core';
import { DiskError, type HostTimer, type SimulatedDisk } from './disk.ts';
import { type Hash, merkleRoot } from './merkle.ts';
import { PieceMap, type Span } from './piece-map.ts';

export interface Hashes {
  readonly sha1: Hash;
  readonly sha256: Hash;
}

const OK: StorageOutcome = { type: 'ok' };
const CORRUPT: StorageOutcome = { type: 'corrupt' };

export class SimulatedStorage implements Storage {
  readonly #disk: SimulatedDisk;
  readonly #at: HostTimer;
  readonly #layout: StorageLayout;
  readonly #slots: SlotPool;
  readonly #hashes: Hashes;
  readonly #map: PieceMap;
  /** Where parts of unwanted files are kept: one small file each, under a name of this layout alone. */
  readonly #asideFolder: string;
  #wanted: readonly boolean[];
  #isClosed = false;

  constructor(disk: SimulatedDisk, at: HostTimer, layout: StorageLayout, slots: SlotPool, hashes: Hashes) {
    this.#disk = disk;
    this.#at = at;
    this.#layout = layout;
    this.#slots = slots;
    this.#hashes = hashes;
    this.#map = new PieceMap(layout);
    this.#asideFolder = `${layout.root}/.aside-${identityOf(layout, hashes)}`;
    this.#wanted = layout.files.map(() => true);
  }

  store(piece: number, slot: number, done: (outcome: StorageOutcome) => void): void {
    const spans = this.#map.spans(piece);
    const bytes = this.#slots.bytes(slot).subarray(0, this.#map.lengthOf(piece));
    this.#job<StorageOutcome>(
      bytes.length,
      () => {
        if (!this.#matches(piece, bytes)) return CORRUPT;
        for (const span of spans) this.#writeSpan(piece, span, bytes);
        return OK;
      },
      done,
    );
  }

  load(piece: number, slot: number, done: (outcome: StorageOutcome) => void): void {
    const length = this.#map.lengthOf(piece);
    const bytes = this.#slots.bytes(slot).subarray(0, length);
    this.#job<StorageOutcome>(
      length,
      () => {
        this.#readPiece(piece, bytes);
        return OK;
      },
      done,
    );
  }

  check(piece: number, done: (outcome: StorageOutcome) => void): void {
    const length = this.#map.lengthOf(piece);
    const work = (): StorageOutcome => {
      const bytes = this.#readPiece(piece, new Uint8Array(length));
      return this.#matches(piece, bytes) ? OK : CORRUPT;
    };
    this.#job<StorageOutcome>(length, work, done);
  }

  digest(
    piece: number,
    want: { readonly sha1: boolean; readonly merkle: boolean },
    done: (outcome: DigestOutcome) => void,
  ): void {
    const length = this.#map.lengthOf(piece);
    const work = (): DigestOutcome => {
      const bytes = this.#readPiece(piece, new Uint8Array(length));
      return {
        type: 'digest',
        ...(want.sha1 ? { sha1: this.#hashes.sha1(bytes) } : {}),
        ...(want.merkle ? { merkle: this.#merkle(piece, bytes) } : {}),
      };
    };
    this.#job<DigestOutcome>(length, work, done);
  }

  select(wanted: readonly boolean[]): void {
    this.#wanted = this.#layout.files.map((_, index) => wanted[index] ?? true);
    this.#job<StorageOutcome>(0, () => this.#bringBack(), ignore);
  }

  stat(done: (files: readonly (FileStamp | undefined)[]) => void): void {
    const wasClosed = this.#isClosed;
    const work = () =>
      this.#layout.files.map((file, index) =>
        wasClosed || file.padding === true ? undefined : this.#disk.stamp(this.#pathOf(index)),
      );
    this.#disk.job(this.#at, 0, work, (stamps) => {
      done(stamps instanceof DiskError ? this.#layout.files.map(() => undefined) : stamps);
    });
  }

  sync(done: (outcome: StorageOutcome) => void): void {
    const work = (): StorageOutcome => {
      for (const [index, file] of this.#layout.files.entries()) {
        const path = this.#pathOf(index);
        const isMissing = file.length === 0 && file.padding !== true && this.#wanted[index] && !this.#disk.has(path);
        if (isMissing) this.#disk.write(path, new Uint8Array(0));
        this.#disk.sync(path);
      }
      for (const path of this.#asidePaths()) this.#disk.sync(path);
      return OK;
    };
    this.#job<StorageOutcome>(0, work, done);
  }

  remove(done: (outcome: StorageOutcome) => void): void {
    const work = (): StorageOutcome => {
      for (const index of this.#layout.files.keys()) this.#disk.delete(this.#pathOf(index));
      for (const path of this.#asidePaths()) this.#disk.delete(path);
      return OK;
    };
    this.#job<StorageOutcome>(0, work, done);
  }

  close(done: () => void): void {
    this.#isClosed = true;
    this.#disk.job(this.#at, 0, ignore, done);
  }

  #job<Outcome>(
    bytes: number,
    work: () => Outcome,
    done: (outcome: Outcome | Extract<StorageOutcome, { type: 'failed' }>) => void,
  ): void {
    const attempt = this.#isClosed ? closed : work;
    this.#disk.job<Outcome>(this.#at, this.#isClosed ? 0 : bytes, attempt, (result) => {
      done(result instanceof DiskError ? { type: 'failed', fault: result.fault, error: result } : result);
    });
  }

  #pathOf(index: number): string {
    return [this.#layout.root, ...this.#layout.files[index]!.path].join('/');
  }

  #asidePath(file: number, piece: number): string {
    return `${this.#asideFolder}/${file}-${piece}`;
  }

  #asidePaths(): readonly string[] {
    return this.#disk.paths.filter((path) => path.startsWith(`${this.#asideFolder}/`));
  }

  /** A file that is there already goes on being written, wanted or not: what it has must stay true. */
  #writeSpan(piece: number, span: Span, bytes: Uint8Array): void {
    if (span.padding) return;
    const part = bytes.subarray(span.offset, span.offset + span.length);
    const path = this.#pathOf(span.file);
    const aside = this.#asidePath(span.file, piece);
    if (this.#wanted[span.file] || this.#disk.has(path)) {
      this.#disk.writeAt(path, span.at, part);
      this.#disk.delete(aside);
    } else this.#disk.writeAt(aside, 0, part);
  }

  #readPiece(piece: number, into: Uint8Array): Uint8Array {
    for (const span of this.#map.spans(piece)) {
      const part = into.subarray(span.offset, span.offset + span.length);
      const aside = this.#asidePath(span.file, piece);
      if (span.padding) part.fill(0);
      else if (this.#disk.has(aside)) this.#disk.readAt(aside, 0, part);
      else this.#disk.readAt(this.#pathOf(span.file), span.at, part);
    }
    return into;
  }

  /** What was kept aside of files that are wanted now goes to its place. */
  #bringBack(): StorageOutcome {
    for (const path of this.#asidePaths()) {
      const [file, piece] = path
        .slice(this.#asideFolder.length + 1)
        .split('-')
        .map(Number);
      const span = this.#map.spans(piece!).find((one) => one.file === file);
      const bytes = this.#disk.read(path);
      if (!this.#wanted[file!] || span === undefined || bytes === undefined) continue;
      this.#disk.writeAt(this.#pathOf(file!), span.at, bytes);
      this.#disk.delete(path);
    }
    return OK;
  }

  #matches(piece: number, bytes: Uint8Array): boolean {
    const { sha1, merkle } = this.#layout;
    if (sha1 !== undefined && !hasAt(sha1, 20 * piece, this.#hashes.sha1(bytes))) return false;
    return merkle === undefined || hasAt(merkle, 32 * piece, this.#merkle(piece, bytes));
  }

  #merkle(piece: number, bytes: Uint8Array): Uint8Array {
    const { length, width } = this.#map.merkleShape(piece);
    return merkleRoot(bytes.subarray(0, length), width, this.#hashes.sha256);
  }
}

function ignore(): void {}

function closed(): never {
  throw new DiskError('io', 'the storage is closed');
}

function hasAt(all: Uint8Array, at: number, hash: Uint8Array): boolean {
  return hash.every((byte, index) => all[at + index] === byte);
}

/** Differs where files, lengths or hashes differ. */
function identityOf({ files, pieceLength, sha1, merkle }: StorageLayout, hashes: Hashes): string {
  const names = files.map(({ path, length }) => [path, length]);
  const parts = [utf8(JSON.stringify([pieceLength, names])), sha1, merkle];
  const digests = parts.map((part) => (part === undefined ? '' : toHex(hashes.sha1(part))));
  return toHex(hashes.sha1(utf8(digests.join()))).slice(0, 16);
}
