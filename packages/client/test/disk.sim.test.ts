import type { SimulatedHost, Simulation } from '@ferro/sim';
import { expect, test } from 'vitest';
import { Client, type ClientEvent } from '../src/index.ts';
import { makeTorrent } from './torrents.ts';
import { give, holds, world } from './world.ts';

const HOUR = 3_600_000;
const SEED = { ip: '10.0.0.1', port: 6881 };

/** A seed and a leecher's host; `start` adds the torrent there, again after each crash. */
function pair(sim: Simulation, torrent: ReturnType<typeof makeTorrent>) {
  const a = sim.host(SEED.ip);
  give(a, torrent, '/d');
  const seeder = new Client(a, { listen: [{ port: SEED.port }] });
  const seeding = seeder.add(torrent.bytes, { path: '/d' });
  sim.run(() => seeding.state === 'seeding');
  const b = sim.host('10.0.0.2');
  const start = (host: SimulatedHost) => {
    const client = new Client(host);
    const events: ClientEvent[] = [];
    client.subscribe((batch) => void events.push(...batch));
    return { client, events, torrent: client.add(torrent.bytes, { path: '/d', peers: [SEED] }) };
  };
  return { a, b, seeding, start };
}

test('killed sixty times at random moments: nothing verified is lost, nothing corrupt is called complete', {
  timeout: 60_000,
}, () => {
  const sim = world({ seed: 'kill', link: { latency: 5, rate: 20e6 } });
  const torrent = makeTorrent([1_500_000, 3_000, 2_000_000], 65_536);
  const { b, start, seeding } = pair(sim, torrent);
  let host = b;
  let stored = 0;
  for (let life = 0; life < 60; life++) {
    const { torrent: leeching, events } = start(host);
    const until = sim.now + 60 + ((life * 37) % 90);
    sim.run(() => sim.now >= until || leeching.state === 'seeding');
    if (leeching.state !== 'checking') expect(leeching.stats().done + 65_536).toBeGreaterThanOrEqual(stored);
    stored = Math.max(stored, events.filter(({ type }) => type === 'piece').length * 65_536);
    host.crash('killed');
    host = host.restart();
  }
  const { torrent: last } = start(host);
  sim.run(() => last.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
  // What was sent twice is at most what was open at each crash.
  expect(seeding.stats().uploaded).toBeLessThan(20 * torrent.metainfo.length);
});

test('the power fails again and again: what comes back is checked, never believed', { timeout: 60_000 }, () => {
  const sim = world({ seed: 'power', link: { latency: 5, rate: 20e6 } });
  const torrent = makeTorrent([3_000_000], 65_536);
  const { b, start } = pair(sim, torrent);
  let host = b;
  for (let life = 0; life < 20; life++) {
    const { torrent: leeching } = start(host);
    const until = sim.now + 150;
    sim.run(() => sim.now >= until || leeching.state === 'seeding');
    host.crash('power');
    host = host.restart();
  }
  const { torrent: last } = start(host);
  sim.run(() => last.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
});

test('a clean end is believed at once: nothing is read again, nothing is fetched again', async () => {
  const sim = world({ seed: 1, link: { latency: 5 } });
  const torrent = makeTorrent([2_000_000], 65_536);
  const { b, start } = pair(sim, torrent);
  const first = start(b);
  sim.run(() => first.torrent.state === 'seeding');
  await sim.settle(first.client.close());
  b.disk.become({ latency: 1000 });
  const second = start(b);
  const before = sim.now;
  sim.run(() => second.torrent.state === 'seeding');
  // A few jobs of a second each, not one for each of the 31 pieces.
  expect(sim.now - before).toBeLessThan(6000);
  expect(second.torrent.stats().downloaded).toBe(2_000_000);
});

test('a file that changed since is hashed again, and only what is wrong is fetched', async () => {
  const sim = world({ seed: 1, link: { latency: 5 } });
  const torrent = makeTorrent([2_000_000], 65_536);
  const { b, start } = pair(sim, torrent);
  const first = start(b);
  sim.run(() => first.torrent.state === 'seeding');
  await sim.settle(first.client.close());
  sim.run(sim.now + 1000);
  b.disk.writeAt('/d/file.bin', 70_000, Uint8Array.of(1, 2, 3));
  const second = start(b);
  sim.run(() => second.torrent.state === 'seeding' || sim.now > HOUR);
  expect(holds(b, torrent, '/d')).toBe(true);
  expect(second.torrent.stats().downloaded).toBe(2_000_000 + 65_536);
});

test('a full disk stops the download with its reason; it goes on by itself when there is room', () => {
  const sim = world({ seed: 1, link: { latency: 5, rate: 10e6 } });
  const torrent = makeTorrent([2_000_000], 65_536);
  const { b, start } = pair(sim, torrent);
  b.disk.become({ space: 600_000 });
  const { torrent: leeching, events, client } = start(b);
  sim.run(() => leeching.stats().trouble !== undefined);
  expect(events.find(({ type }) => type === 'disk-trouble')).toMatchObject({ fault: 'full' });
  sim.run(sim.now + 60_000);
  expect(leeching.state).toBe('downloading');
  expect(client.memoryUsed).toBeLessThanOrEqual(67_108_864);
  b.disk.become({});
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(holds(b, torrent, '/d')).toBe(true);
  expect(events.some(({ type }) => type === 'disk-recovered')).toBe(true);
});

test('a file that vanishes while it is seeded is noticed, taken back, and fetched again from others', () => {
  const sim = world({ seed: 1, link: { latency: 5, rate: 10e6 } });
  const torrent = makeTorrent([400_000, 400_000], 65_536);
  const { b, start } = pair(sim, torrent);
  const second = start(b);
  sim.run(() => second.torrent.state === 'seeding');
  second.torrent.pause();
  second.torrent.resume();
  b.disk.delete('/d/folder/sub/file 1.bin');
  // Somebody asks the second one for everything; what it no longer has it cannot give.
  const c = new Client(sim.host('10.0.0.3')).add(torrent.bytes, {
    path: '/d',
    peers: [{ ip: '10.0.0.2', port: second.client.port }],
  });
  sim.run(() => c.state === 'seeding' || sim.now > HOUR);
  expect(c.state).toBe('seeding');
  expect(holds(b, torrent, '/d')).toBe(true);
  expect(second.events.some((event) => event.type === 'disk-trouble' && event.fault === 'missing')).toBe(true);
});

test('only the files that are wanted are created, and wanting more later brings them', () => {
  const sim = world({ seed: 1, link: { latency: 5, rate: 10e6 } });
  const torrent = makeTorrent([100_000, 300_000, 100_000], 65_536);
  const { b } = pair(sim, torrent);
  const leeching = new Client(b).add(torrent.bytes, { path: '/d', peers: [SEED], select: (_, index) => index === 1 });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  const path = (i: number) => `/d/folder/sub/file ${i}.bin`;
  expect([0, 1, 2].map((i) => b.disk.has(path(i)))).toEqual([false, true, false]);
  expect(leeching.stats().downloaded).toBeLessThan(300_000 + 2 * 65_536 + 1);
  leeching.prioritize([2, 2, 2]);
  sim.run(() => holds(b, torrent, '/d') || sim.now > HOUR);
  expect(holds(b, torrent, '/d')).toBe(true);
});

test('BEP 47: pieces of nothing but padding are there without a file, and are not fetched', () => {
  const sim = world({ seed: 1, link: { latency: 5, rate: 1e6 } });
  const torrent = makeTorrent([20_000, 45_536 + 32_768, 30_000], 32_768, { padding: 1 });
  const seeder = sim.host('10.0.0.1');
  give(seeder, torrent, '/d');
  const seeding = new Client(seeder, { listen: [{ port: 6881 }] }).add(torrent.bytes, { path: '/d' });
  sim.run(() => seeding.state !== 'checking');
  expect(seeding.state).toBe('seeding');
  const host = sim.host('10.0.0.2');
  const leeching = new Client(host).add(torrent.bytes, { path: '/d', peers: [{ ip: '10.0.0.1', port: 6881 }] });
  sim.run(() => leeching.state === 'seeding' || sim.now > 60_000);
  expect(holds(host, torrent, '/d')).toBe(true);
  expect(leeching.stats().downloaded).toBe(20_000 + 12_768 + 30_000);
});

test('removing with data leaves nothing behind; without, the files stay', async () => {
  const sim = world({ seed: 1, link: { latency: 5 } });
  const torrent = makeTorrent([300_000], 65_536);
  const { b, start } = pair(sim, torrent);
  const first = start(b);
  sim.run(() => first.torrent.state === 'seeding');
  await sim.settle(first.torrent.remove());
  expect(b.disk.has('/d/file.bin')).toBe(true);
  const second = first.client.add(torrent.bytes, { path: '/d', peers: [SEED] });
  sim.run(() => second.state === 'seeding');
  await sim.settle(second.remove({ data: true }));
  expect(b.disk.has('/d/file.bin')).toBe(false);
});

test('damaged resume data is no resume data', async () => {
  const sim = world({ seed: 1, link: { latency: 5 } });
  const torrent = makeTorrent([300_000], 65_536);
  const { b, start } = pair(sim, torrent);
  const first = start(b);
  sim.run(() => first.torrent.state === 'seeding');
  await sim.settle(first.client.close());
  const path = b.disk.paths.find((one) => one.endsWith('.resume'))!;
  b.disk.write(path, new Uint8Array(100).fill(7));
  const second = start(b);
  sim.run(() => second.torrent.state === 'seeding' || sim.now > HOUR);
  expect(second.torrent.stats()).toMatchObject({ downloaded: 0, done: 300_000 });
});
