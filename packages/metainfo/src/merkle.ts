/**
 * The hash trees of BEP 52 (file tree and piece layers), as functions over strings of hashes: SHA-256, two branches, one leaf
 * for each 16 KiB block of a file. Layer 0 is the leaves. A tree is as wide as a power of two; leaves beyond the file are zero.
 *
 * What is known about one file's tree, and the messages that tell more, are in merkle-tree.ts.
 */
import { concatBytes, equalBytes, sha256, sha256Into } from '@ferro/core';

/** Bytes under one leaf. */
export const BLOCK_LENGTH = 16_384;
export const HASH_LENGTH = 32;

/** How many layers a tree over so many nodes has above them. */
export function layersAbove(nodes: number): number {
  let layers = 0;
  for (let width = 1; width < nodes; width *= 2) layers++;
  return layers;
}

/** The layer of which one hash covers a piece. */
export function pieceLayerOf(pieceLength: number): number {
  return layersAbove(pieceLength / BLOCK_LENGTH);
}

const paddings: Uint8Array[] = [new Uint8Array(HASH_LENGTH)];

/** A node of `layer` that has only zero leaves below it. */
export function paddingHash(layer: number): Uint8Array {
  for (let i = paddings.length; i <= layer; i++) paddings[i] = hashPair(paddings[i - 1]!, paddings[i - 1]!);
  return paddings[layer]!;
}

export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes([left, right]));
}

/** The leaves over `bytes`, which starts at a block: one hash each 16 KiB, the last block as long as it is. */
export function leafHashes(bytes: Uint8Array): Uint8Array {
  const leaves = new Uint8Array(HASH_LENGTH * Math.ceil(bytes.length / BLOCK_LENGTH));
  for (let at = 0, leaf = 0; at < bytes.length; at += BLOCK_LENGTH, leaf += HASH_LENGTH) {
    sha256Into(bytes.subarray(at, at + BLOCK_LENGTH), leaves.subarray(leaf, leaf + HASH_LENGTH));
  }
  return leaves;
}

/**
 * The node of layer `to` above `hashes`, which are its first nodes of layer `from`; the missing ones are padding. Without
 * `to`: the root of the smallest tree that they fit in.
 */
export function merkleRoot(hashes: Uint8Array, from = 0, to?: number): Uint8Array {
  let count = hashes.length / HASH_LENGTH;
  const top = to ?? from + layersAbove(count);
  if (count === 0) return paddingHash(top);
  const nodes = new Uint8Array(hashes.length + HASH_LENGTH);
  nodes.set(hashes);
  for (let layer = from; layer < top; layer++) {
    if (count % 2 === 1) nodes.set(paddingHash(layer), HASH_LENGTH * count++);
    count /= 2;
    for (let i = 0; i < count; i++) {
      const at = HASH_LENGTH * i;
      sha256Into(nodes.subarray(2 * at, 2 * at + 2 * HASH_LENGTH), nodes.subarray(at, at + HASH_LENGTH));
    }
  }
  return nodes.slice(0, HASH_LENGTH);
}

/** The root of a whole file: what its entry in the file tree says. Small files only; a host hashes large ones. */
export function fileRoot(bytes: Uint8Array): Uint8Array {
  return merkleRoot(leafHashes(bytes));
}

/**
 * The node reached from node number `index` of a layer by way of its sibling and then its uncles, 32 bytes each, upwards:
 * the root, if these are a proof.
 */
export function climb(node: Uint8Array, index: number, uncles: Uint8Array): Uint8Array {
  let at = index;
  let reached = node;
  for (let i = 0; i < uncles.length; i += HASH_LENGTH) {
    const uncle = uncles.subarray(i, i + HASH_LENGTH);
    reached = at % 2 === 0 ? hashPair(reached, uncle) : hashPair(uncle, reached);
    at = Math.floor(at / 2);
  }
  return reached;
}

/** Whether `block` is block number `index` of the file with this root, by a proof from leaf to root. */
export function verifyBlock(block: Uint8Array, index: number, proof: Uint8Array, root: Uint8Array): boolean {
  return equalBytes(climb(sha256(block), index, proof), root);
}
