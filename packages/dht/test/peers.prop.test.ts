/** Stored peers and the index of hashes beside plain maps. */
import { toHex } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HashIndex } from '../src/hash-index.ts';
import { limits, Peers } from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

const hash = (n: number) => Uint8Array.from({ length: 20 }, (_, i) => (n * (i + 1)) & 255);

test('the index finds what is in it and nothing else, and draws only from it', () => {
  const step = fc.record({ add: fc.boolean(), key: fc.nat(60) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), fc.nat(), (steps, seed) => {
      const index = new HashIndex(new MemoryNetwork(seed).environment);
      const model = new Map<number, number>();
      for (const { add, key } of steps) {
        expect(index.find(hash(key))).toBe(model.get(key) ?? -1);
        if (add && !model.has(key)) model.set(key, index.add(hash(key)));
        else if (!add && model.has(key)) {
          index.remove(model.get(key)!);
          model.delete(key);
        }
      }
      expect(index.size).toBe(model.size);
      expect(new Set(model.values()).size).toBe(model.size);
      const drawn = toHex(index.sample(model.size)).match(/.{40}/g) ?? [];
      expect([...drawn].sort()).toEqual([...model.keys()].map((key) => toHex(hash(key))).sort());
    }),
  );
});

test('peers are those of a map of maps, in any order of announces and expiry', () => {
  const step = fc.record({
    torrent: fc.nat(5),
    peer: fc.nat(12),
    port: fc.integer({ min: 1, max: 65_535 }),
    wait: fc.nat(600_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const peers = new Peers(4, new MemoryNetwork(1).environment);
      const model = new Map<string, { text: string; at: number }>();
      let now = 0;
      for (const { torrent, peer, port, wait } of steps) {
        now += wait;
        peers.announce(hash(torrent), Uint8Array.of(10, 0, 0, peer), port, false, now);
        const text = `0a0000${peer.toString(16).padStart(2, '0')}${port.toString(16).padStart(4, '0')}`;
        model.set(`${torrent} ${peer}`, { text, at: now });
        peers.expire(now);
        for (const [key, { at }] of model) if (now - at >= limits.peerMs) model.delete(key);
      }
      for (let torrent = 0; torrent <= 5; torrent++) {
        const expected = [...model].filter(([key]) => key.startsWith(`${torrent} `)).map(([, { text }]) => text);
        expect(peers.values(hash(torrent), 100).map(toHex).sort()).toEqual(expected.sort());
      }
      expect(peers.size).toBe(model.size);
    }),
  );
});

test('finding a hash does not get slower with their number, even if all begin alike', () => {
  const alike = (n: number) => Uint8Array.from({ length: 20 }, (_, i) => (i < 16 ? 7 : (n >> (8 * (i - 16))) & 255));
  const probes = (size: number) => {
    const index = new HashIndex(new MemoryNetwork(5).environment);
    for (let i = 0; i < size; i++) index.add(alike(i));
    const start = performance.now();
    for (let i = 0; i < 20_000; i++) index.find(alike(i));
    return performance.now() - start;
  };
  probes(1_000);
  // Linear search would take a hundred times as long.
  expect(probes(100_000)).toBeLessThan(30 * Math.max(probes(1_000), 1));
});
