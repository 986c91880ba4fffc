import { formatAddress } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../src/index.ts';
import { address, Connection, join, peerAt } from './world.ts';

test('BEP 11: whatever comes and goes, every message keeps the rules, and in the end the peer knows who is connected', () => {
  const step = fc.record({
    peer: fc.nat(180),
    joins: fc.boolean(),
    stillThere: fc.boolean(),
    waitMs: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(90_000)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const connection = new Connection();
      const live = new Map<number, { leave(stillThere?: boolean): void }>();
      const known = new Set<string>();
      let lastAt = Number.NEGATIVE_INFINITY;
      const listen = (until: number) => {
        for (const { at, message } of connection.until(until)) {
          const added = message.added.map((peer) => formatAddress(peer.address));
          const dropped = message.dropped.map(formatAddress);
          expect(at - lastAt).toBeGreaterThanOrEqual(60_000);
          expect(added.length).toBeLessThanOrEqual(
            lastAt === Number.NEGATIVE_INFINITY ? limits.addedFirst : limits.added,
          );
          expect(dropped.length).toBeLessThanOrEqual(limits.dropped);
          expect(new Set([...added, ...dropped]).size).toBe(added.length + dropped.length);
          for (const key of dropped) expect(known.delete(key)).toBe(true);
          for (const key of added) expect(known.has(key)).toBe(false);
          for (const key of added) known.add(key);
          lastAt = at;
        }
      };
      for (const { peer, joins, stillThere, waitMs } of steps) {
        if (joins && !live.has(peer)) live.set(peer, join(connection.roster, peerAt(address(peer))));
        else if (!joins) {
          live.get(peer)?.leave(stillThere);
          live.delete(peer);
        }
        listen(connection.clock.time + waitMs);
      }
      listen(connection.clock.time + 20 * 60_000);
      expect([...known].sort()).toEqual([...live.keys()].map((peer) => formatAddress(address(peer))).sort());
    }),
    { numRuns: 60 },
  );
});
