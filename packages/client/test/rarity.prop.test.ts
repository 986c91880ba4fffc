import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rarity } from '../src/rarity.ts';

const PIECES = 12;

type Step = {
  readonly what: 'add' | 'remove' | 'increase' | 'decrease';
  readonly piece: number;
  readonly random: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('add', 'remove', 'increase', 'decrease'),
  piece: fc.nat(PIECES - 1),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

test('rarity: after any changes the members are exactly those added, ordered by how many peers have them', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const rarity = new Rarity(new Uint16Array(PIECES));
      const members = new Set<number>();
      const counts = new Array<number>(PIECES).fill(0);
      for (const { what, piece, random } of steps) {
        if (what === 'add') {
          if (members.has(piece)) continue;
          members.add(piece);
          rarity.add(piece, random);
        } else if (what === 'remove') {
          members.delete(piece);
          rarity.remove(piece);
        } else if (what === 'increase') {
          counts[piece]!++;
          rarity.increase(piece);
        } else {
          counts[piece] = Math.max(0, counts[piece]! - 1);
          rarity.decrease(piece);
        }
        const order = Array.from({ length: rarity.size }, (_, position) => rarity.at(position));
        expect(new Set(order)).toEqual(members);
        expect(order.length).toBe(members.size);
        expect([...rarity.counts]).toEqual(counts);
        for (let i = 1; i < order.length; i++) expect(counts[order[i - 1]!]!).toBeLessThanOrEqual(counts[order[i]!]!);
        for (let one = 0; one < PIECES; one++) expect(rarity.has(one)).toBe(members.has(one));
      }
    }),
  );
});
