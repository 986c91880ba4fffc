import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PieceSpace } from '../src/piece-space.ts';

const lengths = fc.array(fc.oneof(fc.constant(0), fc.nat(50)), { minLength: 1, maxLength: 12 });

test('spans cover a range byte by byte, each in its file, none of them empty (BEP 3, files)', () => {
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 40 }), (sizes, pieceLength) => {
      const space = new PieceSpace(
        pieceLength,
        sizes.map((length, index) => ({ path: [`${index}`], length })),
      );
      const owners = sizes.flatMap((length, file) => Array.from({ length }, (_, at) => `${file}:${at}`));
      const found: string[] = [];
      for (let piece = 0; piece < space.pieces; piece++) {
        for (const { file, at, length } of space.spans(piece * pieceLength, space.lengthOf(piece))) {
          expect(length).toBeGreaterThan(0);
          for (let i = 0; i < length; i++) found.push(`${file}:${at + i}`);
        }
      }
      expect(found).toEqual(owners);
    }),
  );
});
