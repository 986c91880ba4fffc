/** Many named deadlines, one minimum: the heap against a list that is sorted each time. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deadlines } from '../src/index.ts';

test('the next is the earliest, Infinity when there is none', () => {
  const deadlines = new Deadlines<string>();
  expect(deadlines.next).toBe(Number.POSITIVE_INFINITY);
  deadlines.set('b', 20);
  deadlines.set('a', 10);
  expect([deadlines.next, deadlines.size, deadlines.get('b')]).toEqual([10, 2, 20]);
  deadlines.clear('a');
  deadlines.clear('nobody');
  expect(deadlines.next).toBe(20);
  deadlines.set('b', Number.POSITIVE_INFINITY);
  expect([deadlines.next, deadlines.size, deadlines.get('b')]).toEqual([Number.POSITIVE_INFINITY, 0, undefined]);
});

test('equal times come out in the order in which they were set, moved ones last', () => {
  const deadlines = new Deadlines<number>();
  for (const name of [1, 2, 3, 4]) deadlines.set(name, 5);
  deadlines.set(2, 5);
  const taken = [];
  for (let name = deadlines.takeDue(5); name !== undefined; name = deadlines.takeDue(5)) taken.push(name);
  expect(taken).toEqual([1, 3, 4, 2]);
});

test('nothing is taken before its time', () => {
  const deadlines = new Deadlines<string>();
  deadlines.set('a', 10);
  expect(deadlines.takeDue(9.999)).toBeUndefined();
  expect(deadlines.takeDue(10)).toBe('a');
  expect(deadlines.takeDue(10)).toBeUndefined();
});

type Step =
  | readonly ['set', number, number]
  | readonly ['clear', number]
  | readonly ['take', number]
  | readonly ['all'];

test('after any steps it agrees with a sorted list', () => {
  const name = fc.nat(12);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('set' as const), name, fc.nat(30)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('clear' as const), name) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('take' as const), fc.nat(30)) },
    { weight: 1, arbitrary: fc.constant(['all'] as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const deadlines = new Deadlines<number>();
      let model: { name: number; when: number; order: number }[] = [];
      const without = (gone: number) => model.filter((entry) => entry.name !== gone);
      for (const [order, step] of steps.entries()) {
        if (step[0] === 'set') {
          deadlines.set(step[1], step[2]);
          model = [...without(step[1]), { name: step[1], when: step[2], order }];
        } else if (step[0] === 'clear') {
          deadlines.clear(step[1]);
          model = without(step[1]);
        } else if (step[0] === 'all') {
          deadlines.clearAll();
          model = [];
        } else {
          const due = model
            .filter(({ when }) => when <= step[1])
            .sort((a, b) => a.when - b.when || a.order - b.order)[0];
          expect(deadlines.takeDue(step[1])).toBe(due?.name);
          if (due !== undefined) model = without(due.name);
        }
        expect(deadlines.size).toBe(model.length);
        expect(deadlines.next).toBe(Math.min(...model.map(({ when }) => when)));
      }
    }),
    { numRuns: 300 },
  );
});
