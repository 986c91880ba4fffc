/** The timeline orders actions and nothing else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timeline } from '../src/timeline.ts';

test('actions come by time, equal times in the order of asking, closed ones not at all', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 60 }), (asked) => {
      const timeline = new Timeline();
      const seen: number[] = [];
      const handles = asked.map(([when], index) => timeline.at(when, () => seen.push(index)));
      for (const [index, [, close]] of asked.entries()) if (close) handles[index]!.close();
      while (timeline.step(Number.POSITIVE_INFINITY));
      const kept = [...asked.keys()].filter((index) => !asked[index]![1]);
      expect(seen).toEqual(kept.sort((a, b) => asked[a]![0] - asked[b]![0] || a - b));
      expect(timeline.pending).toBe(0);
    }),
  );
});

test('time never goes back, and stops at the limit', () => {
  const timeline = new Timeline();
  const times: number[] = [];
  timeline.at(10, () => {
    times.push(timeline.now);
    timeline.at(3, () => times.push(timeline.now));
  });
  timeline.at(20, () => times.push(timeline.now));
  while (timeline.step(15));
  expect(times).toEqual([10, 10]);
  timeline.passTo(15);
  expect(timeline.now).toBe(15);
  expect(() => timeline.passTo(25)).toThrow(RangeError);
  expect(timeline.pending).toBe(1);
});

test('never is not kept, and no number is a mistake', () => {
  const timeline = new Timeline();
  timeline.at(Number.POSITIVE_INFINITY, () => {});
  expect(timeline.pending).toBe(0);
  expect(() => timeline.at(Number.NaN, () => {})).toThrow(RangeError);
});
