import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from '../src/fifo.ts';

test('gives back in the order of pushing, like an array', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (moves) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const [i, push] of moves.entries()) {
        if (push) {
          fifo.push(i);
          model.push(i);
        } else expect(fifo.shift()).toBe(model.shift());
        expect(fifo.length).toBe(model.length);
        expect(fifo.first).toBe(model[0]);
      }
    }),
  );
});

test('holds no more memory than it has items, whatever went through it', () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 100_000; i++) {
    fifo.push(i);
    if (i >= 3) expect(fifo.shift()).toBe(i - 3);
  }
  expect(fifo.length).toBe(3);
});
