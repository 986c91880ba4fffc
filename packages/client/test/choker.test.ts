import { expect, test } from 'vitest';
import { type ChokeCandidate, type ChokeOptions, chooseUnchoked } from '../src/choker.ts';

const options: ChokeOptions = { slots: 2, seeding: false, rotate: false, random: 0, turn: 1000 };

function peer(key: number, change: Partial<ChokeCandidate> = {}): ChokeCandidate {
  return { key, interested: true, rate: 0, snubbed: false, choked: true, sentInTurn: 0, rounds: 1, ...change };
}

test('BEP 3: the peers that give most are unchoked, and one more by chance', () => {
  const peers = [peer(1, { rate: 10 }), peer(2, { rate: 30 }), peer(3, { rate: 20 }), peer(4)];
  const { unchoked, optimistic } = chooseUnchoked(peers, undefined, options);
  expect(unchoked).toEqual(new Set([2, 3, 1]));
  expect(optimistic).toBe(1);
});

test('BEP 3: who is not interested gets no slot', () => {
  const peers = [peer(1, { rate: 90, interested: false }), peer(2)];
  expect(chooseUnchoked(peers, undefined, options).unchoked).toEqual(new Set([2]));
});

test('the optimistic peer stays until its time is over', () => {
  const peers = [peer(1, { rate: 9 }), peer(2, { rate: 8 }), peer(3), peer(4), peer(5)];
  expect(chooseUnchoked(peers, 4, options).optimistic).toBe(4);
  expect(chooseUnchoked(peers, 4, { ...options, rotate: true, random: 0.99 }).optimistic).toBe(5);
});

test('BEP 3, anti-snubbing: who sends nothing has only the optimistic slot', () => {
  const peers = [peer(1, { rate: 50, snubbed: true }), peer(2, { rate: 2 }), peer(3, { rate: 1 })];
  const { unchoked, optimistic } = chooseUnchoked(peers, undefined, options);
  expect([...unchoked].sort()).toEqual([1, 2, 3]);
  expect(optimistic).toBe(1);
});

test('a seed serves by turns: who has had its share makes way for who has waited longest', () => {
  const peers = [
    peer(1, { choked: false, sentInTurn: 1000, rate: 99 }),
    peer(2, { choked: false, sentInTurn: 10 }),
    peer(3, { rounds: 5 }),
    peer(4, { rounds: 9 }),
  ];
  const { unchoked, optimistic } = chooseUnchoked(peers, undefined, { ...options, seeding: true });
  expect(unchoked).toEqual(new Set([2, 4, optimistic]));
  expect(optimistic).toBe(1);
});
