/** The store in memory against a plain model of it: any course of announces, with time passing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryStore, type Role, roles, type SwarmCounts } from '../src/index.ts';
import { addressOf, announceOf, hashOf, World } from './world.ts';

interface Known {
  role: Role;
  since: number;
}

const LIFE = 48;
const step = fc.record({
  torrent: fc.nat(1),
  peer: fc.nat(60),
  v6: fc.boolean(),
  role: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Role>(roles.leecher) },
    { weight: 3, arbitrary: fc.constantFrom<Role>(roles.paused, roles.seeder, roles.gone) },
  ),
  // Rarely, so that lists become long enough to be indexed.
  pass: fc.oneof({ weight: 60, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(1, 7, 30) }),
  want: fc.constantFrom(0, 5, 100),
});

test('counts and peers are those of the model, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 600, size: 'max' }), (steps) => {
      const world = new World();
      const store = new MemoryStore(world, { lifeMs: LIFE });
      const model = new Map<number, Map<string, Known>>();
      for (const { torrent, peer, v6, role, pass, want } of steps) {
        world.time += pass;
        const swarm = model.get(torrent) ?? new Map<string, Known>();
        model.set(torrent, swarm);
        for (const [key, { since }] of swarm) if (world.time - since > LIFE) swarm.delete(key);
        const address = addressOf(peer, v6 ? 18 : 6);
        const key = Buffer.from(address).toString('hex');
        if (role === roles.gone) swarm.delete(key);
        else swarm.set(key, { role, since: world.time });
        const others = [...swarm].filter(
          ([other, known]) =>
            other !== key &&
            other.length === key.length &&
            (role === roles.leecher || (role !== roles.gone && known.role === roles.leecher)),
        );
        store.announce(announceOf(torrent, peer, { address, role, want }), (answer) => {
          if (answer.type === 'failed') throw new Error(answer.reason);
          const bytes = v6 ? answer.peers6 : answer.peers;
          const found = Array.from({ length: bytes.length / address.length }, (_, i) =>
            Buffer.from(bytes.subarray(i * address.length, (i + 1) * address.length)).toString('hex'),
          );
          expect(countsOf(answer)).toEqual(modelCounts(swarm));
          expect(new Set(found).size).toBe(found.length);
          const names = new Set(others.map(([other]) => other));
          for (const one of found) expect(names.has(one)).toBe(true);
          expect(found.length).toBe(Math.min(want, names.size));
        });
      }
      for (const [torrent, swarm] of model) {
        for (const [key, { since }] of swarm) if (world.time - since > LIFE) swarm.delete(key);
        store.scrape(hashOf(torrent), 1, (counts) => {
          if ('type' in counts) throw new Error(counts.reason);
          expect(countsOf(counts[0]!)).toEqual(modelCounts(swarm));
        });
      }
      world.time += 1000;
      expect(store.totals()).toEqual({ swarms: 0, seeders: 0, leechers: 0 });
    }),
    { numRuns: 25 },
  );
});

function countsOf({ seeders, leechers, paused }: SwarmCounts) {
  return { seeders, leechers, paused };
}

function modelCounts(swarm: ReadonlyMap<string, Known>) {
  const count = (role: Role) => [...swarm.values()].filter((known) => known.role === role).length;
  return { seeders: count(roles.seeder), leechers: count(roles.leecher), paused: count(roles.paused) };
}
