import { sha1, toHex } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PieceHash } from '../src/piece-hash.ts';

const LEAF = 16_384;

test('a piece that comes in parts has the hashes of the piece that comes whole (BEP 3, pieces; BEP 52, merkle roots)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 * LEAF }), fc.nat(5 * LEAF), fc.nat(3), (length, cut, log) => {
      const bytes = new Uint8Array(length).map((_, i) => (i * 31) ^ (i >> 8));
      const inFile = 1 + (cut % length);
      const hashesOf = (partLength: number) => {
        const hashes = new PieceHash(length, inFile, 2 ** log, { sha1: true, merkle: true });
        for (let at = 0; at < length; at += partLength) hashes.update(bytes.subarray(at, at + partLength));
        return [toHex(hashes.sha1!), toHex(hashes.merkle()!)];
      };
      const whole = hashesOf(length);
      expect(whole[0]).toBe(toHex(sha1(bytes)));
      expect(hashesOf(LEAF)).toEqual(whole);
      expect(hashesOf(2 * LEAF)).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});
