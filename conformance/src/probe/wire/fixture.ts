/** The torrent of a case: random bytes in one file or in several, so that no two cases share anything. */
import { createCipheriv, createHash } from 'node:crypto';
import type { Random } from '../../random.ts';
import { type Writable, writeBencode } from '../bencode.ts';
import { blockLength } from './messages.ts';

export interface FixtureOptions {
  readonly pieces?: number;
  readonly pieceLength?: number;
  /** Bytes that the last piece is short of. */
  readonly missing?: number;
  /** More keys of the info dictionary. */
  readonly info?: Readonly<Record<string, Writable>>;
  /** Instead of the one file; then `pieces` says nothing. */
  readonly files?: readonly FileWanted[];
  readonly name?: string;
}

export interface FileWanted {
  readonly path: readonly string[];
  readonly length: number;
  /** More keys of its entry. A padding file (BEP 47, `attr` with p) is all zeros. */
  readonly keys?: Readonly<Record<string, Writable>>;
}

export interface FixtureFile extends FileWanted {
  readonly data: Uint8Array;
}

export interface Fixture {
  readonly name: string;
  readonly data: Uint8Array;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** The bencoded info dictionary. */
  readonly info: Uint8Array;
  readonly infoHash: Uint8Array;
  /** Undefined for a torrent of a single file, which has the torrent's name. */
  readonly files: readonly FixtureFile[] | undefined;
  /** What its torrent file has beside the info dictionary. */
  readonly keys?: Readonly<Record<string, Writable>>;
  /** What a magnet link names it by, where that is not its info-hash of version 1. */
  readonly topic?: string;
  /** Its files need not be below a folder with its name (BEP 52, file tree layout). */
  readonly isRootless?: true;
}

export function makeFixture(random: Random, options: FixtureOptions = {}): Fixture {
  const { pieceLength = blockLength, missing = 0, files } = options;
  const { name = `conformance-${random.uint32().toString(16)}.bin` } = options;
  const total = files?.reduce((sum, { length }) => sum + length, 0) ?? (options.pieces ?? 8) * pieceLength - missing;
  const pieces = Math.ceil(total / pieceLength);
  const cipher = createCipheriv('aes-128-ctr', random.bytes(16), random.bytes(16));
  const data = new Uint8Array(cipher.update(new Uint8Array(total)));
  const parts = files === undefined ? undefined : cut(data, files);
  const hashes = Array.from({ length: pieces }, (_, at) =>
    createHash('sha1')
      .update(data.subarray(at * pieceLength, (at + 1) * pieceLength))
      .digest(),
  );
  const shape =
    files === undefined
      ? { length: total }
      : { files: files.map(({ path, length, keys }) => ({ length, path, ...keys })) };
  const keys = { ...shape, name, 'piece length': pieceLength, pieces: Buffer.concat(hashes) };
  const info = writeBencode({ ...options.info, ...keys });
  const infoHash = new Uint8Array(createHash('sha1').update(info).digest());
  return { name, data, pieceLength, pieceCount: pieces, info, infoHash, files: parts };
}

/** Padding becomes zeros. */
function cut(data: Uint8Array, files: readonly FileWanted[]): readonly FixtureFile[] {
  let at = 0;
  return files.map((wanted) => {
    const part = data.subarray(at, at + wanted.length);
    if (isPadding(wanted)) part.fill(0);
    at += wanted.length;
    return { ...wanted, data: part };
  });
}

export function isPadding({ keys }: FileWanted): boolean {
  return String(keys?.['attr'] ?? '').includes('p');
}

export function allPieces({ pieceCount }: Fixture): readonly number[] {
  return Array.from({ length: pieceCount }, (_, at) => at);
}

export function sizeOfPiece({ data, pieceLength }: Fixture, index: number): number {
  return Math.min(pieceLength, data.length - index * pieceLength);
}

export function bytesOf(fixture: Fixture, index: number, begin: number, length: number): Uint8Array {
  const start = index * fixture.pieceLength + begin;
  return fixture.data.subarray(start, start + length);
}

/** The data with only these pieces right; the rest is zeros. */
export function dataWith(fixture: Fixture, pieces: readonly number[]): Uint8Array {
  const partial = new Uint8Array(fixture.data.length);
  for (const piece of pieces) {
    partial.set(bytesOf(fixture, piece, 0, sizeOfPiece(fixture, piece)), piece * fixture.pieceLength);
  }
  return partial;
}
