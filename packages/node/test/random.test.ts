import { expect, test } from 'vitest';
import { limits } from '../src/limits.ts';
import { RandomBytes } from '../src/random.ts';

test('no portion is given twice, and every byte of it is random, across the ends of the pool', () => {
  const source = new RandomBytes();
  const seen = new Set<string>();
  const everSet = new Uint8Array(7);
  for (let i = 0; i < 3000; i++) {
    const portion = new Uint8Array(7);
    source.fill(portion);
    seen.add(portion.toString());
    for (let j = 0; j < 7; j++) everSet[j]! |= portion[j]!;
  }
  expect(seen.size).toBe(3000);
  expect([...everSet]).toEqual(new Array(7).fill(255));
});

test.each([limits.randomBytes, limits.randomBytes + 1])('%i bytes at once', (length) => {
  const source = new RandomBytes();
  const [one, other] = [new Uint8Array(length), new Uint8Array(length)];
  source.fill(one);
  source.fill(other);
  expect(new Set(one).size).toBeGreaterThan(200);
  expect(one).not.toEqual(other);
});
