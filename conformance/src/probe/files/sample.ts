/** Torrent files to be read: right ones, and ones that are wrong in one place (BEP 3, metainfo files). Nobody has their data. */
import { createHash } from 'node:crypto';
import type { Random } from '../../random.ts';
import { Raw, type Writable, writeBencode } from '../bencode.ts';

/** Keys to set; undefined takes one away. */
export type Changes = Readonly<Record<string, Writable | undefined>>;

export interface SampleOptions {
  readonly info?: Changes;
  readonly top?: Changes;
  /** Instead of an info dictionary that is made of keys. */
  readonly rawInfo?: Writable;
}

export interface Sample {
  readonly bytes: Uint8Array;
  /** In hex, of the bytes of the info dictionary as they are in the file: SHA-1, and SHA-256 for version 2. */
  readonly infoHash: string;
  readonly infoHash2: string;
}

export interface SampleFile {
  readonly path?: Writable;
  readonly length?: Writable;
  readonly [key: string]: Writable | undefined;
}

export const samplePieceLength = 16_384;

/** One file of 50 000 bytes, in four pieces. */
export function sampleInfo(random: Random): Readonly<Record<string, Writable>> {
  return { length: 50_000, name: 'sample.bin', 'piece length': samplePieceLength, pieces: random.bytes(80) };
}

export function makeSample(random: Random, options: SampleOptions = {}): Sample {
  const info = writeBencode(options.rawInfo ?? changed(sampleInfo(random), options.info));
  const top = changed({ announce: 'http://127.0.0.1:9/announce', info: new Raw(info) }, options.top);
  return sampleOf(writeBencode(top), info);
}

export function sampleOf(bytes: Uint8Array, info: Uint8Array): Sample {
  const digest = (name: string) => createHash(name).update(info).digest('hex');
  return { bytes, infoHash: digest('sha1'), infoHash2: digest('sha256') };
}

/** The keys of an info dictionary with a list of files. */
export function listing(random: Random, files: readonly SampleFile[]): Changes {
  const total = files.reduce((sum, { length }) => sum + Number(length ?? 0), 0);
  const pieces = random.bytes(20 * Math.ceil(total / samplePieceLength));
  const listed = files.map((file) => changed({}, file));
  return { length: undefined, name: 'sample', files: listed, pieces };
}

export function changed(base: Changes, changes: Changes = {}): Readonly<Record<string, Writable>> {
  const entries = Object.entries({ ...base, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, Writable] => entry[1] !== undefined));
}
