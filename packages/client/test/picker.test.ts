import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Picker, type Priority } from '../src/picker.ts';
import { TestEnvironment } from './environment.ts';

const everything = { has: () => true };

function picker(pieces: number): Picker {
  const made = new Picker(new TestEnvironment(), pieces);
  // Past the first random pieces.
  for (let piece = pieces - 4; piece < pieces; piece++) made.setHere(piece, true);
  return made;
}

describe('which piece next', () => {
  test('the rarest first', () => {
    const made = picker(10);
    for (const piece of [0, 1, 3, 4, 5]) made.available(piece, 1);
    expect(made.choose(everything)).toBe(2);
  });

  test('only what the source has', () => {
    const made = picker(10);
    made.available(5, 1);
    expect(made.choose({ has: (piece) => piece === 5 })).toBe(5);
    expect(made.choose({ has: () => false })).toBe(-1);
  });

  test('higher priority before rarity', () => {
    const made = picker(10);
    made.available(3, 1);
    made.setPriority(3, 3);
    expect(made.choose(everything)).toBe(3);
  });

  test('urgent before everything, the earliest deadline first', () => {
    const made = picker(10);
    made.setPriority(3, 3);
    made.setDeadline(1, 2000);
    made.setDeadline(2, 1000);
    expect(made.choose(everything)).toBe(2);
  });

  test('in order when sequential, also after an earlier piece comes back', () => {
    const made = picker(10);
    made.sequential = true;
    made.setOpen(0, true);
    expect(made.choose(everything)).toBe(1);
    made.setOpen(0, false);
    expect(made.choose(everything)).toBe(0);
  });

  test('the first few at random: not always the rarest', () => {
    const chosen = new Set<number>();
    for (let seed = 0; seed < 50; seed++) {
      const made = new Picker(new TestEnvironment(seed), 10);
      for (let piece = 1; piece < 10; piece++) made.available(piece, 1);
      chosen.add(made.choose(everything));
    }
    expect(chosen.size).toBeGreaterThan(3);
  });
});

test('picker: wanted, here and candidates are counted right through any changes', () => {
  const change = fc.record({
    what: fc.constantFrom('here', 'gone', 'open', 'close', 'priority', 'peer', 'unpeer'),
    piece: fc.nat(9),
    priority: fc.constantFrom<Priority>(0, 1, 2, 3),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
      const made = new Picker(new TestEnvironment(), 10);
      const model = Array.from({ length: 10 }, () => ({ here: false, open: false, priority: 2, peers: 0 }));
      for (const { what, piece, priority } of changes) {
        const entry = model[piece]!;
        if (what === 'here' || what === 'gone') made.setHere(piece, (entry.here = what === 'here'));
        else if (what === 'open' || what === 'close') made.setOpen(piece, (entry.open = what === 'open'));
        else if (what === 'priority') made.setPriority(piece, (entry.priority = priority));
        else if (what === 'peer') {
          entry.peers++;
          made.available(piece, 1);
        } else if (entry.peers > 0) {
          entry.peers--;
          made.available(piece, -1);
        }
        const candidates = model.filter((one) => one.priority > 0 && !one.here && !one.open);
        expect(made.candidates).toBe(candidates.length);
        expect(made.wantedCount).toBe(model.filter((one) => one.priority > 0 && !one.here).length);
        expect(made.hereCount).toBe(model.filter((one) => one.here).length);
        expect(made.bits().count).toBe(made.hereCount);
        expect(made.availability(piece)).toBe(entry.peers);
        const next = made.choose(everything);
        if (candidates.length === 0) expect(next).toBe(-1);
        else expect(candidates).toContain(model[next]);
        if (made.hereCount >= 4 && next !== -1) {
          const best = Math.max(...candidates.map((one) => one.priority));
          const rarest = Math.min(...candidates.filter((one) => one.priority === best).map((one) => one.peers));
          expect(model[next]).toMatchObject({ priority: best, peers: rarest });
        }
      }
    }),
  );
});
