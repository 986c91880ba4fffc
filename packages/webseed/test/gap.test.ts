/** Where a web seed goes on (BEP 19, definition of gaps). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestGap } from '../src/index.ts';

const gapOf = (map: string) => longestGap(map.length, (piece) => map[piece] === 'n');

test('BEP 19, HTTP and FTP optimizations: the start of the biggest gap', () => {
  expect(gapOf('YYnnnnYnnY')).toEqual({ first: 2, end: 6 });
  expect(gapOf('nnYnn')).toEqual({ first: 0, end: 2 });
  expect(gapOf('YYYn')).toEqual({ first: 3, end: 4 });
  expect(gapOf('YYY')).toBeUndefined();
  expect(gapOf('')).toBeUndefined();
});

test('no gap is longer, and all of it is open', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('Y', 'n'), { maxLength: 60 }), (pieces) => {
      const map = pieces.join('');
      const gap = gapOf(map);
      const lengths = map.split(/Y+/).map(({ length }) => length);
      expect((gap?.end ?? 0) - (gap?.first ?? 0)).toBe(Math.max(...lengths));
      if (gap !== undefined) expect(map.slice(gap.first, gap.end)).toMatch(/^n+$/);
    }),
  );
});
