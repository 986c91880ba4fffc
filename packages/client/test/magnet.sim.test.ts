import { expect, test } from 'vitest';
import { Client } from '../src/index.ts';
import { makeTorrent } from './torrents.ts';
import { give, holds, world } from './world.ts';

const HOUR = 3_600_000;
const SEED = { ip: '10.0.0.1', port: 6881 };

test('BEP 9: a magnet link and one address are enough', () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 5e6 } });
  const torrent = makeTorrent([600_000, 500_000], 16_384);
  const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  const seeding = new Client(a!, { listen: [{ port: SEED.port }] }).add(torrent.bytes, { path: '/d' });
  sim.run(() => seeding.state === 'seeding');
  const magnet = `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}&x.pe=10.0.0.1:6881`;
  const first = new Client(b!, { listen: [{ port: 6881 }] }).add(magnet, { path: '/d' });
  expect(first.state).toBe('metadata');
  sim.run(() => first.state === 'seeding' || sim.now > HOUR);
  expect(holds(b!, torrent, '/d')).toBe(true);
  expect(first.name).toBe('folder');
  // Who has learnt it from others passes it on.
  const second = new Client(c!).add(magnet.replace('10.0.0.1', '10.0.0.2'), { path: '/d' });
  sim.run(() => second.state === 'seeding' || sim.now > HOUR);
  expect(holds(c!, torrent, '/d')).toBe(true);
});

test('BEP 9: what is on the disk already is found and told when the metadata arrives', () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 5e6 } });
  const torrent = makeTorrent([1_000_000], 65_536);
  const [a, b] = ['10.0.0.1', '10.0.0.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  give(b!, torrent, '/d');
  b!.disk.corrupt('/d/file.bin', 500_000);
  const seeding = new Client(a!, { listen: [{ port: SEED.port }] }).add(torrent.bytes, { path: '/d' });
  sim.run(() => seeding.state === 'seeding');
  const magnet = `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}`;
  const leeching = new Client(b!).add(magnet, { path: '/d', peers: [SEED] });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(leeching.stats().downloaded).toBe(65_536);
  expect(holds(b!, torrent, '/d')).toBe(true);
});
