/** What the reference peer has of its torrent: metadata, pieces that are verified, and the files on disk. */
import { createHash } from 'node:crypto';
import { type BencodedMap, readBencode, type Writable, writeBencode } from '../../probe/bencode.ts';
import { blockLength } from '../../probe/wire/messages.ts';
import { Disk } from './disk.ts';
import { Trees } from './trees.ts';

export class Store {
  readonly info: Uint8Array;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly length: number;
  readonly data: Uint8Array;
  readonly have: Set<number> = new Set();
  readonly isPrivate: boolean;
  readonly disk: Disk;
  /** Pieces that were not selected (BEP 53). */
  readonly #unwanted: Set<number> = new Set();
  /** Of version 2. */
  readonly trees: Trees | undefined;
  /** Of version 1. */
  readonly #hashes: Uint8Array | undefined;
  readonly #bugs: ReadonlySet<string>;

  constructor(info: Uint8Array, folder: string, bugs: ReadonlySet<string>, layers?: BencodedMap) {
    const keys = readBencode(info).value as BencodedMap;
    this.info = info;
    this.#bugs = bugs;
    this.disk = new Disk(keys, folder, bugs);
    this.length = this.disk.length;
    const pieceLength = keys.get('piece length') as number;
    this.pieceLength = bugs.has('rounds-piece-length') ? 2 ** Math.round(Math.log2(pieceLength)) : pieceLength;
    this.#hashes = keys.get('pieces') as Uint8Array | undefined;
    this.pieceCount = this.#hashes === undefined ? Math.ceil(this.length / pieceLength) : this.#hashes.length / 20;
    if (keys.has('file tree')) this.trees = new Trees(this.disk.hashed, pieceLength, layers, bugs);
    this.isPrivate = keys.get('private') === 1;
    this.data = new Uint8Array(this.length);
    const loaded = this.disk.load(this.data);
    for (let piece = 0; piece < this.pieceCount; piece++) {
      if ((loaded || this.blocksOf(piece).length === 0) && this.isRight(piece)) this.have.add(piece);
    }
  }

  get isComplete(): boolean {
    return this.have.size === this.pieceCount;
  }

  /** Bytes that are not here yet. */
  get left(): number {
    const missing = Array.from({ length: this.pieceCount }, (_, piece) =>
      this.have.has(piece) ? 0 : this.sizeOf(piece),
    );
    return missing.reduce((sum, size) => sum + size, 0);
  }

  get hasSelection(): boolean {
    return this.have.size + this.#unwanted.size === this.pieceCount;
  }

  /** Only these files are wanted from now on, by index. */
  select(files: ReadonlySet<number>): void {
    for (let piece = 0; piece < this.pieceCount; piece++) {
      const start = piece * this.pieceLength;
      const own = this.disk.filesOf(start, start + this.sizeOf(piece));
      if (!this.have.has(piece) && !own.some((file) => files.has(file))) this.#unwanted.add(piece);
    }
  }

  lacks(piece: number): boolean {
    return !this.have.has(piece) && !this.#unwanted.has(piece);
  }

  sizeOf(piece: number): number {
    const start = piece * this.pieceLength;
    const end = this.#hashes === undefined ? this.#endOfFile(start) : this.length;
    return Math.min(this.pieceLength, end - start);
  }

  /** By all hashes that there are (BEP 52, upgrade path). */
  isRight(piece: number): boolean {
    const one = this.#hashes === undefined || this.#fitsVersion1(piece, this.#hashes);
    const knows = this.trees?.knows(piece) === true;
    if (!knows) return one && this.#hashes !== undefined;
    const start = piece * this.pieceLength;
    const end = Math.min(start + this.pieceLength, this.#endOfFile(start));
    const other = this.trees!.isRight(piece, this.data.subarray(start, end));
    return this.#bugs.has('either-hash-will-do') ? one || other : one && other;
  }

  /** Whether a peer can be asked for it, because what comes can be checked. */
  mayFetch(piece: number): boolean {
    return this.#hashes !== undefined || this.trees?.knows(piece) === true;
  }

  #endOfFile(offset: number): number {
    const file = this.trees?.fileAt(offset);
    return file === undefined ? this.length : file.start + file.length;
  }

  #fitsVersion1(piece: number, hashes: Uint8Array): boolean {
    const start = piece * this.pieceLength;
    const end = start + this.sizeOf(piece);
    const bytes = this.#bugs.has('hashes-without-padding')
      ? this.disk.withoutPadding(this.data, start, end)
      : this.data.subarray(start, end);
    const hash = createHash('sha1').update(bytes).digest();
    return hash.equals(hashes.subarray(20 * piece, 20 * piece + 20)) && this.disk.hintsAreRight(this.data, start, end);
  }

  read(piece: number, begin: number, length: number): Uint8Array {
    const start = piece * this.pieceLength + begin;
    return this.data.subarray(start, start + length);
  }

  /** What is on disk is not what was read from it. */
  hasChanged(): boolean {
    const now = new Uint8Array(this.length);
    return this.disk.load(now) && Buffer.compare(now, this.data) !== 0;
  }

  write(piece: number, begin: number, data: Uint8Array): void {
    const start = piece * this.pieceLength + begin;
    this.data.set(data.subarray(0, Math.max(0, this.length - start)), start);
  }

  /** Padding is zeros, and nobody has to be asked for it (BEP 47). */
  blocksOf(piece: number, size: number = blockLength): readonly { begin: number; length: number }[] {
    const whole = this.sizeOf(piece);
    const start = piece * this.pieceLength;
    return Array.from({ length: Math.ceil(whole / size) }, (_, at) => ({
      begin: at * size,
      length: this.#bugs.has('asks-over-the-end') ? size : Math.min(size, whole - at * size),
    })).filter(({ begin, length }) => !this.disk.isPadding(start + begin, start + begin + length));
  }

  save(): void {
    this.disk.save(this.data, this.isComplete);
  }
}

/** The info dictionary of a .torrent file: the files that cases make are canonical, so writing it again gives the same bytes. */
export function infoIn(torrent: Uint8Array): Uint8Array {
  const keys = readBencode(torrent).value as BencodedMap;
  return writeBencode(keys.get('info') as Writable);
}

/** The piece layers of a .torrent file of version 2. */
export function layersIn(torrent: Uint8Array): BencodedMap | undefined {
  return (readBencode(torrent).value as BencodedMap).get('piece layers') as BencodedMap | undefined;
}
