/** Torrent files that a magnet link names by URL (`xs`, `as`): no peer has the metadata, and a server alone is enough. */
import { files, type Simulation } from '@ferro/sim';
import { expect, test } from 'vitest';
import { Client } from '../src/index.ts';
import { makeTorrent, type TestTorrent } from './torrents.ts';
import { holds, world } from './world.ts';

const HOUR = 3_600_000;
let hosts = 0;
const torrent = makeTorrent([300_000, 5], 65_536);
const other = makeTorrent([300_000, 5], 65_536, { seed: 9 });

function shelf(sim: Simulation, name: string, ip: string, shown: Record<string, Uint8Array>): void {
  sim.name(name, [ip]);
  sim.serve(ip, 80, files(shown), { link: { latency: 10, rate: 4e6 } });
}

function content({ files: all }: TestTorrent): Record<string, Uint8Array> {
  return Object.fromEntries([...all].map(([path, bytes]) => [`/pub/${path.replaceAll(' ', '%20')}`, bytes]));
}

function download(sim: Simulation, parts: readonly string[], webSeeds = true) {
  const host = sim.host(`10.0.0.${++hosts}`);
  const client = new Client(host, { dht: false, webSeeds });
  const magnet = [`magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}`, ...parts].join('&');
  return { host, torrent: client.add(magnet, { path: '/d' }) };
}

const at = (url: string) => encodeURIComponent(url);

test('a link with xs= and ws= is downloaded from servers alone', () => {
  const sim = world({ seed: 1, link: { latency: 10 } });
  shelf(sim, 'good.example', '198.51.100.1', { ...content(torrent), '/t.torrent': torrent.bytes });
  const one = download(sim, [`xs=${at('http://good.example/t.torrent')}`, `ws=${at('http://good.example/pub/')}`]);
  sim.run(() => one.torrent.state === 'seeding' || sim.now > HOUR);
  expect(holds(one.host, torrent, '/d')).toBe(true);
});

test('what is missing, no torrent, another torrent or too slow is passed over for the next', () => {
  const sim = world({ seed: 2, link: { latency: 10 } });
  shelf(sim, 'bad.example', '198.51.100.1', { '/page': new Uint8Array(500).fill(60), '/other': other.bytes });
  shelf(sim, 'good.example', '198.51.100.2', { ...content(torrent), '/t.torrent': torrent.bytes });
  const one = download(sim, [
    `as=${at('http://good.example/t.torrent')}`,
    `xs=${at('http://bad.example/page')}`,
    `xs=${at('http://bad.example/other')}`,
    `xs=${at('http://bad.example/missing')}`,
    `ws=${at('http://good.example/pub/')}`,
  ]);
  sim.run(() => one.torrent.state === 'seeding' || sim.now > HOUR);
  expect(holds(one.host, torrent, '/d')).toBe(true);

  const late = world({ seed: 3, link: { latency: 10 } });
  shelf(late, 'good.example', '198.51.100.2', { ...content(torrent), '/t.torrent': torrent.bytes });
  late.name('silent.example', ['198.51.100.3']);
  const two = download(late, [
    `xs=${at('http://silent.example/t.torrent')}`,
    `xs=${at('http://good.example/t.torrent')}`,
    `ws=${at('http://good.example/pub/')}`,
  ]);
  late.run(() => two.torrent.state === 'seeding' || late.now > HOUR);
  expect(holds(two.host, torrent, '/d')).toBe(true);
});

test('no server is asked where the user wants none, and no machine nearby with a query', () => {
  const sim = world({ seed: 4, link: { latency: 10 } });
  shelf(sim, 'good.example', '198.51.100.1', { '/t.torrent': torrent.bytes });
  const off = download(sim, [`xs=${at('http://good.example/t.torrent')}`], false);
  sim.run(sim.now + HOUR);
  expect(off.torrent.state).toBe('metadata');

  const near = world({ seed: 5, link: { latency: 10 } });
  shelf(near, 'router.example', '192.168.0.1', { '/t.torrent': torrent.bytes });
  const one = download(near, [`xs=${at('http://router.example/t.torrent?reboot=1')}`]);
  near.run(near.now + HOUR);
  expect(one.torrent.state).toBe('metadata');
  one.torrent.remove();
  const two = download(near, [`xs=${at('http://router.example/t.torrent')}`]);
  near.run(near.now + HOUR);
  expect(two.torrent.state).toBe('downloading');
});
