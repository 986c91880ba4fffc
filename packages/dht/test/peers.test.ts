/** The peers that are kept for others (BEP 5, announce_peer; BEP 33, changed announce accounting; BEP 51). */
import { parseIp, toHex } from '@ferro/core';
import { expect, test } from 'vitest';
import { limits, Peers, ScrapeFilter } from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

const make = (options: { max?: number; maxInSwarm?: number } = {}, family: 4 | 6 = 4) =>
  new Peers(family, new MemoryNetwork(2).environment, options);
const hash = (n: number) => Uint8Array.from({ length: 20 }, (_, i) => (n >> (8 * (i % 4))) & 255);
const ip = (n: number) => Uint8Array.of(10, n >> 16, n >> 8, n);

function announce(
  peers: Peers,
  torrent: number,
  peer: number,
  options: { port?: number; seed?: boolean; at?: number } = {},
): void {
  peers.announce(hash(torrent), ip(peer), options.port ?? 6881, options.seed ?? false, options.at ?? 0);
}

const shown = (peers: Peers, torrent: number, count = 100, withoutSeeds = false) =>
  peers.values(hash(torrent), count, withoutSeeds).map(toHex);

test('BEP 5: a peer is kept with its address and port', () => {
  const peers = make();
  announce(peers, 1, 7, { port: 4242 });
  expect(shown(peers, 1)).toEqual(['0a000007' + '1092']);
  expect(shown(peers, 2)).toEqual([]);
});

test('BEP 32: IPv6 peers take 18 bytes', () => {
  const peers = make({}, 6);
  peers.announce(hash(1), parseIp('2001:db8::7')!, 80, false, 0);
  expect(shown(peers, 1)).toEqual(['20010db8000000000000000000000007' + '0050']);
});

test('BEP 33: torrent and address are unique, port and seed status are renewed', () => {
  const peers = make();
  for (const port of [1, 2, 3]) announce(peers, 1, 7, { port, seed: port === 3 });
  expect(shown(peers, 1)).toEqual(['0a0000070003']);
  expect(shown(peers, 1, 100, true)).toEqual([]);
  expect([peers.size, peers.torrents]).toEqual([1, 1]);
});

test('BEP 33: noseed leaves out those who have everything', () => {
  const peers = make();
  for (let i = 0; i < 10; i++) announce(peers, 1, i, { seed: i % 2 === 0 });
  expect(shown(peers, 1)).toHaveLength(10);
  expect(shown(peers, 1, 100, true)).toHaveLength(5);
});

test('BEP 33: a scrape counts seeds and others apart', () => {
  const peers = make();
  for (let i = 0; i < 150; i++) announce(peers, 1, i, { seed: i < 50 });
  const [seeds, others] = [new ScrapeFilter(), new ScrapeFilter()];
  expect(peers.scrape(hash(1), seeds, others)).toBe(true);
  expect(Math.abs(seeds.estimate - 50)).toBeLessThan(4);
  expect(Math.abs(others.estimate - 100)).toBeLessThan(6);
  expect(seeds.has('10.0.0.7')).toBe(true);
  expect(peers.scrape(hash(2), seeds, others)).toBe(false);
});

test('answers take turns, so that every peer is shown to somebody', () => {
  const peers = make();
  for (let i = 0; i < 100; i++) announce(peers, 1, i);
  const seen = new Set(Array.from({ length: 10 }, () => shown(peers, 1, 10)).flat());
  expect(seen.size).toBe(100);
});

test('a peer that does not announce again is forgotten, and its torrent with it', () => {
  const peers = make();
  announce(peers, 1, 1);
  announce(peers, 2, 2);
  announce(peers, 2, 3, { at: 60_000 });
  announce(peers, 1, 1, { at: 120_000 });
  peers.expire(limits.peerMs);
  expect([shown(peers, 1).length, shown(peers, 2).length]).toEqual([1, 1]);
  peers.expire(limits.peerMs + 60_000);
  expect([peers.size, peers.torrents]).toEqual([1, 1]);
  peers.expire(limits.peerMs + 120_000);
  expect([peers.size, peers.torrents]).toEqual([0, 0]);
});

test('when there is no room the peer announced longest ago goes', () => {
  const peers = make({ max: 100 });
  for (let i = 0; i < 250; i++) announce(peers, i % 7, i, { at: i });
  expect(peers.size).toBe(100);
  const kept = Array.from({ length: 7 }, (_, torrent) => shown(peers, torrent)).flat();
  expect(kept).toHaveLength(100);
  expect(kept).toContain('0a0000961ae1');
  expect(kept).not.toContain('0a0000951ae1');
});

test('one torrent has at most so many peers', () => {
  const peers = make({ maxInSwarm: 50 });
  for (let i = 0; i < 200; i++) announce(peers, 1, i);
  expect([peers.size, shown(peers, 1, 500).length]).toEqual([50, 50]);
  expect(shown(peers, 1, 500)).toContain('0a0000c71ae1');
});

test('a torrent with a single place is not lost when its peer makes room for another', () => {
  const peers = make({ max: 1 });
  announce(peers, 1, 1);
  announce(peers, 1, 2);
  expect(shown(peers, 1)).toEqual(['0a0000021ae1']);
});

test('BEP 51: a sample has different info-hashes, and not always the same', () => {
  const peers = make();
  for (let i = 0; i < 500; i++) announce(peers, i, i);
  const samples = Array.from({ length: 5 }, () => toHex(peers.sample(20)));
  expect(new Set(samples).size).toBe(5);
  for (const sample of samples) expect(new Set(sample.match(/.{40}/g)).size).toBe(20);
  expect(peers.sample(1_000)).toHaveLength(500 * 20);
});

test('100,000 peers fit into 40 MiB, in one torrent each or all in a few', () => {
  for (const torrents of [100_000, 1_000]) {
    const peers = make();
    for (let i = 0; i < 100_000; i++) announce(peers, i % torrents, i);
    expect(peers.size).toBe(100_000);
    expect(peers.byteLength).toBeLessThan(16 * 1024 * 1024);
  }
});
