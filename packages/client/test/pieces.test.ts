import { MemoryBudget, Slots } from '@ferro/core';
import { expect, test } from 'vitest';
import { BLOCK_LENGTH, Pieces } from '../src/pieces.ts';

/** How a host copies. */
const memory = { copy: (from: Uint8Array, into: Uint8Array, at: number) => into.set(from, at) };

const LENGTH = 3 * BLOCK_LENGTH - 100;

function pieces(budget = 4 * LENGTH): Pieces {
  return new Pieces(new Slots(LENGTH, new MemoryBudget(budget)), { lengthOf: () => LENGTH });
}

const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

test('a piece is whole when its last block is', () => {
  const piece = pieces().start(7, 1)!;
  expect([piece.takeFree(), piece.takeFree(), piece.takeFree(), piece.takeFree()]).toEqual([0, 1, 2, -1]);
  expect(piece.write(memory, 1, 0, BLOCK_LENGTH, 0, filled(BLOCK_LENGTH, 1))).toBe('block');
  expect(piece.write(memory, 1, 2 * BLOCK_LENGTH, BLOCK_LENGTH - 100, 0, filled(BLOCK_LENGTH - 100, 3))).toBe('block');
  expect(piece.write(memory, 1, BLOCK_LENGTH, BLOCK_LENGTH, 0, filled(10, 2))).toBe('fragment');
  expect(piece.write(memory, 1, BLOCK_LENGTH, BLOCK_LENGTH, 10, filled(BLOCK_LENGTH - 10, 2))).toBe('piece');
  expect([piece.bytes[0], piece.bytes[BLOCK_LENGTH], piece.bytes[LENGTH - 1]]).toEqual([1, 2, 3]);
});

test('a block has one writer: the same block from another peer changes nothing', () => {
  const piece = pieces().start(7, 1)!;
  expect(piece.write(memory, 1, 0, BLOCK_LENGTH, 0, filled(100, 1))).toBe('fragment');
  expect(piece.write(memory, 2, 0, BLOCK_LENGTH, 0, filled(BLOCK_LENGTH, 2))).toBe('ignored');
  expect(piece.write(memory, 2, 0, BLOCK_LENGTH, 100, filled(BLOCK_LENGTH - 100, 2))).toBe('ignored');
  expect(piece.write(memory, 1, 0, BLOCK_LENGTH, 100, filled(BLOCK_LENGTH - 100, 1))).toBe('block');
  expect(piece.write(memory, 2, 0, BLOCK_LENGTH, 0, filled(BLOCK_LENGTH, 2))).toBe('ignored');
  expect(piece.bytes[0]).toBe(1);
});

test('when the writer is gone, somebody else may begin the block again', () => {
  const piece = pieces().start(7, 1)!;
  const block = piece.takeFree();
  piece.write(memory, 1, 0, BLOCK_LENGTH, 0, filled(100, 1));
  piece.giveUp(block, 1);
  expect(piece.free).toBe(3);
  expect(piece.write(memory, 2, 0, BLOCK_LENGTH, 0, filled(BLOCK_LENGTH, 2))).toBe('block');
});

test('a block of the wrong length is ignored', () => {
  const piece = pieces().start(7, 1)!;
  expect(piece.write(memory, 1, 0, 100, 0, filled(100, 1))).toBe('ignored');
  expect(piece.write(memory, 1, 16, BLOCK_LENGTH, 0, filled(BLOCK_LENGTH, 1))).toBe('ignored');
});

test('a block that two peers were asked for is free only when both gave up', () => {
  const piece = pieces().start(7, 1)!;
  const block = piece.takeFree();
  expect(piece.nextShared(0, 2)).toBe(block);
  piece.askAgain(block);
  expect(piece.nextShared(0, 2)).toBe(-1);
  piece.giveUp(block, 1);
  expect(piece.free).toBe(2);
  piece.giveUp(block, 2);
  expect(piece.free).toBe(3);
});

test('no more pieces are open than there is memory for, and a closed one gives its memory back', () => {
  const made = pieces(2 * LENGTH);
  const first = made.start(1, 1)!;
  expect(made.start(2, 1)).toBeDefined();
  expect(made.start(3, 1)).toBeUndefined();
  made.end(first, false);
  expect(made.start(3, 1)).toBeDefined();
  expect([...made.withFree].map((piece) => piece.index)).toEqual([2, 3]);
});

test('after a reset every block is asked for again', () => {
  const piece = pieces().start(7, 1)!;
  for (let block = piece.takeFree(); block !== -1; block = piece.takeFree());
  piece.write(memory, 1, 0, BLOCK_LENGTH, 0, filled(BLOCK_LENGTH, 1));
  piece.reset();
  expect([piece.free, piece.missing, piece.takeFree()]).toEqual([3, 3, 0]);
});
