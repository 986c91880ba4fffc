/**
 * Where the bytes of a torrent live. The unit is the piece: nothing is written before its hash matched, so hashing and
 * writing are one job. Outcomes come by callback, in any order; a full disk or a vanished file is an outcome, not an exception.
 */

export interface StorageFile {
  /** Safe path elements below the root; joining them is all that a storage does with names. */
  readonly path: readonly string[];
  readonly length: number;
  /** Zeros that exist only to align the next file (BEP 47): never written, read as zeros. */
  readonly padding?: boolean;
  /** Set the executable bit when the file is made (BEP 47, attr x). */
  readonly executable?: boolean;
}

export interface StorageLayout {
  /** The folder that everything stays below. */
  readonly root: string;
  readonly pieceLength: number;
  /** In piece order; their lengths, padding included, add up to the length of the piece space. */
  readonly files: readonly StorageFile[];
  /** SHA-1 of each piece, 20 bytes each (BEP 3). */
  readonly sha1?: Uint8Array;
  /** Merkle root of each piece over its file's own 16 KiB blocks, 32 bytes each (BEP 52). Each file then starts a piece. */
  readonly merkle?: Uint8Array;
}

/** Why a disk said no: full, not allowed, no such file, shorter than it should be, anything else. */
export type StorageFault = 'full' | 'denied' | 'missing' | 'short' | 'io';

export type StorageOutcome =
  | { readonly type: 'ok' }
  /** The bytes do not have the hash that they should have. */
  | { readonly type: 'corrupt' }
  | { readonly type: 'failed'; readonly fault: StorageFault; readonly error: Error };

export type DigestOutcome =
  | { readonly type: 'digest'; readonly sha1?: Uint8Array; readonly merkle?: Uint8Array }
  | Extract<StorageOutcome, { type: 'failed' }>;

/** What a file looked like when last seen: the evidence by which resume data is believed, or not. */
export interface FileStamp {
  readonly length: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface Storage {
  /** Hashes the slot and writes it if it matches. The slot must stay unchanged until `done`. */
  store(piece: number, slot: number, done: (outcome: StorageOutcome) => void): void;
  /** Reads a piece into a slot, to serve blocks from it. Does not hash. */
  load(piece: number, slot: number, done: (outcome: StorageOutcome) => void): void;
  /** Hashes what is stored. A file that is not there is `failed` with `missing`. */
  check(piece: number, done: (outcome: StorageOutcome) => void): void;
  /** Reads a piece and tells its hashes: how torrents are made. */
  digest(
    piece: number,
    want: { readonly sha1: boolean; readonly merkle: boolean },
    done: (outcome: DigestOutcome) => void,
  ): void;
  /** Which files are wanted, by index. Others are not created; what a shared piece holds of them is kept aside. Default: all. */
  select(wanted: readonly boolean[]): void;
  /** One entry a file; undefined where it does not exist (or is padding). */
  stat(done: (files: readonly (FileStamp | undefined)[]) => void): void;
  /** Makes empty files and those of length 0 exist, and forces written data to the medium. */
  sync(done: (outcome: StorageOutcome) => void): void;
  /** Deletes the files and the folders that become empty. */
  remove(done: (outcome: StorageOutcome) => void): void;
  /** Finishes jobs under way, then closes files. */
  close(done: () => void): void;
}
