import type { SimulatedHost } from '@ferro/sim';
import { expect, test } from 'vitest';
import { Client, type ClientEvent, type Torrent } from '../src/index.ts';
import { makeTorrent, type TestTorrent } from './torrents.ts';
import { give, holds, LyingStorage, world } from './world.ts';

const LISTEN = [{ port: 6881 }];
const HOUR = 3_600_000;
const ip = (i: number) => `10.0.${i >> 8}.${(i & 255) + 1}`;

interface Member {
  readonly host: SimulatedHost;
  readonly client: Client;
  readonly torrent: Torrent;
  readonly events: ClientEvent[];
}

function join(
  host: SimulatedHost,
  torrent: TestTorrent,
  peers: readonly number[],
  options: { readonly liar?: boolean } = {},
): Member {
  const client = new Client(host, {
    listen: LISTEN,
    ...(options.liar === true ? { storage: (layout, slots) => new LyingStorage(layout, slots, host) } : {}),
  });
  const events: ClientEvent[] = [];
  client.subscribe((batch) => void events.push(...batch));
  const added = client.add(torrent.bytes, { path: '/d', peers: peers.map((i) => ({ ip: ip(i), port: 6881 })) });
  return { host, client, torrent: added, events };
}

test('one seed, one leecher: the file arrives, and nothing is downloaded twice', () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 10e6 } });
  const torrent = makeTorrent([3_000_000], 262_144);
  const [a, b] = [sim.host(ip(0)), sim.host(ip(1))];
  give(a, torrent, '/d');
  join(a, torrent, []);
  const leecher = join(b, torrent, [0]);
  sim.run(() => leecher.torrent.state === 'seeding' || sim.now > HOUR);
  expect(holds(b, torrent, '/d')).toBe(true);
  expect(leecher.torrent.stats()).toMatchObject({
    downloaded: 3_000_000,
    wasted: 0,
    done: 3_000_000,
    wanted: 3_000_000,
  });
});

test('many files, many peers, IPv4 and IPv6: everyone finishes', () => {
  const sim = world({ seed: 2, link: { latency: 20, rate: 4e6 } });
  const torrent = makeTorrent([100_000, 0, 700_000, 5, 1_200_000], 65_536);
  const six = (i: number) => `2001:db8::${i + 1}`;
  const hosts = Array.from({ length: 8 }, (_, i) => sim.host({ v4: ip(i), v6: six(i) }));
  give(hosts[0]!, torrent, '/d');
  const members = hosts.map((host, i) => {
    const client = new Client(host, { listen: LISTEN });
    return client.add(torrent.bytes, {
      path: '/d',
      peers: [
        { ip: i % 2 === 0 ? ip(0) : six(0), port: 6881 },
        { ip: ip(1), port: 6881 },
      ],
    });
  });
  sim.run(() => members.every((one) => one.state === 'seeding') || sim.now > HOUR);
  expect(members.map((one) => one.state)).toEqual(members.map(() => 'seeding'));
  for (const host of hosts) expect(holds(host, torrent, '/d')).toBe(true);
});

test('three poisoners of twenty: all are banned, nobody honest is, everyone finishes', () => {
  const sim = world({ seed: 3, link: { latency: 15, rate: 3e6, loss: 0.005 } });
  const torrent = makeTorrent([4_000_000], 65_536);
  const everybody = Array.from({ length: 20 }, (_, i) => i);
  const hosts = everybody.map((i) => sim.host(ip(i)));
  give(hosts[0]!, torrent, '/d');
  const members = hosts.map((host, i) => join(host, torrent, everybody, { liar: i >= 17 }));
  const honest = members.slice(0, 17);
  sim.run(() => honest.every(({ torrent: one }) => one.state === 'seeding') || sim.now > HOUR);
  expect(honest.filter(({ torrent: one }) => one.state !== 'seeding')).toEqual([]);
  for (const { host } of honest) expect(holds(host, torrent, '/d')).toBe(true);
  const liars = new Set([ip(17), ip(18), ip(19)]);
  const banned = new Set<string>();
  for (const { events } of honest) for (const event of events) if (event.type === 'peer-banned') banned.add(event.ip);
  expect(banned).toEqual(liars);
});

test('a hundred peers under loss and churn, some with bad disks: those that stay finish', { timeout: 120_000 }, () => {
  const sim = world({ seed: 4, link: { latency: 25, rate: 2e6, loss: 0.01 } });
  const torrent = makeTorrent([2_000_000], 65_536);
  const hosts = Array.from({ length: 100 }, (_, i) =>
    sim.host(ip(i), i % 10 === 5 ? { disk: { latency: 5, failures: 0.02 } } : {}),
  );
  give(hosts[0]!, torrent, '/d');
  const neighbours = (i: number) => [0, i + 1, i + 7, i + 31].map((n) => n % 100);
  const members = hosts.map((host, i) => join(host, torrent, neighbours(i)));
  // Every fifth leaves after a while without a word, and comes back later as a new process with what its disk has.
  for (let i = 3; i < 100; i += 5) {
    sim.run(sim.now + 200);
    hosts[i]!.crash();
    members[i] = join(hosts[i]!.restart(), torrent, neighbours(i));
  }
  sim.run(() => members.every(({ torrent: one }) => one.state === 'seeding') || sim.now > 2 * HOUR);
  expect(members.filter(({ torrent: one }) => one.state !== 'seeding').length).toBe(0);
  for (const { host } of members) expect(holds(host, torrent, '/d')).toBe(true);
  for (const { client } of members) expect(client.memoryUsed).toBeLessThanOrEqual(67_108_864);
});

test('the same seed gives the same course of events', () => {
  const run = () => {
    const sim = world({ seed: 5, link: { latency: 12, rate: 2e6, loss: 0.02 } });
    const torrent = makeTorrent([700_000], 32_768);
    const hosts = Array.from({ length: 6 }, (_, i) => sim.host(ip(i)));
    give(hosts[0]!, torrent, '/d');
    const members = hosts.map((host) => join(host, torrent, [0, 1, 2]));
    sim.run(() => members.every(({ torrent: one }) => one.state === 'seeding') || sim.now > HOUR);
    return sim.trace.hash;
  };
  expect(run()).toBe(run());
});

test('after closing, nothing is left to happen', async () => {
  const sim = world({ seed: 6, link: { latency: 5 } });
  const torrent = makeTorrent([500_000], 65_536);
  const [a, b] = [sim.host(ip(0)), sim.host(ip(1))];
  give(a, torrent, '/d');
  const members = [join(a, torrent, []), join(b, torrent, [0])];
  sim.run(() => members.every(({ torrent: one }) => one.state === 'seeding'));
  for (const { client } of members) await sim.settle(client.close());
  sim.run(sim.now + HOUR);
  expect(sim.pending).toBe(0);
});
