/** Seeded randomness. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../src/index.ts';

const draw = (random: Random, count = 8) => Array.from({ length: count }, () => random.next());

test('one seed gives one sequence, another seed another', () => {
  expect(draw(new Random(1))).toEqual(draw(new Random(1)));
  expect(draw(new Random(1))).toEqual(draw(new Random('1')));
  expect(draw(new Random(1))).not.toEqual(draw(new Random(2)));
});

test('a split depends on its name and not on what was drawn before', () => {
  const drawn = new Random(5);
  draw(drawn, 1000);
  expect(draw(drawn.split('a'))).toEqual(draw(new Random(5).split('a')));
  expect(draw(drawn.split('a'))).not.toEqual(draw(drawn.split('b')));
});

test('numbers stay in their bounds, and all of them come', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 50 }), (seed, below) => {
      const random = new Random(seed);
      const seen = new Set<number>();
      for (let i = 0; i < below * 40; i++) seen.add(random.integer(below));
      expect(Math.min(...seen)).toBe(0);
      expect(Math.max(...seen)).toBe(below - 1);
      expect(seen.size).toBe(below);
    }),
    { numRuns: 50 },
  );
});

test('chance and interval have about the mean that was asked for', () => {
  const random = new Random('means');
  let hits = 0;
  let waited = 0;
  for (let i = 0; i < 20_000; i++) {
    if (random.chance(0.3)) hits++;
    waited += random.interval(50);
  }
  expect(hits / 20_000).toBeCloseTo(0.3, 1);
  expect(waited / 20_000).toBeGreaterThan(48);
  expect(waited / 20_000).toBeLessThan(52);
  expect(random.chance(0)).toBe(false);
  expect(random.chance(1)).toBe(true);
});

test('fill writes every byte of any length, each value about as often', () => {
  const counts = new Array<number>(256).fill(0);
  const bytes = new Uint8Array(100_003);
  new Random(3).fill(bytes);
  for (const byte of bytes) counts[byte]!++;
  expect(Math.min(...counts)).toBeGreaterThan(250);
  expect(Math.max(...counts)).toBeLessThan(550);
  for (let length = 0; length < 9; length++) new Random(3).fill(new Uint8Array(length));
});
