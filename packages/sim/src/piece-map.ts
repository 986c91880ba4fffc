/** Pieces and files of a layout: which bytes of which files a piece consists of. */
import type { StorageLayout } from '@ferro/core';

/** A stretch of one file within a piece. */
export interface Span {
  readonly file: number;
  /** Where it is in the file. */
  readonly at: number;
  /** Where it is in the piece. */
  readonly offset: number;
  readonly length: number;
  readonly padding: boolean;
}

const LEAF = 16_384;

export class PieceMap {
  readonly #layout: StorageLayout;
  /** Where each file starts in the piece space. */
  readonly #starts: readonly number[];
  readonly #length: number;

  constructor(layout: StorageLayout) {
    this.#layout = layout;
    let at = 0;
    this.#starts = layout.files.map(({ length }) => {
      at += length;
      return at - length;
    });
    this.#length = at;
  }

  /** A RangeError where there is no such piece. */
  lengthOf(piece: number): number {
    const { pieceLength } = this.#layout;
    if (!Number.isInteger(piece) || piece < 0 || piece * pieceLength >= this.#length) {
      throw new RangeError(`there is no piece ${piece}`);
    }
    return Math.min(pieceLength, this.#length - piece * pieceLength);
  }

  spans(piece: number): readonly Span[] {
    const { files, pieceLength } = this.#layout;
    const start = piece * pieceLength;
    const end = start + this.lengthOf(piece);
    const spans: Span[] = [];
    for (let file = this.#fileAt(start); file < files.length && this.#starts[file]! < end; file++) {
      const from = Math.max(this.#starts[file]!, start);
      const to = Math.min(this.#starts[file]! + files[file]!.length, end);
      if (to <= from) continue;
      const at = from - this.#starts[file]!;
      const { padding = false } = files[file]!;
      spans.push({ file, at, offset: from - start, length: to - from, padding });
    }
    return spans;
  }

  /** Of the merkle tree of a piece: how many bytes of its file are in it, and how many leaves it has at least. */
  merkleShape(piece: number): { readonly length: number; readonly width: number } {
    const { files, pieceLength } = this.#layout;
    const first = this.spans(piece)[0]!;
    const isLarge = files[first.file]!.length > pieceLength;
    return { length: first.length, width: isLarge ? pieceLength / LEAF : 1 };
  }

  /** The last file that starts at or before a place: empty files before it are passed over. */
  #fileAt(place: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
