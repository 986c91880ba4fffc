/**
 * Torrents of version 2, and of both versions (BEP 52, metainfo files; upgrade path). Their data is held as peers address it: each
 * file begins a piece, and what is between two files is padding, of which version 2 says nothing and version 1 has to.
 */
import { createCipheriv, createHash } from 'node:crypto';
import type { Random } from '../../random.ts';
import { latin1, type Writable, writeBencode } from '../bencode.ts';
import { fileTree, type Layers, layersOf } from '../files/merkle.ts';
import { sorted } from '../files/sample-version2.ts';
import type { Fixture, FixtureFile } from './fixture.ts';
import { blockLength } from './messages.ts';

export interface Fixture2Options {
  readonly pieceLength?: number;
  /** One is a torrent of a single file, and its path the name. In the order of their keys. */
  readonly files?: readonly Wanted[];
  /** Describes the same for version 1. */
  readonly hybrid?: true;
  /** What the hashes of version 2 are made of, where that is not what version 1 says. */
  readonly other?: true;
}

export interface Wanted {
  readonly path: readonly string[];
  readonly length: number;
  /** It has the bytes of the first file. */
  readonly copy?: true;
}

export interface HashedFile {
  readonly path: readonly string[];
  /** Where it begins, among all data. */
  readonly start: number;
  readonly length: number;
  readonly root: Uint8Array;
  readonly layers: Layers;
}

export interface Fixture2 extends Fixture {
  /** Twenty bytes of the hash of version 2; for a torrent of that version alone the same as `infoHash`. */
  readonly infoHash2: Uint8Array;
  readonly hashed: readonly HashedFile[];
  /** What the hashes of version 2 describe: the same as `data`, unless something else was wanted. */
  readonly data2: Uint8Array;
}

/** Eight pieces of two blocks, less than a piece, and three pieces; none ends where a block does. */
const threeFiles: readonly Wanted[] = [
  { path: ['a-large.bin'], length: 8 * 2 * blockLength - 5_001 },
  { path: ['b-small.bin'], length: 20_000 },
  { path: ['c-middle.bin'], length: 70_001 },
];

export function makeFixture2(random: Random, options: Fixture2Options = {}): Fixture2 {
  const { pieceLength = 2 * blockLength, files: wanted = threeFiles } = options;
  const single = wanted.length === 1;
  const name = single ? wanted[0]!.path.at(-1)! : `conformance-${random.uint32().toString(16)}`;
  const parts = placed(wanted, pieceLength);
  const data = filled(random, parts);
  const data2 = options.other === true ? filled(random, parts) : data;
  const files = parts.filter(({ path }) => path[0] !== padding);
  const hashed = files.map((part) => ({ ...part, ...hashesOf(part, data2) }));
  const large = hashed.filter(({ length }) => length > pieceLength);
  const layers = large.map(({ root, start, length }): [string, Uint8Array] => [
    latin1(root),
    fileTree(data2.subarray(start, start + length), pieceLength).layer,
  ]);
  const version1 = options.hybrid === true ? keysOfVersion1(parts, data, pieceLength, single) : {};
  const keys = { 'file tree': treeOf(hashed), 'meta version': 2, name, 'piece length': pieceLength };
  const info = writeBencode({ ...keys, ...version1 });
  const digest = createHash('sha256').update(info).digest();
  const infoHash2 = new Uint8Array(digest.subarray(0, 20));
  const infoHash = options.hybrid === true ? new Uint8Array(createHash('sha1').update(info).digest()) : infoHash2;
  const described = parts.map(
    (part): FixtureFile => ({
      ...part,
      data: data.subarray(part.start, part.start + part.length),
      ...(part.path[0] === padding && { keys: { attr: 'p' } }),
    }),
  );
  return {
    ...{ name, data, data2, pieceLength, info, infoHash, infoHash2, hashed },
    pieceCount: Math.ceil(data.length / pieceLength),
    files: single ? undefined : described,
    keys: { 'piece layers': sorted(new Map(layers)) },
    topic: `urn:btmh:1220${digest.toString('hex')}`,
    isRootless: true,
  };
}

/** The bytes of a piece, which ends where its file does. */
export function sizeOfPiece2({ hashed, pieceLength }: Fixture2, index: number): number {
  const at = index * pieceLength;
  const file = hashed.find(({ start, length }) => start <= at && at < start + length);
  return file === undefined ? 0 : Math.min(pieceLength, file.start + file.length - at);
}

const padding = '.pad';

interface Part extends Wanted {
  readonly start: number;
}

/** Each file at the beginning of a piece, with padding before it. */
function placed(wanted: readonly Wanted[], pieceLength: number): readonly Part[] {
  let at = 0;
  return wanted.flatMap((file) => {
    const gap = file.length === 0 ? 0 : (pieceLength - (at % pieceLength)) % pieceLength;
    const pad = { path: [padding, String(gap)], start: at, length: gap };
    const part = { ...file, start: at + gap };
    at = part.start + part.length;
    return gap === 0 ? [part] : [pad, part];
  });
}

function filled(random: Random, parts: readonly Part[]): Uint8Array {
  const { start, length } = parts.at(-1)!;
  const cipher = createCipheriv('aes-128-ctr', random.bytes(16), random.bytes(16));
  const data = new Uint8Array(cipher.update(new Uint8Array(start + length)));
  for (const part of parts) {
    if (part.path[0] === padding) data.fill(0, part.start, part.start + part.length);
    if (part.copy === true) data.copyWithin(part.start, 0, part.length);
  }
  return data;
}

function hashesOf({ start, length }: Part, data: Uint8Array): Pick<HashedFile, 'root' | 'layers'> {
  const layers = length === 0 ? [] : layersOf(data.subarray(start, start + length));
  return { layers, root: layers.at(-1)?.[0] ?? new Uint8Array() };
}

/** Dictionaries of names within each other. Keys are sorted when they are written. */
function treeOf(files: readonly HashedFile[]): Writable {
  const tree = new Map<string, Writable>();
  for (const { path, length, root } of files) {
    let folder = tree;
    for (const name of path.slice(0, -1)) {
      const below = folder.get(name) ?? new Map<string, Writable>();
      folder.set(name, below);
      folder = below as Map<string, Writable>;
    }
    folder.set(path.at(-1)!, { '': { length, ...(length > 0 && { 'pieces root': root }) } });
  }
  return ordered(tree);
}

function ordered(folder: ReadonlyMap<string, Writable>): Writable {
  const entries = [...folder].map(([name, each]): [string, Writable] => [
    Buffer.from(name).toString('latin1'),
    each instanceof Map ? ordered(each) : each,
  ]);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function keysOfVersion1(
  parts: readonly Part[],
  data: Uint8Array,
  pieceLength: number,
  single: boolean,
): Readonly<Record<string, Writable>> {
  const pieces = Array.from({ length: Math.ceil(data.length / pieceLength) }, (_, at) =>
    createHash('sha1')
      .update(data.subarray(at * pieceLength, (at + 1) * pieceLength))
      .digest(),
  );
  const listed = parts.map(({ path, length }) => ({ length, path, ...(path[0] === padding && { attr: 'p' }) }));
  return { pieces: Buffer.concat(pieces), ...(single ? { length: data.length } : { files: listed }) };
}
