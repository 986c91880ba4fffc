/** Web servers as seeds in the client (BEP 17, 19, and `ws` of magnet links): alone, beside peers, lying, slow, and under limits. */
import { files, type Simulation } from '@ferro/sim';
import { expect, test } from 'vitest';
import { Client, type ClientEvent, type ClientOptions } from '../src/index.ts';
import { makeTorrent, type TestTorrent } from './torrents.ts';
import { give, holds, world } from './world.ts';

const HOUR = 3_600_000;
let hosts = 0;
const ALONE: ClientOptions = { listen: [{ port: 6881 }], dht: false, trackers: false };
const LENGTHS = [300_000, 5, 700_001, 0, 200_000];

/** The files as a server has them, below a folder; `change` makes a liar. */
function shelf(torrent: TestTorrent, change = (bytes: Uint8Array): Uint8Array => bytes): Record<string, Uint8Array> {
  return Object.fromEntries(
    [...torrent.files].map(([path, bytes]) => [
      `/pub/${path.split('/').map(encodeURIComponent).join('/')}`,
      change(bytes),
    ]),
  );
}

function serve(sim: Simulation, name: string, ip: string, shown: Record<string, Uint8Array>, rate = 4e6): void {
  sim.name(name, [ip]);
  sim.serve(ip, 80, files(shown), { link: { latency: 10, rate } });
}

function download(
  sim: Simulation,
  source: string | Uint8Array,
  options: ClientOptions = {},
  peers: readonly string[] = [],
) {
  const host = sim.host(`10.0.1.${++hosts}`);
  const client = new Client(host, { ...ALONE, ...options });
  const events: ClientEvent[] = [];
  client.subscribe((batch) => void events.push(...batch));
  const torrent = client.add(source, { path: '/d', peers: peers.map((ip) => ({ ip, port: 6881 })) });
  return { host, client, torrent, events };
}

test('BEP 19: a web server alone is enough, across files, and nothing comes twice', async () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 8e6 } });
  const torrent = makeTorrent(LENGTHS, 65_536, { webSeeds: ['http://mirror.example/pub/'] });
  serve(sim, 'mirror.example', '198.51.100.1', shelf(torrent));
  const { host, client, torrent: one } = download(sim, torrent.bytes);
  sim.run(() => one.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
  expect(one.stats()).toMatchObject({ downloaded: 1_200_006, wasted: 0, webSeeds: 0 });
  await sim.settle(client.close());
  sim.run(sim.now + HOUR);
});

test('BEP 9, BEP 19: a link with ws= has its metadata from a peer and its files from a server', () => {
  const sim = world({ seed: 2, link: { latency: 10, rate: 8e6 } });
  const torrent = makeTorrent([3_000_000], 65_536);
  serve(sim, 'mirror.example', '198.51.100.1', shelf(torrent), 40e6);
  const a = sim.host('10.0.0.1');
  give(a, torrent, '/d');
  new Client(a, { ...ALONE, uploadRate: 20_000 }).add(torrent.bytes, { path: '/d' });
  const link = `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}&ws=http://mirror.example/pub/file.bin&x.pe=10.0.0.1:6881`;
  const { host, torrent: one } = download(sim, link);
  sim.run(() => one.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
  expect(sim.now).toBeLessThan(60_000);
});

test('a server that lies about one file is dropped by its name, and peers bring the rest', () => {
  const sim = world({ seed: 3, link: { latency: 10, rate: 8e6 } });
  const liar = 'http://liar.example/pub/';
  const torrent = makeTorrent(LENGTHS, 65_536, { webSeeds: [liar] });
  serve(
    sim,
    'liar.example',
    '198.51.100.1',
    shelf(torrent, (bytes) => (bytes.length > 500_000 ? bytes.map((b) => ~b) : bytes)),
  );
  const a = sim.host('10.0.0.1');
  give(a, torrent, '/d');
  new Client(a, ALONE).add(torrent.bytes, { path: '/d' });
  const { host, torrent: one, events } = download(sim, torrent.bytes, {}, ['10.0.0.1']);
  sim.run(() => one.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
  const closed = events.flatMap((event) => (event.type === 'web-seed-closed' ? [event.url] : []));
  expect(closed).toEqual([liar]);
  expect(events.filter(({ type }) => type === 'peer-banned')).toEqual([]);
});

test('of two servers one has nothing: the other one does it all', () => {
  const sim = world({ seed: 4, link: { latency: 10, rate: 8e6 } });
  const torrent = makeTorrent(LENGTHS, 65_536, { webSeeds: ['http://empty.example/', 'http://mirror.example/pub/'] });
  serve(sim, 'empty.example', '198.51.100.2', {});
  serve(sim, 'mirror.example', '198.51.100.1', shelf(torrent));
  const { host, torrent: one } = download(sim, torrent.bytes);
  sim.run(() => one.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
});

test('what a server does not have, peers bring', () => {
  const sim = world({ seed: 8, link: { latency: 10, rate: 8e6 } });
  const torrent = makeTorrent(LENGTHS, 65_536, { webSeeds: ['http://some.example/pub/'] });
  const shown = Object.entries(shelf(torrent)).filter(([, bytes]) => bytes.length < 500_000);
  serve(sim, 'some.example', '198.51.100.1', Object.fromEntries(shown));
  const a = sim.host('10.0.0.1');
  give(a, torrent, '/d');
  const { host, torrent: one } = download(sim, torrent.bytes);
  sim.run(sim.now + 20_000);
  new Client(a, ALONE).add(torrent.bytes, { path: '/d' });
  one.addPeer({ ip: '10.0.0.1', port: 6881 });
  sim.run(() => one.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
});

test('a slow server holds nobody up: peers bring what it is slow with', () => {
  const sim = world({ seed: 5, link: { latency: 10, rate: 8e6 } });
  const torrent = makeTorrent([2_000_000], 65_536, { webSeeds: ['http://slow.example/pub/file.bin'] });
  serve(sim, 'slow.example', '198.51.100.1', shelf(torrent), 30_000);
  const a = sim.host('10.0.0.1');
  give(a, torrent, '/d');
  new Client(a, ALONE).add(torrent.bytes, { path: '/d' });
  const { host, torrent: one } = download(sim, torrent.bytes, {}, ['10.0.0.1']);
  sim.run(() => one.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
  expect(sim.now).toBeLessThan(15_000);
});

test('a limit of the download holds for servers too', () => {
  const sim = world({ seed: 6, link: { latency: 10, rate: 8e6 } });
  const torrent = makeTorrent([1_000_000], 32_768, { webSeeds: ['http://mirror.example/pub/file.bin'] });
  serve(sim, 'mirror.example', '198.51.100.1', shelf(torrent));
  const { torrent: one } = download(sim, torrent.bytes, { downloadRate: 100_000 });
  sim.run(() => one.state === 'seeding' || sim.now > HOUR);
  expect(sim.now).toBeGreaterThan(8000);
  expect(sim.now).toBeLessThan(14_000);
});

test('webSeeds: false asks no server, a pause stops asking, and it goes on afterwards', () => {
  const sim = world({ seed: 7, link: { latency: 10, rate: 2e6 } });
  const torrent = makeTorrent([1_000_000], 32_768, { webSeeds: ['http://mirror.example/pub/file.bin'] });
  serve(sim, 'mirror.example', '198.51.100.1', shelf(torrent));
  const off = download(sim, torrent.bytes, { webSeeds: false });
  sim.run(sim.now + 60_000);
  expect(off.torrent.stats()).toMatchObject({ downloaded: 0, webSeeds: 0 });
  off.client.close();
  sim.run(sim.now + 10_000);
  const { torrent: one, host } = download(sim, torrent.bytes, { listen: [] });
  sim.run(() => one.stats().downloaded > 200_000);
  one.pause();
  const { downloaded } = one.stats();
  sim.run(sim.now + 60_000);
  expect(one.stats()).toMatchObject({ downloaded, webSeeds: 0 });
  one.resume();
  sim.run(() => one.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
});
