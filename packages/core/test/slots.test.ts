/** Released cells are kept to be used again, as long as the budget has room for them. */
import { expect, test } from 'vitest';
import { MemoryBudget, Slots } from '../src/index.ts';

test('a released cell is used again: no new memory is made', () => {
  const slots = new Slots(100, new MemoryBudget(300));
  const slot = slots.take()!;
  const cell = slots.bytes(slot);
  slots.release(slot);
  expect(slots.keptCount).toBe(1);
  expect(slots.bytes(slots.take()!)).toBe(cell);
  expect(slots.keptCount).toBe(0);
});

test('kept cells count as free, and make way when another pool needs the room', () => {
  const budget = new MemoryBudget(300);
  const small = new Slots(100, budget);
  const large = new Slots(300, budget);
  for (const slot of [small.take()!, small.take()!, small.take()!]) small.release(slot);
  expect([budget.used, small.keptCount]).toEqual([0, 3]);
  expect(large.take()).toBeDefined();
  expect([budget.used, small.keptCount]).toEqual([300, 0]);
  expect(small.take()).toBeUndefined();
});

test('cells that are taken and kept never exceed the budget together', () => {
  const budget = new MemoryBudget(1000);
  const pools = [new Slots(100, budget), new Slots(150, budget), new Slots(400, budget)];
  for (let round = 0; round < 200; round++) {
    const pool = pools[(round * 7) % 3]!;
    const taken = [pool.take(), pool.take()].filter((slot) => slot !== undefined);
    const kept = pools.reduce((sum, one) => sum + one.keptCount * one.slotLength, 0);
    expect(budget.used + kept).toBeLessThanOrEqual(1000);
    for (const slot of taken) pool.release(slot);
  }
  expect(budget.used).toBe(0);
});
