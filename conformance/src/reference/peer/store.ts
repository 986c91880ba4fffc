/** What the reference peer has of its torrent: metadata, pieces that are verified, and the files on disk. */
import { createHash } from 'node:crypto';
import { type BencodedMap, readBencode, type Writable, writeBencode } from '../../probe/bencode.ts';
import { blockLength } from '../../probe/wire/messages.ts';
import { Disk } from './disk.ts';
import { shapeOf } from './version2.ts';

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
  readonly #hashes: Uint8Array;
  readonly #algorithm: 'sha1' | 'sha256';
  readonly #hashLength: number;
  readonly #bugs: ReadonlySet<string>;

  constructor(info: Uint8Array, folder: string, bugs: ReadonlySet<string>) {
    const { keys, algorithm, hashLength } = shapeOf(readBencode(info).value as BencodedMap);
    this.#algorithm = algorithm;
    this.#hashLength = hashLength;
    this.info = info;
    this.#bugs = bugs;
    this.disk = new Disk(keys, folder, bugs);
    this.length = this.disk.length;
    const pieceLength = keys.get('piece length') as number;
    this.pieceLength = bugs.has('rounds-piece-length') ? 2 ** Math.round(Math.log2(pieceLength)) : pieceLength;
    this.#hashes = keys.get('pieces') as Uint8Array;
    this.pieceCount = this.#hashes.length / hashLength;
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
    return this.length - [...this.have].reduce((sum, piece) => sum + this.sizeOf(piece), 0);
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
    return Math.min(this.pieceLength, this.length - piece * this.pieceLength);
  }

  isRight(piece: number): boolean {
    const start = piece * this.pieceLength;
    const end = start + this.sizeOf(piece);
    const bytes = this.#bugs.has('hashes-without-padding')
      ? this.disk.withoutPadding(this.data, start, end)
      : this.data.subarray(start, end);
    const hash = createHash(this.#algorithm).update(bytes).digest();
    const at = piece * this.#hashLength;
    return (
      hash.equals(this.#hashes.subarray(at, at + this.#hashLength)) && this.disk.hintsAreRight(this.data, start, end)
    );
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
