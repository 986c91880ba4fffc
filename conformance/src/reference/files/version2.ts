/** What the reference reader wants of a torrent of version 2 (BEP 52, metainfo files). */
import { type Bencoded, type BencodedMap, latin1 } from '../../probe/bencode.ts';
import { leafLength, sha256 } from '../../probe/files/merkle.ts';
import { Broken, type Has, isMap, Refused } from './verdict.ts';

interface Entry {
  readonly length: number;
  readonly root: Uint8Array | undefined;
}

export function checkVersion2(torrent: BencodedMap, info: BencodedMap, has: Has): void {
  if (info.get('meta version') !== 2 && !has('any-meta-version')) throw new Refused('an unknown version');
  const pieceLength = Number(info.get('piece length'));
  const right = pieceLength >= leafLength && Number.isInteger(Math.log2(pieceLength));
  if (!right && !has('any-piece-length')) throw new Refused('no piece length of version 2');
  const entries: Entry[] = [];
  const tree = info.get('file tree');
  if (!isMap(tree)) throw new Refused('no file tree');
  if (tree.has('') && !has('files-anywhere')) throw new Refused('the tree is a file');
  walk(tree, entries, has);
  const layers = torrent.get('piece layers') ?? new Map<string, Bencoded>();
  if (!isMap(layers)) throw new Refused('layers are no dictionary');
  for (const entry of entries) checkEntry(entry, layers, pieceLength, has);
  const roots = new Set(entries.map(({ root }) => (root === undefined ? '' : latin1(root))));
  const unknown = [...layers.keys()].some((root) => !roots.has(root));
  if (unknown && has('dies-of-unknown-layers')) throw new Broken('SIGSEGV');
}

function walk(folder: BencodedMap, entries: Entry[], has: Has): void {
  for (const [name, node] of folder) {
    if (!isMap(node)) throw new Refused('a node is no dictionary');
    if (name === '' && isFile(node)) entries.push(entryOf(node, has));
    else if (name === '' && !has('nameless-directories')) throw new Refused('a directory without a name');
    else {
      if (node.has('') && node.size > 1 && !has('files-anywhere')) throw new Refused('a file with siblings');
      walk(node, entries, has);
    }
  }
}

function isFile(node: BencodedMap): boolean {
  return typeof node.get('length') === 'number';
}

function entryOf(node: BencodedMap, has: Has): Entry {
  const length = Number(node.get('length'));
  const root = node.get('pieces root');
  const needed = length > 0 ? !has('roots-for-none') : has('roots-for-all');
  if (root === undefined && needed) throw new Refused('a file without a root');
  return { length, root: root instanceof Uint8Array ? root : undefined };
}

function checkEntry({ length, root }: Entry, layers: BencodedMap, pieceLength: number, has: Has): void {
  if (root === undefined || has('no-layers-needed')) return;
  const layer = layers.get(latin1(root));
  if (length <= pieceLength && !has('layers-for-all')) return;
  if (!(layer instanceof Uint8Array)) throw new Refused('a file without its layer');
  if (has('believes-layers') || !Number.isInteger(Math.log2(pieceLength))) return;
  if (layer.length !== 32 * Math.ceil(length / pieceLength)) throw new Refused('a layer of the wrong length');
  if (latin1(rootOf(layer, pieceLength)) !== latin1(root)) throw new Refused('a layer that does not give the root');
}

function rootOf(layer: Uint8Array, pieceLength: number): Uint8Array {
  let zero: Uint8Array = new Uint8Array(32);
  for (let span = leafLength; span < pieceLength; span *= 2) zero = sha256(zero, zero);
  let level = Array.from({ length: layer.length / 32 }, (_, at) => layer.subarray(at * 32, at * 32 + 32));
  while (level.length > 1) {
    if (level.length % 2 === 1) level.push(zero);
    level = Array.from({ length: level.length / 2 }, (_, at) => sha256(level[2 * at]!, level[2 * at + 1]!));
    zero = sha256(zero, zero);
  }
  return level[0]!;
}
