/** The part of the reference maker that is about version 2 (BEP 52): the tree of files and the layers of their pieces. */
import { latin1, type Writable } from '../../probe/bencode.ts';
import { fileTree, leafLength, sha256 } from '../../probe/files/merkle.ts';
import { sorted } from '../../probe/files/sample-version2.ts';
import type { Order } from '../../target/target.ts';
import type { Has } from './verdict.ts';

/** A file that a torrent is made of. */
export interface Source {
  /** Names below the folder; none for a single file. */
  readonly path: readonly string[];
  readonly data: Uint8Array;
  readonly modifiedMs: number;
}

type Node = Map<string, Writable>;

export function secondVersion(
  sources: readonly Source[],
  order: Order,
  has: Has,
): { readonly tree: Writable; readonly layers: Writable } {
  const tree: Node = new Map();
  const layers = new Map<string, Uint8Array>();
  for (const { path, data } of sources) {
    const { root, layer } = treeOf(data, order.pieceLength, has);
    if (layer.length > 0) layers.set(latin1(root), layer);
    let node = tree;
    for (const name of path.length === 0 ? [order.path.split('/').at(-1)!] : path) node = within(node, name);
    node.set('', data.length === 0 ? { length: 0 } : { length: data.length, 'pieces root': root });
  }
  return { tree, layers: sorted(layers) };
}

function within(node: Node, name: string): Node {
  const key = latin1(Buffer.from(name));
  const known = (node.get(key) as Node | undefined) ?? new Map();
  node.set(key, known);
  return known;
}

function treeOf(data: Uint8Array, pieceLength: number, has: Has): { root: Uint8Array; layer: Uint8Array } {
  const short = (leafLength - (data.length % leafLength)) % leafLength;
  const filled = has('pads-tree-with-data') ? Buffer.concat([data, new Uint8Array(short)]) : data;
  const right = fileTree(has('zero-data-leaves') ? wholeTree(data) : filled, pieceLength);
  if (!has('leaves-as-layer') || right.layer.length === 0) return right;
  const leaves = Array.from({ length: Math.ceil(data.length / leafLength) }, (_, at) =>
    sha256(data.subarray(at * leafLength, (at + 1) * leafLength)),
  );
  return { root: right.root, layer: Buffer.concat(leaves) };
}

/** Blocks of zeros up to a power of two, as if they were part of the file. */
function wholeTree(data: Uint8Array): Uint8Array {
  const blocks = 2 ** Math.ceil(Math.log2(Math.ceil(data.length / leafLength)));
  const length = blocks === Math.ceil(data.length / leafLength) ? data.length : blocks * leafLength;
  return Buffer.concat([data, new Uint8Array(length - data.length)]);
}
