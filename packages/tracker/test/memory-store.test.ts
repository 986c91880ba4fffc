/** The store in memory: what it answers, what it forgets, and what it refuses. */
import { expect, test } from 'vitest';
import { limits, MemoryStore, roles, type StoreAnnounce, type StoreAnswer, type SwarmCounts } from '../src/index.ts';
import { addressOf, announceOf, hashOf, World } from './world.ts';

function ask(store: MemoryStore, announce: StoreAnnounce) {
  let copy: (Omit<StoreAnswer, 'peers' | 'peers6'> & { peers: string[]; peers6: string[] }) | undefined;
  store.announce(announce, (answer) => {
    if (answer.type === 'failed') throw new Error(answer.reason);
    copy = { ...answer, peers: split(answer.peers, 6), peers6: split(answer.peers6, 18) };
  });
  return copy!;
}

function split(bytes: Uint8Array, size: number): string[] {
  return Array.from({ length: bytes.length / size }, (_, i) => hex(bytes.subarray(i * size, (i + 1) * size)));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const name = (peer: number, length: 6 | 18 = 6): string => hex(addressOf(peer, length));

function scrape(store: MemoryStore, torrent: number): SwarmCounts {
  let counts: SwarmCounts | undefined;
  store.scrape(hashOf(torrent), 1, (answer) => {
    if ('type' in answer) throw new Error(answer.reason);
    counts = answer[0];
  });
  return counts!;
}

test('BEP 3, trackers: peers find each other, and nobody finds himself', () => {
  const store = new MemoryStore(new World());
  expect(ask(store, announceOf(1, 1))).toMatchObject({ leechers: 1, seeders: 0, peers: [] });
  expect(ask(store, announceOf(1, 2))).toMatchObject({ leechers: 2, peers: [name(1)] });
  expect(ask(store, announceOf(2, 3))).toMatchObject({ leechers: 1, peers: [] });
});

test('seeders are not given to seeders', () => {
  const store = new MemoryStore(new World());
  ask(store, announceOf(1, 1, { role: roles.seeder }));
  ask(store, announceOf(1, 2));
  expect(ask(store, announceOf(1, 3, { role: roles.seeder })).peers).toEqual([name(2)]);
  expect(ask(store, announceOf(1, 4)).peers.sort()).toEqual([1, 2, 3].map((peer) => name(peer)));
});

test('BEP 21, paused: who chose to download no more is told of those that download, and counted apart', () => {
  const store = new MemoryStore(new World());
  ask(store, announceOf(1, 1, { role: roles.seeder }));
  ask(store, announceOf(1, 2));
  expect(ask(store, announceOf(1, 3, { role: roles.paused }))).toMatchObject({
    leechers: 1,
    paused: 1,
    peers: [name(2)],
  });
  expect(ask(store, announceOf(1, 2)).peers.sort()).toEqual([name(1), name(3)]);
});

test('BEP 3, trackers: a completed download is counted once, a stopped peer is gone at once', () => {
  const store = new MemoryStore(new World());
  ask(store, announceOf(1, 1));
  ask(store, announceOf(1, 1, { role: roles.seeder, completed: true }));
  ask(store, announceOf(1, 1, { role: roles.seeder, completed: true }));
  expect(scrape(store, 1)).toEqual({ seeders: 1, leechers: 0, paused: 0, completed: 1 });
  expect(ask(store, announceOf(1, 1, { role: roles.gone })).peers).toEqual([]);
  expect(scrape(store, 1)).toMatchObject({ seeders: 0, leechers: 0 });
  expect(store.totals()).toMatchObject({ seeders: 0, leechers: 0 });
});

test('BEP 7, peers6: the families are kept apart, and both are told where both can be', () => {
  const store = new MemoryStore(new World());
  ask(store, announceOf(1, 1));
  ask(store, announceOf(1, 2, { address: addressOf(2, 18) }));
  expect(ask(store, announceOf(1, 3))).toMatchObject({ peers: [name(1)], peers6: [] });
  const both = ask(store, announceOf(1, 4, { address: addressOf(4, 18), bothFamilies: true }));
  expect(both.peers.sort()).toEqual([name(1), name(3)]);
  expect(both.peers6).toEqual([name(2, 18)]);
});

test('BEP 7, peers6: both families together are no more than was asked for', () => {
  const store = new MemoryStore(new World());
  for (let peer = 1; peer <= 30; peer++) ask(store, announceOf(1, peer));
  for (let peer = 1; peer <= 30; peer++) ask(store, announceOf(1, peer, { address: addressOf(peer, 18) }));
  for (const length of [6, 18] as const) {
    const answer = ask(store, announceOf(1, 99, { address: addressOf(99, length), bothFamilies: true, want: 40 }));
    expect(answer.peers.length + answer.peers6.length).toBe(40);
  }
});

test('the choice is fair: everyone is named about as often, nobody twice in one answer', () => {
  const store = new MemoryStore(new World());
  for (let peer = 1; peer <= 150; peer++) ask(store, announceOf(1, peer, peer % 3 === 0 ? { role: roles.seeder } : {}));
  const named = new Map<string, number>();
  for (let round = 0; round < 3000; round++) {
    const { peers } = ask(store, announceOf(1, 1, { want: 20 }));
    expect(new Set(peers).size).toBe(peers.length);
    for (const peer of peers) named.set(peer, (named.get(peer) ?? 0) + 1);
  }
  expect(named.size).toBe(149);
  for (const times of named.values()) expect(Math.abs(times - 400)).toBeLessThan(120);
});

test('peers are forgotten when they are silent, others stay, and swarms go with their last peer', () => {
  const world = new World();
  const store = new MemoryStore(world, { lifeMs: 48_000 });
  for (let peer = 1; peer <= 100; peer++) ask(store, announceOf(1, peer));
  ask(store, announceOf(2, 1));
  world.time = 40_000;
  for (let peer = 1; peer <= 30; peer++) ask(store, announceOf(1, peer));
  world.time = 48_000;
  expect(scrape(store, 1).leechers).toBe(100);
  world.time = 50_000;
  expect(scrape(store, 1).leechers).toBe(30);
  expect(store.totals().swarms).toBe(1);
  world.time = 1_000_000;
  expect(store.totals()).toEqual({ swarms: 0, seeders: 0, leechers: 0 });
  expect(ask(store, announceOf(1, 1))).toMatchObject({ leechers: 1, peers: [] });
});

test('a peer that says that it has no port is answered and not listed', () => {
  const store = new MemoryStore(new World());
  ask(store, announceOf(1, 1));
  expect(ask(store, announceOf(1, 2, { listed: false }))).toMatchObject({ leechers: 1, peers: [name(1)], full: false });
  expect(ask(store, announceOf(9, 2, { listed: false }))).toMatchObject({ leechers: 0 });
  expect(store.totals().swarms).toBe(1);
});

test('a million info-hashes from one address: its share is recorded, everybody is answered, others still come in', () => {
  const store = new MemoryStore(new World(), { peersPerAddress: 1000 });
  let refused = 0;
  const announce = { ...announceOf(0, 1), infoHash: new Uint8Array(20) };
  const number = new DataView(announce.infoHash.buffer);
  for (let torrent = 0; torrent < 1_000_000; torrent++) {
    number.setUint32(0, torrent);
    store.announce(announce, (answer) => {
      if (answer.type === 'answer' && answer.full) refused++;
    });
  }
  expect(refused).toBe(999_000);
  expect(store.totals()).toEqual({ swarms: 1000, seeders: 0, leechers: 1000 });
  expect(ask(store, announceOf(1, 2)).full).toBe(false);
  expect(ask(store, { ...announceOf(1, 1), infoHash: new Uint8Array(20) }).full).toBe(false); // it is listed already
});

test('the store as a whole has limits, and room again when peers have gone', () => {
  const world = new World();
  const store = new MemoryStore(world, { peers: 10, swarms: 3, lifeMs: 48_000 });
  for (let peer = 1; peer <= 10; peer++) expect(ask(store, announceOf(peer % 3, peer)).full).toBe(false);
  expect(ask(store, announceOf(1, 11)).full).toBe(true);
  expect(ask(store, announceOf(7, 11))).toMatchObject({ full: true, leechers: 0 });
  ask(store, announceOf(1, 1, { role: roles.gone }));
  expect(ask(store, announceOf(1, 11)).full).toBe(false);
  world.time = 60_000;
  expect(ask(store, announceOf(7, 11)).full).toBe(false);
});

test('numwant: nobody gets more than the limit', () => {
  const store = new MemoryStore(new World());
  for (let peer = 1; peer <= 300; peer++) ask(store, announceOf(1, peer));
  expect(ask(store, announceOf(1, 999, { want: 100_000 })).peers).toHaveLength(limits.numWant);
  expect(ask(store, announceOf(1, 999, { want: 0 })).peers).toEqual([]);
});
