/** The probe's torrent files beside ours (BEP 3, metainfo files; BEP 52): hashes, trees and layers have to be the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileRoot, parseTorrent } from '../../packages/metainfo/src/index.ts';
import { fileTree } from '../src/probe/files/merkle.ts';
import { listing, makeSample } from '../src/probe/files/sample.ts';
import { makeSample2 } from '../src/probe/files/sample-version2.ts';
import { Random } from '../src/random.ts';
import { readTorrent } from '../src/reference/files/reader.ts';

const seed = fc.string({ maxLength: 8 });
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

test('ours reads the samples of version 1, and hashes them alike', () => {
  const files = fc.array(fc.nat(40_000), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(seed, files, (text, lengths) => {
      const random = new Random(text);
      const listed = lengths.map((length, at) => ({ path: ['folder', `file ${at}`], length: length + 1 }));
      for (const sample of [makeSample(random), makeSample(random, { info: listing(random, listed) })]) {
        expect(hex(parseTorrent(sample.bytes).infoHashV1?.bytes)).toBe(sample.infoHash);
      }
    }),
    { numRuns: 50 },
  );
});

test('ours reads the samples of version 2, layers and all, and hashes them alike', () => {
  fc.assert(
    fc.property(seed, fc.constantFrom(16_384, 32_768, 65_536), (text, pieceLength) => {
      const { bytes, infoHash2 } = makeSample2(new Random(text), { pieceLength });
      const read = parseTorrent(bytes);
      expect(hex(read.infoHashV2)).toBe(infoHash2);
      expect(read.pieceLayers.size).toBe(1);
    }),
    { numRuns: 20 },
  );
});

test('both build the same trees', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), (length) => {
      const data = new Uint8Array(length).fill(length & 0xff);
      expect(hex(fileTree(data, 32_768).root)).toBe(hex(fileRoot(data)));
    }),
    { numRuns: 50 },
  );
});

test('of a torrent with a byte changed, what both read has one info-hash', () => {
  fc.assert(
    fc.property(seed, fc.nat(), fc.nat(255), (text, at, byte) => {
      const bytes = makeSample(new Random(text)).bytes.slice();
      bytes[at % bytes.length] = byte;
      const { accepted, output } = readTorrent(bytes, new Set());
      const ours = hashOf(bytes);
      if (accepted && ours !== undefined) expect(JSON.parse(output)).toMatchObject({ infoHash: ours });
    }),
    { numRuns: 1_000 },
  );
});

function hashOf(bytes: Uint8Array): string | undefined {
  try {
    return hex(parseTorrent(bytes).infoHashV1?.bytes);
  } catch {
    return undefined;
  }
}
