/** The arithmetic of BEP 29's header, checked against a model that counts without end. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, distance, timestampDifference, timestampOf } from '../src/sequence.ts';

test('BEP 29, seq_nr: every pair around the wrap is as far apart as in unbounded numbers', () => {
  for (let from = 0xffe0; from < 0x10020; from++) {
    for (let to = from; to < 0x10040; to++) expect(distance(from & 0xffff, to & 0xffff)).toBe(to - from);
  }
});

test('BEP 29, seq_nr: advance and distance undo each other', () => {
  fc.assert(
    fc.property(fc.nat(0xffff), fc.integer({ min: -65_535, max: 65_535 }), (from, steps) => {
      const to = advance(from, steps);
      expect(to).toBe((((from + steps) % 65_536) + 65_536) % 65_536);
      expect(distance(from, to)).toBe(((steps % 65_536) + 65_536) % 65_536);
    }),
  );
});

test('BEP 29, timestamp_microseconds: differences survive the wrap that comes every 71 minutes', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), fc.nat(3_600_000), (start, later) => {
      const difference = timestampDifference(timestampOf(start + later), timestampOf(start));
      expect(Math.abs(difference - later * 1000)).toBeLessThanOrEqual(2);
    }),
  );
  expect(timestampOf(4_294_967.296)).toBe(0);
  expect(timestampDifference(5, 0xffffffff)).toBe(6);
});
