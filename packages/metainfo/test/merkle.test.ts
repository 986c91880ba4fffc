/** Hash trees (BEP 52, file tree and piece layers): facts computed here a second time, straight from the text, with native hashes. */
import { createHash } from 'node:crypto';
import { toHex } from '@ferro/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  climb,
  fileRoot,
  leafHashes,
  MerkleTree,
  merkleRoot,
  paddingHash,
  pieceLayerOf,
  verifyBlock,
} from '../src/index.ts';
import { someBytes } from './folder.ts';

const BLOCK = 16_384;
const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** All layers from leaves to root, padded to the width of a power of two: no cleverness. */
function layersOf(bytes: Uint8Array): Uint8Array[][] {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK) leaves.push(sha256(bytes.subarray(at, at + BLOCK)));
  while (!Number.isInteger(Math.log2(leaves.length))) leaves.push(new Uint8Array(32));
  const layers = [leaves];
  for (let layer = leaves; layer.length > 1; layers.push(layer)) {
    layer = layer.flatMap((node, i) => (i % 2 === 0 ? [sha256(node, layer[i + 1]!)] : []));
  }
  return layers;
}

const joined = (nodes: readonly Uint8Array[]) => Uint8Array.from(nodes.flatMap((node) => [...node]));

describe('roots', () => {
  test.each([1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK, 5 * BLOCK + 7, 16 * BLOCK])(
    'of %i bytes',
    (length) => {
      const bytes = someBytes(length);
      expect(fileRoot(bytes)).toEqual(layersOf(bytes).at(-1)![0]);
    },
  );

  test('a file of one block has the root that its one block has', () => {
    expect(fileRoot(someBytes(100))).toEqual(sha256(someBytes(100)));
  });

  test('padding is a tree of zeros, not zeros', () => {
    const zero = new Uint8Array(32);
    expect(paddingHash(0)).toEqual(zero);
    expect(paddingHash(2)).toEqual(sha256(sha256(zero, zero), sha256(zero, zero)));
    expect(toHex(paddingHash(1))).toBe('f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b');
  });

  test('a piece layer leads to the root, whatever the length of a piece', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3 }), (blocks, layer) => {
        const bytes = someBytes(blocks * BLOCK - 5);
        const layers = layersOf(bytes);
        fc.pre(layers.length > layer);
        const nodes = layers[layer]!.slice(0, Math.ceil(blocks / 2 ** layer));
        expect(merkleRoot(joined(nodes), layer, layers.length - 1)).toEqual(layers.at(-1)![0]);
        expect(merkleRoot(joined(nodes), layer)).toEqual(layers.at(-1)![0]);
      }),
      { numRuns: 30 },
    );
  });

  test('the layer of a piece', () => {
    expect([BLOCK, 2 * BLOCK, 2 ** 20].map(pieceLayerOf)).toEqual([0, 1, 6]);
  });
});

describe('a block with its proof', () => {
  const bytes = someBytes(5 * BLOCK + 9);
  const layers = layersOf(bytes);
  const root = layers.at(-1)![0]!;
  const proof = (index: number) => joined(layers.slice(0, -1).map((layer, i) => layer[(index >> i) ^ 1]!));
  const block = (index: number) => bytes.subarray(index * BLOCK, (index + 1) * BLOCK);

  test.each([0, 1, 2, 3, 4, 5])('block %i is verified', (index) => {
    expect(verifyBlock(block(index), index, proof(index), root)).toBe(true);
    expect(climb(layers[0]![index]!, index, proof(index))).toEqual(root);
  });

  test('anything else is not', () => {
    expect(verifyBlock(block(1), 0, proof(0), root)).toBe(false);
    expect(verifyBlock(block(0), 1, proof(0), root)).toBe(false);
    expect(verifyBlock(block(0), 0, proof(1), root)).toBe(false);
    expect(verifyBlock(block(0), 0, proof(0).subarray(32), root)).toBe(false);
    expect(
      verifyBlock(
        block(0).map((byte, i) => (i === 77 ? byte ^ 1 : byte)),
        0,
        proof(0),
        root,
      ),
    ).toBe(false);
  });
});

/** A tree that knows everything, as one who has the whole file does. */
function wholeTree(bytes: Uint8Array, pieceLength: number): MerkleTree {
  const layers = layersOf(bytes);
  const tree = new MerkleTree(bytes.length, pieceLength, layers.at(-1)![0]!);
  const blocks = Math.ceil(bytes.length / BLOCK);
  const pieces = Math.ceil(blocks / 2 ** tree.pieceLayer);
  expect(tree.setPieceHashes(joined(layers[tree.pieceLayer]!.slice(0, pieces)))).toBe(true);
  for (let piece = 0; piece < pieces; piece++) {
    const at = piece * 2 ** tree.pieceLayer * BLOCK;
    expect(tree.setLeaves(piece, leafHashes(bytes.subarray(at, at + 2 ** tree.pieceLayer * BLOCK)))).toBe(true);
  }
  return tree;
}

const file = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 0, max: 3 }), fc.boolean());

describe('hash requests (BEP 52, peer messages)', () => {
  test('one who knows the root learns everything from one who knows the file, and checks every block', () => {
    fc.assert(
      fc.property(file, ([blocks, layer, isCut]) => {
        const bytes = someBytes(blocks * BLOCK - (isCut ? 77 : 0));
        const pieceLength = BLOCK * 2 ** layer;
        const from = wholeTree(bytes, pieceLength);
        const to = new MerkleTree(bytes.length, pieceLength, from.root);
        const pieces = Math.ceil(bytes.length / pieceLength);
        for (let piece = 0; piece < pieces; piece++) {
          if (to.node(to.pieceLayer, piece) === undefined) {
            const request = to.pieceHashRequest(piece);
            expect(to.accept(request, from.answer(request)!)).toBe(true);
          }
          expect(to.node(to.pieceLayer, piece)).toEqual(from.node(from.pieceLayer, piece));
          if (to.node(0, piece * 2 ** to.pieceLayer) === undefined) {
            const request = to.leafRequest(piece);
            expect(to.accept(request, from.answer(request)!)).toBe(true);
          }
        }
        expect(to.pieceHashes()).toEqual(from.pieceHashes());
        for (let index = 0; index < blocks; index++) {
          expect(to.verifyBlock(index, bytes.subarray(index * BLOCK, (index + 1) * BLOCK))).toBe(true);
          expect(to.verifyBlock(index, someBytes(BLOCK, 99))).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('an answer is the wanted hashes, then an uncle for each layer that they do not reach themselves', () => {
    const bytes = someBytes(16 * BLOCK);
    const layers = layersOf(bytes);
    const tree = wholeTree(bytes, BLOCK);
    const answer = tree.answer({ baseLayer: 0, index: 4, length: 4, proofLayers: 3 });
    expect(answer).toEqual(joined([...layers[0]!.slice(4, 8), layers[2]![0]!, layers[3]![1]!]));
    expect(tree.answer({ baseLayer: 1, index: 6, length: 2, proofLayers: 0 })).toEqual(joined(layers[1]!.slice(6, 8)));
  });

  test.each([
    ['a length of one', { length: 1 }],
    ['a length that is no power of two', { length: 3 }],
    ['an index that is no multiple of the length', { index: 1 }],
    ['an index beyond the tree', { index: 16 }],
    ['a negative index', { index: -2 }],
    ['a layer beyond the root', { baseLayer: 4 }],
    ['proof beyond the root', { proofLayers: 4 }],
    ['more hashes than the layer has', { length: 32 }],
  ])('%s is rejected', (_, change) => {
    const tree = wholeTree(someBytes(16 * BLOCK), BLOCK);
    const request = { baseLayer: 0, index: 0, length: 2, proofLayers: 3, ...change };
    expect(tree.answer(request)).toBeUndefined();
    expect(tree.accept(request, new Uint8Array(32 * 5))).toBe(false);
  });

  test('what is not known is rejected, not made up', () => {
    const bytes = someBytes(8 * BLOCK);
    const tree = new MerkleTree(bytes.length, 2 * BLOCK, fileRoot(bytes));
    expect(tree.answer(tree.pieceHashRequest(0))).toBeUndefined();
    expect(tree.answer(tree.leafRequest(0))).toBeUndefined();
    expect(tree.pieceHashes()).toBeUndefined();
    expect(tree.verifyBlock(0, bytes.subarray(0, BLOCK))).toBeUndefined();
  });

  test('a single wrong bit anywhere in an answer is not accepted, and nothing is learnt from it', () => {
    const bytes = someBytes(13 * BLOCK);
    const from = wholeTree(bytes, 2 * BLOCK);
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 7 }), (place, bit) => {
        const to = new MerkleTree(bytes.length, 2 * BLOCK, from.root);
        const request = to.pieceHashRequest(3);
        const answer = from.answer(request)!.slice();
        answer[place % answer.length]! ^= 1 << bit;
        expect(to.accept(request, answer)).toBe(false);
        expect(to.node(to.pieceLayer, 3)).toBeUndefined();
        expect(to.accept(request, answer.subarray(1))).toBe(false);
      }),
    );
  });

  test('a wrong layer or wrong leaves are not taken', () => {
    const bytes = someBytes(8 * BLOCK);
    const tree = wholeTree(bytes, 2 * BLOCK);
    const hashes = tree.pieceHashes()!.slice();
    hashes[5]! ^= 1;
    const other = new MerkleTree(bytes.length, 2 * BLOCK, tree.root);
    expect(other.setPieceHashes(hashes)).toBe(false);
    expect(other.setPieceHashes(hashes.subarray(32))).toBe(false);
    expect(tree.setLeaves(0, leafHashes(someBytes(2 * BLOCK, 9)))).toBe(false);
    expect(tree.setLeaves(1, leafHashes(bytes.subarray(0, 2 * BLOCK)))).toBe(false);
    tree.dropLeaves(0);
    expect(tree.node(0, 0)).toBeUndefined();
    expect(tree.node(0, 2)).toBeDefined();
  });
});
