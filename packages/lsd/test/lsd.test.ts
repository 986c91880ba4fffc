import type { Id20 } from '@ferro/core';
import { expect, test } from 'vitest';
import { encodeAnnouncement, GROUPS, Lsd, limits } from '../src/index.ts';
import { Clock, Neighbour, torrent } from './world.ts';

const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);
const hexes = (ids: readonly Id20[]) => ids.map(({ hex }) => Number.parseInt(hex, 16));
const FIVE_MINUTES = 300_000;

test('BEP 14: a torrent is announced soon after it is added, then every five minutes', () => {
  const neighbour = new Neighbour();
  neighbour.add(1);
  const said = neighbour.until(20 * 60_000);
  expect(said.map(({ at }) => at - limits.gatherMs)).toEqual([0, 1, 2, 3].map((time) => time * FIVE_MINUTES));
  expect(said[0]!.said).toMatchObject({ host: '239.192.152.143:6771', port: 6_881, infoHashes: [torrent(1)] });
});

test('BEP 14: torrents added together are announced together, no more than fit into 1400 bytes', () => {
  const neighbour = new Neighbour();
  neighbour.add(...numbers(60));
  const said = neighbour.until(FIVE_MINUTES);
  expect(said.map(({ said: { infoHashes } }) => infoHashes.length)).toEqual([25, 25, 10]);
  for (const { bytes } of said) expect(bytes.length).toBeLessThanOrEqual(1400);
  expect(said.flatMap(({ said: { infoHashes } }) => hexes(infoHashes)).sort((a, b) => a - b)).toEqual(numbers(60));
});

test('BEP 14: never more than one announcement a minute, however torrents come and go', () => {
  const neighbour = new Neighbour();
  let last = Number.NEGATIVE_INFINITY;
  for (let second = 0; second < 1_000; second++) {
    neighbour.add(second % 97);
    if (second % 3 === 0) neighbour.lsd.remove(torrent((second * 7) % 97));
    for (const { at } of neighbour.until(1_000 * second)) {
      expect(at - last).toBeGreaterThanOrEqual(limits.intervalMs);
      last = at;
    }
  }
  expect(last).toBeGreaterThan(900_000);
});

test('BEP 14: more torrents than five minutes can hold take turns', () => {
  const neighbour = new Neighbour();
  neighbour.add(...numbers(250));
  const said = neighbour.until(10 * 60_000 - 1).flatMap(({ said: { infoHashes } }) => hexes(infoHashes));
  expect(said).toHaveLength(250);
  expect(new Set(said).size).toBe(250);
});

test('a torrent that was removed is announced no more, and nothing is due without torrents', () => {
  const neighbour = new Neighbour();
  expect(neighbour.lsd.deadline).toBe(Number.POSITIVE_INFINITY);
  neighbour.add(1, 2);
  neighbour.lsd.remove(torrent(1));
  expect(hexes(neighbour.until(1_000)[0]!.said.infoHashes)).toEqual([2]);
  neighbour.lsd.remove(torrent(2));
  expect(neighbour.lsd.deadline).toBe(Number.POSITIVE_INFINITY);
  expect(neighbour.until(3_600_000)).toEqual([]);
});

test('a torrent that comes back at once does not shorten the minute', () => {
  const neighbour = new Neighbour();
  neighbour.add(1);
  neighbour.until(1_000);
  neighbour.lsd.remove(torrent(1));
  neighbour.add(1);
  expect(neighbour.until(FIVE_MINUTES).map(({ at }) => at)).toEqual([limits.gatherMs + limits.intervalMs]);
});

test('BEP 27: a private torrent is neither announced nor looked for', () => {
  const neighbour = new Neighbour();
  expect(neighbour.lsd.add({ infoHash: torrent(1), isPrivate: true })).toBe(false);
  expect(neighbour.lsd.deadline).toBe(Number.POSITIVE_INFINITY);
  expect(neighbour.hear({})).toEqual([]);
});

test('BEP 14: who announces a torrent of ours is a peer, at the address that it sends from', () => {
  const neighbour = new Neighbour();
  neighbour.add(1, 3);
  const infoHashes = [1, 2, 3].map(torrent);
  expect(neighbour.hear({ infoHashes, port: 7_000, cookie: 'other' })).toEqual([
    { type: 'peer', infoHash: torrent(1), address: { ip: '192.168.1.7', port: 7_000 } },
    { type: 'peer', infoHash: torrent(3), address: { ip: '192.168.1.7', port: 7_000 } },
  ]);
});

test('BEP 14: our own announcement is known by its cookie, another program’s on this machine is not ours', () => {
  const [neighbour, other] = [new Neighbour(7), new Neighbour(8)];
  for (const one of [neighbour, other]) one.add(1);
  const [mine] = neighbour.until(1_000);
  const [theirs] = other.until(1_000);
  const hear = (bytes: Uint8Array) => neighbour.lsd.receive({ bytes, address: { ip: '127.0.0.1', port: 6771 } });
  expect(hear(mine!.bytes)).toEqual([]);
  expect(hear(theirs!.bytes)).toMatchObject([{ type: 'peer', address: { ip: '127.0.0.1', port: 6_881 } }]);
});

test.each(['fe80::1', '0.0.0.0', '239.1.1.1'])('nobody can be reached at %s', (ip) => {
  const neighbour = new Neighbour();
  neighbour.add(1);
  expect(neighbour.hear({}, ip)).toMatchObject([{ type: 'ignored', reason: { code: 'lsd/unreachable' } }]);
});

test('a neighbour that floods is not heard beyond its measure, and keeps nobody else from being heard', () => {
  const neighbour = new Neighbour();
  neighbour.add(1);
  let heard = 0;
  for (let i = 0; i < 10_000; i++) {
    neighbour.clock.time += 10;
    for (const event of neighbour.hear({ port: 1 + i })) if (event.type === 'peer') heard++;
  }
  expect(heard).toBeLessThanOrEqual(limits.announcements + 100_000 / limits.announcementMs);
  expect(neighbour.hear({})).toMatchObject([{ type: 'ignored', reason: { code: 'lsd/too-many' } }]);
  expect(neighbour.hear({}, '192.168.1.8')).toMatchObject([{ type: 'peer' }]);
});

test('only so many neighbours are counted: the one heard least lately is forgotten', () => {
  const neighbour = new Neighbour();
  neighbour.add(1);
  const types = (ip: string) => neighbour.hear({}, ip).map(({ type }) => type);
  for (const _ of numbers(limits.announcements)) types('192.168.1.7');
  expect(types('192.168.1.7')).toEqual(['ignored']);
  for (const host of numbers(limits.neighbours - 1)) types(`10.0.${host >> 8}.${host & 255}`);
  expect(types('192.168.1.7')).toEqual(['ignored']);
  types('10.1.0.1');
  expect(types('192.168.1.7')).toEqual(['peer']);
});

test('a client that announces a hundred torrents one by one is heard', () => {
  const neighbour = new Neighbour();
  neighbour.add(...numbers(100));
  const events = numbers(100).flatMap((number) => neighbour.hear({ infoHashes: [torrent(number)] }));
  expect(events.filter(({ type }) => type === 'peer')).toHaveLength(100);
});

test('only so many torrents are kept, and each once', () => {
  const lsd = new Lsd(new Clock(), { family: 6, port: 1 });
  expect(lsd.group).toEqual(GROUPS[6]);
  const added = numbers(limits.torrents + 5).map((number) => lsd.add({ infoHash: torrent(number), isPrivate: false }));
  expect(added.filter(Boolean)).toHaveLength(limits.torrents);
  expect(lsd.add({ infoHash: torrent(1), isPrivate: false })).toBe(false);
});

test('a port that nobody can connect to is refused', () => {
  for (const port of [0, -1, 65_536, Number.NaN])
    expect(() => new Lsd(new Clock(), { family: 4, port })).toThrow(RangeError);
});

test('two neighbours that start together find each other', () => {
  const [a, b] = [new Neighbour(7), new Neighbour(8)];
  a.add(1, 2);
  b.add(2, 3);
  const [announcement] = a.until(1_000);
  const bytes = announcement!.bytes.slice();
  const events = b.lsd.receive({ bytes, address: { ip: '10.0.0.1', port: 6771 } });
  bytes.fill(0xa5);
  expect(events).toEqual([{ type: 'peer', infoHash: torrent(2), address: { ip: '10.0.0.1', port: 6_881 } }]);
  expect(
    b.lsd.receive({ bytes: encodeAnnouncement({ port: 1, infoHashes: [torrent(9)] }), address: a.lsd.group }),
  ).toHaveLength(1);
});
