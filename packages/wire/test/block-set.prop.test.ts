import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockSet } from '../src/block-set.ts';

const block = fc.tuple(fc.nat(4), fc.constantFrom(0, 1, 16_384, 0xffffffff), fc.constantFrom(0, 1, 16_384));
const step = fc.tuple(fc.constantFrom('add' as const, 'add' as const, 'delete' as const, 'clear' as const), block);

test('a set of blocks behaves as a set of their names does', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 300 }), (seed, steps) => {
      const set = new BlockSet(seed);
      const model = new Set<string>();
      for (const [what, [piece, begin, length]] of steps) {
        const name = `${piece} ${begin} ${length}`;
        if (what === 'clear') {
          // Rarely, or nothing ever grows.
          if (piece === 0 && begin === 0) {
            set.clear();
            model.clear();
          }
        } else if (what === 'add') {
          expect(set.add(piece, begin, length)).toBe(length > 0 && !model.has(name));
          if (length > 0) model.add(name);
        } else {
          expect(set.delete(piece, begin, length)).toBe(model.delete(name));
        }
        expect(set.size).toBe(model.size);
      }
      expect(
        set
          .list()
          .map(({ piece, begin, length }) => `${piece} ${begin} ${length}`)
          .sort(),
      ).toEqual([...model].sort());
    }),
    { numRuns: 300 },
  );
});

test('thousands of blocks of one piece, as a fast peer has them', () => {
  const set = new BlockSet(42);
  for (let i = 0; i < 4_096; i++) expect(set.add(i >> 6, (i & 63) * 16_384, 16_384)).toBe(true);
  expect(set.size).toBe(4_096);
  for (let i = 4_095; i >= 0; i--) expect(set.delete(i >> 6, (i & 63) * 16_384, 16_384)).toBe(true);
  expect(set.size).toBe(0);
  expect(set.list()).toEqual([]);
});
