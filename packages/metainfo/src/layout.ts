/**
 * Which part of which file each piece is (BEP 3, info dictionary; BEP 47, padding files; BEP 52, piece length). Files lie end
 * to end in one space, padding included, cut into pieces; every question is answered in logarithmic time. Offsets are numbers:
 * exact far beyond any torrent, and never shifted, which would cut them to 32 bits.
 */
import { concatBytes, type StorageFile, type StorageLayout, toHex } from '@ferro/core';
import type { TorrentFile } from './files.ts';
import type { Info } from './info.ts';
import { BLOCK_LENGTH, HASH_LENGTH } from './merkle.ts';

/** A run of bytes in one file. */
export interface FileRange {
  /** Index in `files`. */
  readonly file: number;
  /** Where it starts in that file. */
  readonly offset: number;
  readonly length: number;
}

/** Pieces from `first` up to, but not with, `end`. */
export interface PieceRange {
  readonly first: number;
  readonly end: number;
}

type Content = Pick<Info, 'version' | 'pieceLength' | 'pieceCount' | 'files'> &
  Partial<Pick<Info, 'pieces'>> & { readonly pieceLayers?: ReadonlyMap<string, Uint8Array> };

export class Layout {
  readonly files: readonly TorrentFile[];
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** Of all files and padding. */
  readonly length: number;
  readonly #content: Content;
  readonly #starts: Float64Array;

  constructor(content: Content) {
    this.#content = content;
    this.files = content.files;
    this.pieceLength = content.pieceLength;
    this.pieceCount = content.pieceCount;
    this.#starts = Float64Array.from(content.files, (file) => file.offset);
    const last = content.files.at(-1);
    this.length = last === undefined ? 0 : last.offset + last.length;
  }

  /** Bytes of a piece. In a torrent of version 2 alone a piece ends where its file does; else padding fills it up. */
  lengthOf(piece: number): number {
    const start = piece * this.pieceLength;
    const end = Math.min(this.length, start + this.pieceLength);
    if (this.#content.version !== 'v2') return end - start;
    const file = this.files[this.fileAt(start)]!;
    return Math.min(end, file.offset + file.length) - start;
  }

  blockCount(piece: number): number {
    return Math.ceil(this.lengthOf(piece) / BLOCK_LENGTH);
  }

  /** Bytes of a block: 16 KiB, or what is left of the piece. */
  blockLength(piece: number, block: number): number {
    return Math.min(BLOCK_LENGTH, this.lengthOf(piece) - block * BLOCK_LENGTH);
  }

  /** The file that has the byte at this offset of the space; never an empty one. */
  fileAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The parts of files, padding among them, that a part of a piece is made of. */
  ranges(piece: number, begin = 0, length: number = this.lengthOf(piece) - begin): FileRange[] {
    const ranges: FileRange[] = [];
    let at = piece * this.pieceLength + begin;
    const end = Math.min(this.length, at + length);
    for (let file = this.fileAt(at); at < end; file++) {
      const offset = at - this.#starts[file]!;
      const part = Math.min(end - at, this.files[file]!.length - offset);
      if (part > 0) ranges.push({ file, offset, length: part });
      at += Math.max(0, part);
    }
    return ranges;
  }

  /** The pieces that hold a file, or a part of it. None for an empty one. */
  piecesOf(file: number, offset = 0, length: number = this.files[file]!.length - offset): PieceRange {
    const start = this.#starts[file]! + offset;
    const first = Math.floor(start / this.pieceLength);
    return { first, end: length > 0 ? Math.ceil((start + length) / this.pieceLength) : first };
  }

  /** What a host's storage needs, below the folder `root`. Links are not made: they take the place of padding. */
  storage(root: string): StorageLayout {
    const files = this.files.map(
      ({ path, length, padding, executable, symlink }): StorageFile => ({
        path,
        length,
        ...((padding || symlink !== undefined) && { padding: true }),
        ...(executable && { executable: true }),
      }),
    );
    const sha1 = this.#content.pieces;
    const merkle = this.#merkle();
    return { root, pieceLength: this.pieceLength, files, ...(sha1 && { sha1 }), ...(merkle && { merkle }) };
  }

  /** The hash of each piece over its own file (BEP 52), or undefined if a piece layer is not known. */
  #merkle(): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    for (const { piecesRoot, length, padding } of this.files) {
      if (padding || length === 0) continue;
      if (piecesRoot === undefined) return undefined;
      const hashes = length <= this.pieceLength ? piecesRoot : this.#content.pieceLayers?.get(toHex(piecesRoot));
      if (hashes === undefined) return undefined;
      parts.push(hashes);
    }
    const merkle = concatBytes(parts);
    return merkle.length === this.pieceCount * HASH_LENGTH ? merkle : undefined;
  }
}
