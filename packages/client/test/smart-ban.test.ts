import { MemoryBudget, Slots } from '@ferro/core';
import { expect, test } from 'vitest';
import { BLOCK_LENGTH, OpenPiece } from '../src/pieces.ts';
import { SmartBan } from '../src/smart-ban.ts';

/** How a host copies. */
const memory = { copy: (from: Uint8Array, into: Uint8Array, at: number) => into.set(from, at) };

const slots = new Slots(4 * BLOCK_LENGTH, new MemoryBudget(100 * BLOCK_LENGTH));

/** A whole piece in which peer n sent block n; the named blocks are lies. */
function piece(lies: readonly number[], senders = [1, 2, 3, 4]): OpenPiece {
  const slot = slots.take()!;
  const made = new OpenPiece(5, slot, slots.bytes(slot), 4 * BLOCK_LENGTH, 1);
  senders.forEach((sender, block) => {
    made.write(
      memory,
      sender,
      block * BLOCK_LENGTH,
      BLOCK_LENGTH,
      0,
      new Uint8Array(BLOCK_LENGTH).fill(lies.includes(block) ? 255 : block),
    );
  });
  return made;
}

const name = (key: number) => `peer ${key}`;

test('a corrupt piece from one peer names it at once', () => {
  expect(new SmartBan().corrupt(piece([2], [9, 9, 9, 9]), name)).toEqual({ liar: 'peer 9', suspects: [] });
});

test('of several senders all are suspects, and the good copy names the liar and clears the others', () => {
  const ban = new SmartBan();
  expect(ban.corrupt(piece([2]), name)).toEqual({ suspects: ['peer 1', 'peer 2', 'peer 3', 'peer 4'] });
  expect(ban.good(piece([], [7, 7, 7, 7]))).toEqual({ liars: ['peer 3'], cleared: ['peer 1', 'peer 2', 'peer 4'] });
  expect(ban.good(piece([]))).toEqual({ liars: [], cleared: [] });
});

test('two liars in two rounds are both named', () => {
  const ban = new SmartBan();
  ban.corrupt(piece([0]), name);
  ban.corrupt(piece([1], [5, 6, 7, 8]), name);
  expect(ban.good(piece([], [9, 9, 9, 9])).liars).toEqual(['peer 1', 'peer 6']);
});
