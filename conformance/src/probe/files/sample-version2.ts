/** Torrent files of version 2 (BEP 52, metainfo files), right and wrong in one place. */
import { createCipheriv } from 'node:crypto';
import type { Random } from '../../random.ts';
import { fromLatin1, latin1, Raw, type Writable, writeBencode } from '../bencode.ts';
import { type FileTree, fileTree } from './merkle.ts';
import { type Changes, changed, type Sample, sampleOf } from './sample.ts';

export interface Sample2Options {
  readonly pieceLength?: number;
  /** Instead of the tree of the two files. */
  readonly tree?: (right: RightTree) => Writable;
  /** Instead of the layers of the right files. */
  readonly layers?: (right: ReadonlyMap<string, Uint8Array>) => Writable | undefined;
  readonly info?: Changes;
}

export interface RightTree {
  /** A file of several pieces, and one that is smaller than a piece. */
  readonly large: Writable;
  readonly small: Writable;
}

export function makeSample2(random: Random, options: Sample2Options = {}): Sample {
  const { pieceLength = 32_768 } = options;
  const large = part(random, 100_000, pieceLength);
  const small = part(random, 1_000, pieceLength);
  const right = { large: large.leaf, small: small.leaf };
  const tree = options.tree?.(right) ?? { 'large.bin': right.large, 'small.bin': right.small };
  const layers = new Map([[latin1(large.tree.root), large.tree.layer]]);
  const base = { 'file tree': tree, 'meta version': 2, name: 'sample', 'piece length': pieceLength };
  const info = writeBencode(changed(base, options.info));
  const given = options.layers === undefined ? sorted(layers) : options.layers(layers);
  const bytes = writeBencode(
    changed({ announce: 'http://127.0.0.1:9/announce', info: new Raw(info) }, { 'piece layers': given }),
  );
  return sampleOf(bytes, info);
}

export function sorted(layers: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  return new Map([...layers].sort(([a], [b]) => Buffer.compare(fromLatin1(a), fromLatin1(b))));
}

interface Part {
  readonly tree: FileTree;
  readonly leaf: Writable;
}

function part(random: Random, length: number, pieceLength: number): Part {
  const cipher = createCipheriv('aes-128-ctr', random.bytes(16), random.bytes(16));
  const tree = fileTree(new Uint8Array(cipher.update(new Uint8Array(length))), pieceLength);
  return { tree, leaf: { '': { length, 'pieces root': tree.root } } };
}
