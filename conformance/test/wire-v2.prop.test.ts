/** The probe's hash trees and hash messages beside ours (BEP 52, peer messages): the same bytes, the same proofs, the same torrents. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MerkleTree, parseTorrent } from '../../packages/metainfo/src/index.ts';
import { decodeMessage, encodeMessage } from '../../packages/wire/src/index.ts';
import { Raw, writeBencode } from '../src/probe/bencode.ts';
import { fileTree, layersOf, leafLength, pieceLayerOf } from '../src/probe/files/merkle.ts';
import { makeFixture2, sizeOfPiece2 } from '../src/probe/wire/fixture-version2.ts';
import { type HashRange, hashesFor, hashesIn, rangeIn, rangeMessage, reached } from '../src/probe/wire/hashes.ts';
import { ids, readMessage } from '../src/probe/wire/messages.ts';
import { Random } from '../src/random.ts';

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');
const number = fc.integer({ min: 0, max: 0xffff_ffff });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const range = fc.record({ root: hash, base: number, index: number, length: number, proofs: number });

function ours({ root, base, index, length, proofs }: HashRange) {
  return { piecesRoot: root, baseLayer: base, index, length, proofLayers: proofs };
}

describe('the probe agrees with @ferro/wire', () => {
  test('about requests for hashes, and rejects', () => {
    fc.assert(
      fc.property(range, (each) => {
        for (const [type, id] of [
          ['hash-request', ids.hashRequest],
          ['hash-reject', ids.hashReject],
        ] as const) {
          const bytes = new Uint8Array(rangeMessage(id, each));
          expect(hex(encodeMessage({ type, ...ours(each) }))).toBe(hex(bytes));
          expect(decodeMessage(bytes)).toMatchObject({ type, ...ours(each) });
          expect(rangeIn(readMessage(bytes)!.value)).toEqual(each);
        }
      }),
    );
  });

  test('about hashes', () => {
    fc.assert(
      fc.property(range, fc.array(hash, { maxLength: 5 }), (each, hashes) => {
        const bytes = new Uint8Array(rangeMessage(ids.hashes, each, ...hashes));
        const joined = new Uint8Array(Buffer.concat(hashes));
        expect(hex(encodeMessage({ type: 'hashes', ...ours(each), hashes: joined }))).toBe(hex(bytes));
        const read = decodeMessage(bytes) as { readonly hashes: Uint8Array };
        expect(hex(Buffer.concat(hashesIn(readMessage(bytes)!.value)))).toBe(hex(read.hashes));
      }),
    );
  });
});

describe('the probe agrees with @ferro/metainfo', () => {
  const trees = fc.record({
    blocks: fc.integer({ min: 2, max: 40 }),
    pieceBlocks: fc.constantFrom(1, 2, 4),
    isLeaf: fc.boolean(),
    power: fc.integer({ min: 1, max: 4 }),
    place: fc.nat(),
    proofs: fc.nat(6),
  });

  test('about hashes and their proofs', () => {
    fc.assert(
      fc.property(trees, ({ blocks, pieceBlocks, isLeaf, power, place, proofs }) => {
        const pieceLength = pieceBlocks * leafLength;
        const data = new Uint8Array(blocks * leafLength - 7).map((_, at) => (at * 31) & 0xff);
        const layers = layersOf(data);
        const { root, layer } = fileTree(data, pieceLength);
        const base = isLeaf ? 0 : pieceLayerOf(pieceLength);
        const width = layers[base]?.length ?? 0;
        const length = 2 ** power;
        if (width < length || base + proofs >= layers.length - 1 || data.length <= pieceLength) return;
        const wanted = { root, base, index: length * (place % (width / length)), length, proofs };
        const given = hashesFor(layers, wanted);
        const tree = knowing(data, pieceLength, root, layer);
        expect(hex(tree.answer(ours(wanted)))).toBe(hex(Buffer.concat(given)));
        const isWhole = proofs === layers.length - 2 - base || length === width;
        if (isWhole) expect(hex(reached(wanted, given))).toBe(hex(root));
      }),
      { numRuns: 60 },
    );
  });

  test('about whole torrents', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.constantFrom({}, { hybrid: true as const }), (seed, options) => {
        const fixture = makeFixture2(new Random(seed), options);
        const torrent = writeBencode({ ...fixture.keys, info: new Raw(fixture.info) });
        const read = parseTorrent(torrent);
        expect(hex(read.infoHashV2?.subarray(0, 20))).toBe(hex(fixture.infoHash2));
        expect(read.pieceCount).toBe(fixture.pieceCount);
        expect(read.pieceLayers.size).toBe(2);
        expect(sizeOfPiece2(fixture, 7)).toBe(2 * leafLength - 5_001);
      }),
      { numRuns: 10 },
    );
  });
});

/** A tree of ours that knows everything of a file. */
function knowing(data: Uint8Array, pieceLength: number, root: Uint8Array, layer: Uint8Array): MerkleTree {
  const tree = new MerkleTree(data.length, pieceLength, root);
  expect(tree.setPieceHashes(layer)).toBe(true);
  for (let piece = 0; piece * pieceLength < data.length; piece++) {
    const leaves = layersOf(data)[0]!.slice(
      (piece * pieceLength) / leafLength,
      Math.min(((piece + 1) * pieceLength) / leafLength, Math.ceil(data.length / leafLength)),
    );
    if (pieceLength > leafLength) expect(tree.setLeaves(piece, new Uint8Array(Buffer.concat(leaves)))).toBe(true);
  }
  return tree;
}
