/** The torrent of a case: one file of random bytes, so that no two cases share anything. */
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
}

export interface Fixture {
  readonly name: string;
  readonly data: Uint8Array;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** The bencoded info dictionary. */
  readonly info: Uint8Array;
  readonly infoHash: Uint8Array;
}

export function makeFixture(random: Random, options: FixtureOptions = {}): Fixture {
  const { pieces = 8, pieceLength = blockLength, missing = 0 } = options;
  const name = `conformance-${random.uint32().toString(16)}.bin`;
  const cipher = createCipheriv('aes-128-ctr', random.bytes(16), random.bytes(16));
  const data = new Uint8Array(cipher.update(new Uint8Array(pieces * pieceLength - missing)));
  const hashes = Array.from({ length: pieces }, (_, at) =>
    createHash('sha1')
      .update(data.subarray(at * pieceLength, (at + 1) * pieceLength))
      .digest(),
  );
  const keys = { length: data.length, name, 'piece length': pieceLength, pieces: Buffer.concat(hashes) };
  const info = writeBencode({ ...options.info, ...keys });
  const infoHash = new Uint8Array(createHash('sha1').update(info).digest());
  return { name, data, pieceLength, pieceCount: pieces, info, infoHash };
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
