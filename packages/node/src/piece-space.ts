/**
 * A torrent's files laid end to end, cut into pieces (BEP 3, info dictionary), and which part of which file a range of that
 * space is. Used on both sides of the disk workers.
 */
import type { StorageFile } from '@ferro/core';

/** A part of one file. */
export interface Span {
  readonly file: number;
  /** Where it starts in the file. */
  readonly at: number;
  readonly length: number;
}

export class PieceSpace {
  readonly pieceLength: number;
  readonly pieces: number;
  /** Of all files, padding included. */
  readonly length: number;
  /** Where each file starts. */
  readonly starts: Float64Array;
  readonly #files: readonly StorageFile[];

  constructor(pieceLength: number, files: readonly StorageFile[]) {
    this.pieceLength = pieceLength;
    this.#files = files;
    this.starts = new Float64Array(files.length);
    let length = 0;
    for (let i = 0; i < files.length; i++) {
      this.starts[i] = length;
      length += files[i]!.length;
    }
    this.length = length;
    this.pieces = Math.ceil(length / pieceLength);
  }

  /** The last piece may be shorter than the others. */
  lengthOf(piece: number): number {
    return Math.min(this.pieceLength, this.length - piece * this.pieceLength);
  }

  /** The file that has the byte at `offset` of the space. */
  fileAt(offset: number): number {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  spans(offset: number, length: number): Span[] {
    const spans: Span[] = [];
    let file = this.fileAt(offset);
    let from = offset;
    const end = offset + length;
    while (from < end) {
      const at = from - this.starts[file]!;
      const part = Math.min(end - from, this.#files[file]!.length - at);
      if (part > 0) spans.push({ file, at, length: part });
      from += part;
      file++;
    }
    return spans;
  }

  /** The bytes of a piece up to the end of the file that it starts in: what a merkle root covers (BEP 52). */
  lengthInFile(piece: number): number {
    const start = piece * this.pieceLength;
    const file = this.fileAt(start);
    return Math.min(this.pieceLength, this.starts[file]! + this.#files[file]!.length - start);
  }

  /** How many 16 KiB leaves a piece's merkle tree has at least; the file's last piece has as many as the others (BEP 52). */
  leavesAtLeast(piece: number): number {
    const file = this.#files[this.fileAt(piece * this.pieceLength)]!;
    return file.length > this.pieceLength ? this.pieceLength / 16_384 : 1;
  }
}
