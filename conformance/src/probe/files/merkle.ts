/** Hash trees of BEP 52, upgrade path: leaves are SHA-256 of blocks of 16 KiB, and where there is no block the leaf is 32 zero bytes. */
import { createHash } from 'node:crypto';

export const leafLength = 16_384;
export const hashLength = 32;

export interface FileTree {
  readonly root: Uint8Array;
  /** The hashes of the pieces, without those beyond the end; empty for a file of one piece or less. */
  readonly layer: Uint8Array;
}

export function fileTree(data: Uint8Array, pieceLength: number): FileTree {
  const layers = layersOf(data);
  const pieces = Math.ceil(data.length / pieceLength);
  const hashes = data.length > pieceLength ? layers[pieceLayerOf(pieceLength)]!.slice(0, pieces) : [];
  return { root: layers.at(-1)![0]!, layer: new Uint8Array(Buffer.concat(hashes)) };
}

/** All layers of a file's tree, the leaves first, each as wide as the tree is there: padding is written out. */
export type Layers = readonly (readonly Uint8Array[])[];

export function layersOf(data: Uint8Array): Layers {
  let layer = leavesOf(data);
  const width = 2 ** Math.ceil(Math.log2(layer.length));
  while (layer.length < width) layer.push(new Uint8Array(hashLength));
  const layers = [layer];
  while (layer.length > 1) {
    const below = layer;
    layer = Array.from({ length: below.length / 2 }, (_, at) => pair(below[2 * at]!, below[2 * at + 1]!));
    layers.push(layer);
  }
  return layers;
}

/** The layer of which one hash covers a piece. */
export function pieceLayerOf(pieceLength: number): number {
  return Math.log2(pieceLength / leafLength);
}

function leavesOf(data: Uint8Array): Uint8Array[] {
  const count = Math.ceil(data.length / leafLength);
  return Array.from({ length: count }, (_, at) => sha256(data.subarray(at * leafLength, (at + 1) * leafLength)));
}

export function pair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(left, right);
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}
