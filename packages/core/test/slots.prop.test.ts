/** Cells of memory under one budget, as examples and as a property. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryBudget, Slots } from '../src/index.ts';

test('a pool gives as many cells as the budget has room for, and again what was released', () => {
  const budget = new MemoryBudget(350);
  const slots = new Slots(100, budget);
  const taken = [slots.take(), slots.take(), slots.take()];
  expect(new Set(taken).size).toBe(3);
  expect(taken).not.toContain(undefined);
  expect(slots.take()).toBeUndefined();
  expect(budget.used).toBe(300);
  slots.release(taken[1]!);
  expect(slots.take()).toBe(taken[1]);
  expect(slots.take()).toBeUndefined();
});

test('a cell has the length of a piece, keeps its bytes, and is shared memory', () => {
  const slots = new Slots(64, new MemoryBudget(1000));
  const [one, two] = [slots.take()!, slots.take()!];
  slots.bytes(one).fill(1);
  slots.bytes(two).fill(2);
  expect([...new Set(slots.bytes(one))]).toEqual([1]);
  expect(slots.bytes(one).length).toBe(64);
  expect(slots.bytes(one).buffer).toBeInstanceOf(SharedArrayBuffer);
});

test('several pools share one budget', () => {
  const budget = new MemoryBudget(100);
  const small = new Slots(30, budget);
  const large = new Slots(80, budget);
  const slot = small.take()!;
  expect(large.take()).toBeUndefined();
  small.release(slot);
  expect(large.take()).toBeDefined();
  expect(small.take()).toBeUndefined();
});

test('what is not taken cannot be used or released', () => {
  const slots = new Slots(10, new MemoryBudget(100));
  const slot = slots.take()!;
  slots.release(slot);
  for (const wrong of [slot, 99, -1, 0.5]) {
    expect(() => slots.bytes(wrong)).toThrow(RangeError);
    expect(() => slots.release(wrong)).toThrow(RangeError);
  }
});

test('a budget claims all or nothing, and takes back no more than it gave', () => {
  const budget = new MemoryBudget(10);
  expect([budget.claim(7), budget.claim(4), budget.claim(3), budget.claim(0)]).toEqual([true, false, true, true]);
  expect(() => budget.giveBack(11)).toThrow('more memory given back');
  budget.giveBack(10);
  expect(budget.used).toBe(0);
});

test('whatever is taken and released, no cell has two owners and the budget holds', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 100 }), (steps) => {
      const budget = new MemoryBudget(64);
      const slots = new Slots(8, budget);
      const owned: number[] = [];
      for (const step of steps) {
        if (step < 12) {
          const slot = slots.take();
          expect(slot === undefined).toBe(owned.length === 8);
          if (slot !== undefined) {
            expect(owned).not.toContain(slot);
            slots.bytes(slot).fill(slot);
            owned.push(slot);
          }
        } else if (owned.length > 0) slots.release(owned.splice(step % owned.length, 1)[0]!);
        for (const slot of owned) expect(slots.bytes(slot).every((byte) => byte === slot)).toBe(true);
        expect(budget.used).toBe(8 * owned.length);
      }
    }),
  );
});
