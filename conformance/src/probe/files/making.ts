/** Gives files to a program that makes torrents, and reads what it made. */
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../../context.ts';
import { Finding } from '../../finding.ts';
import type { Wish } from '../../target/target.ts';
import { type Bencoded, type BencodedMap, latin1, MalformedBencode, type Reading, readBencode } from '../bencode.ts';
import { ended, freshFolder } from './reading.ts';

export interface Material {
  readonly name: string;
  /** By path below the folder, with slashes; a single file has the path ''. In the order in which they are written. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly pieceLength?: number;
  readonly wishes?: readonly Wish[];
}

export interface Made {
  readonly torrent: BencodedMap;
  readonly info: BencodedMap;
  /** What is not written as it has to be. */
  readonly violations: readonly string[];
}

export const trackers: readonly [string, string] = ['http://127.0.0.1:9/one', 'http://127.0.0.1:9/two'];
export const webSeed = 'http://127.0.0.1:9/files/';
export const madePieceLength = 32_768;

export async function makeTorrent(context: Context, material: Material): Promise<Made> {
  const folder = freshFolder(context);
  const path = join(folder, material.name);
  Object.entries(material.files).forEach(([name, data], at) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, data);
    utimesSync(file, 1_600_000_000 + at, 1_600_000_000 + at);
  });
  const out = join(folder, 'made.torrent');
  const { pieceLength = madePieceLength, wishes = [] } = material;
  const used = await context.target.make!({ path, out, pieceLength, trackers, webSeed, wishes });
  ended(context, used);
  if (!used.accepted) throw new Finding('the program', 'that it makes a torrent', used.output.trim());
  const bytes = readFileSync(out);
  context.timeline.received('maker', `a torrent file of ${bytes.length} bytes`, bytes);
  return madeOf(bytes);
}

function madeOf(bytes: Uint8Array): Made {
  const { value, violations } = reading(bytes);
  if (!(value instanceof Map)) throw new Finding('the torrent', 'a dictionary', typeof value);
  const info = (value as BencodedMap).get('info');
  if (!(info instanceof Map)) throw new Finding('the torrent', 'an info dictionary', typeof info);
  return { torrent: value as BencodedMap, info: info as BencodedMap, violations };
}

function reading(bytes: Uint8Array): Reading {
  try {
    return readBencode(bytes);
  } catch (error) {
    if (error instanceof MalformedBencode) throw new Finding('the torrent', 'bencode', error.message);
    throw error;
  }
}

export interface ListedFile {
  readonly path: readonly string[];
  readonly length: number;
  readonly padding: boolean;
}

/** The list of files of version 1; what is no list gives none. */
export function filesOf(info: BencodedMap): readonly ListedFile[] {
  const files = info.get('files');
  if (!Array.isArray(files)) return [];
  return (files as readonly BencodedMap[]).map((file) => ({
    path: texts(file.get('path')),
    length: Number(file.get('length')),
    padding: latin1((file.get('attr') as Uint8Array) ?? new Uint8Array()).includes('p'),
  }));
}

/** UTF-8, of a list of strings. */
export function texts(value: Bencoded | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Bencoded[]).map((each) => Buffer.from(each as Uint8Array).toString());
}

export interface TreeFile {
  readonly path: string;
  readonly length: number;
  readonly root: Uint8Array | undefined;
}

/** The files of a tree of version 2, in its order, by path with slashes. */
export function treeOf(info: BencodedMap): readonly TreeFile[] {
  const files: TreeFile[] = [];
  const walk = (node: BencodedMap, path: readonly string[]): void => {
    for (const [name, each] of node) {
      if (!(each instanceof Map)) continue;
      if (name !== '') walk(each as BencodedMap, [...path, Buffer.from(name, 'latin1').toString()]);
      else files.push({ path: path.join('/'), length: Number(each.get('length')), root: each.get('pieces root') });
    }
  };
  const tree = info.get('file tree');
  if (tree instanceof Map) walk(tree as BencodedMap, []);
  return files;
}
