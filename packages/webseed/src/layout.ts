/**
 * What a web seed has to know about a torrent: its files, and which part of which file a piece is (BEP 3, info dictionary; BEP
 * 47, padding files). The `Layout` of `@ferro/metainfo` fits; nothing here reads a torrent.
 */
export interface SeedFile {
  /** Safe names. The torrent's name comes first, unless the torrent is that single file. */
  readonly path: readonly string[];
  /** The names as the torrent has them, where `path` had to differ: the server knows these. */
  readonly original?: readonly string[] | undefined;
  readonly length: number;
  /** Zeros that only align the next file: no server has them. */
  readonly padding: boolean;
}

export interface SeedLayout {
  readonly files: readonly SeedFile[];
  readonly pieceLength: number;
  readonly pieceCount: number;
  lengthOf(piece: number): number;
  /** The parts of files, padding among them, that a part of a piece is made of. */
  ranges(
    piece: number,
    begin: number,
    length: number,
  ): readonly { readonly file: number; readonly offset: number; readonly length: number }[];
  /** The pieces that hold a file, from `first` up to, but not with, `end`. */
  piecesOf(file: number): { readonly first: number; readonly end: number };
}

export const BLOCK_LENGTH = 16_384;

/** A block that was asked for. */
export interface WantedBlock {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
  /** Bytes that have not come. */
  missing: number;
  /** Where a block is put together that lies in several files: its parts come in any order. */
  assembly: Uint8Array | undefined;
  /** Delivered, rejected or cancelled: what still comes for it is dropped. */
  isOver: boolean;
}

/** The part of a block that lies in one file. */
export interface Slice {
  readonly block: WantedBlock;
  /** Where in the block. */
  readonly at: number;
  /** Index of the file; for a script, which knows pieces alone, that of the piece. */
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}
