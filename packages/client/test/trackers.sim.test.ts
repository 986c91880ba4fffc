import { encode } from '@ferro/bencode';
import { openTracker } from '@ferro/tracker';
import { expect, test } from 'vitest';
import { Client, type ClientEvent } from '../src/index.ts';
import { makeTorrent } from './torrents.ts';
import { give, holds, world } from './world.ts';

const HOUR = 3_600_000;

for (const scheme of ['http', 'udp'] as const) {
  test(`peers find each other through a tracker over ${scheme}, and it hears of start, completion and end (BEP 3, 15)`, async () => {
    const sim = world({ seed: 1, link: { latency: 10, rate: 5e6 } });
    sim.name('tracker.example', ['192.0.2.1']);
    const tracker = await sim.settle(openTracker(sim.host('192.0.2.1'), { [scheme]: { port: 6969 } }));
    const torrent = makeTorrent([1_000_000], 65_536, { announce: `${scheme}://tracker.example:6969/announce` });
    const [a, b] = [sim.host('198.51.100.1'), sim.host('198.51.100.2')];
    give(a, torrent, '/d');
    const seeder = new Client(a, { listen: [{ port: 6881 }] });
    const seeding = seeder.add(torrent.bytes, { path: '/d' });
    sim.run(() => seeding.state === 'seeding');
    sim.run(sim.now + 2000);
    const leecher = new Client(b, { listen: [{ port: 6881 }] });
    const events: ClientEvent[] = [];
    leecher.subscribe((batch) => void events.push(...batch));
    const leeching = leecher.add(torrent.bytes, { path: '/d' });
    sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
    expect(holds(b, torrent, '/d')).toBe(true);
    expect(events.find(({ type }) => type === 'tracker')).toMatchObject({ peers: 1 });
    sim.run(sim.now + 2000);
    expect(tracker.stats()).toMatchObject({ swarms: 1, seeders: 2, leechers: 0 });
    await sim.settle(leecher.close());
    await sim.settle(seeder.close());
    sim.run(sim.now + 2000);
    expect(tracker.stats()).toMatchObject({ seeders: 0, leechers: 0 });
  });
}

test('a tracker that is away is tried again, and the download goes on when it is back', async () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 5e6 } });
  const torrent = makeTorrent([500_000], 65_536, { announce: 'http://192.0.2.1:6969/announce' });
  const [a, b] = [sim.host('198.51.100.1'), sim.host('198.51.100.2')];
  give(a, torrent, '/d');
  const seeding = new Client(a, { listen: [{ port: 6881 }] }).add(torrent.bytes, { path: '/d' });
  const leeching = new Client(b, { listen: [{ port: 6881 }] }).add(torrent.bytes, { path: '/d' });
  sim.run(sim.now + 60_000);
  expect([seeding.state, leeching.state]).toEqual(['seeding', 'downloading']);
  await sim.settle(openTracker(sim.host('192.0.2.1'), { http: { port: 6969 } }));
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(holds(b, torrent, '/d')).toBe(true);
});

test('BEP 3: a peer that a tracker knows by name is called, too', () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 5e6 } });
  const torrent = makeTorrent([500_000], 65_536, { announce: 'http://192.0.2.1/announce' });
  const [a, b] = [sim.host('198.51.100.1'), sim.host('198.51.100.2')];
  sim.name('seed.example', ['198.51.100.1']);
  give(a, torrent, '/d');
  const peers = [{ ip: 'seed.example', port: 6881, 'peer id': 'x'.repeat(20) }];
  const body = encode({ interval: 600, peers });
  sim.serve('192.0.2.1', 80, () => ({ status: 200, body }));
  new Client(a, { listen: [{ port: 6881 }], trackers: false }).add(torrent.bytes, { path: '/d' });
  const leeching = new Client(b).add(torrent.bytes, { path: '/d' });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(holds(b, torrent, '/d')).toBe(true);
});

test('peers at private addresses are called as named, or not at all where the user wants none', () => {
  for (const anyPeer of [true, false]) {
    const sim = world({ seed: 1, link: { latency: 10, rate: 5e6 } });
    const torrent = makeTorrent([500_000], 65_536, { announce: 'http://192.0.2.1/announce' });
    const [a, b] = [sim.host('192.168.0.7'), sim.host('198.51.100.2')];
    give(a, torrent, '/d');
    const body = encode({ interval: 600, peers: Uint8Array.of(192, 168, 0, 7, 0x1a, 0xe1) });
    sim.serve('192.0.2.1', 80, () => ({ status: 200, body }));
    new Client(a, { listen: [{ port: 6881 }], trackers: false }).add(torrent.bytes, { path: '/d' });
    const leeching = new Client(b, { anyPeer }).add(torrent.bytes, { path: '/d' });
    sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
    expect(leeching.state).toBe(anyPeer ? 'seeding' : 'downloading');
  }
});
