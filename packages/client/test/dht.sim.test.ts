/** The DHT in the client: peers by nothing else, nodes by every way, and silence where it has no business (BEP 5, 9, 27, 32). */
import { openDht } from '@ferro/dht';
import type { SimulatedHost, Simulation } from '@ferro/sim';
import { expect, test } from 'vitest';
import { Client, type ClientOptions } from '../src/index.ts';
import { makeTorrent, type TestTorrent } from './torrents.ts';
import { give, holds, world } from './world.ts';

const HOUR = 3_600_000;
const LISTEN = [{ port: 6881 }];
const linkTo = (torrent: TestTorrent) => `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}`;

/** A few nodes that know each other; the first is called nodes.example. */
async function network(sim: Simulation, family: 4 | 6 = 4): Promise<void> {
  const ip = (i: number) => (family === 4 ? `10.1.0.${i}` : `fd00::${i}`);
  sim.name('nodes.example', [ip(1)]);
  for (let i = 1; i <= 5; i++) {
    const bootstrap = i === 1 ? [] : ['nodes.example:6881'];
    await sim.settle(openDht(sim.host(ip(i)), { port: 6881, bootstrap, families: [family], restrict: 'none' }));
    sim.run(sim.now + 1000);
  }
}

function seed(host: SimulatedHost, torrent: TestTorrent, options: ClientOptions = {}): Client {
  give(host, torrent, '/d');
  const client = new Client(host, { listen: LISTEN, ...options });
  client.add(torrent.bytes, { path: '/d' });
  return client;
}

for (const family of [4, 6] as const) {
  test(`BEP 5, BEP 9, IPv${family}: a magnet link and one node of the DHT are enough`, async () => {
    const sim = world({ seed: family, link: { latency: 20, rate: 5e6 } });
    await network(sim, family);
    const torrent = makeTorrent([600_000, 500_000], 16_384);
    const [a, b] = [1, 2].map((i) => sim.host(family === 4 ? `10.2.0.${i}` : `fd00:1::${i}`));
    const seeder = seed(a!, torrent, { bootstrap: ['nodes.example:6881'] });
    sim.run(sim.now + 60_000);
    expect(seeder.dhtNodes).toBeGreaterThan(0);
    const leecher = new Client(b!, { listen: LISTEN, routers: ['nodes.example:6881'] });
    const leeching = leecher.add(linkTo(torrent), { path: '/d' });
    sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
    expect(holds(b!, torrent, '/d')).toBe(true);
    for (const client of [seeder, leecher]) await sim.settle(client.close());
  });
}

test('BEP 5: who has found nobody but itself searches again soon', async () => {
  const sim = world({ seed: 9, link: { latency: 20, rate: 5e6 } });
  await network(sim);
  const torrent = makeTorrent([300_000], 16_384);
  const leecher = new Client(sim.host('10.2.0.2'), { listen: LISTEN, bootstrap: ['nodes.example:6881'] });
  const leeching = leecher.add(linkTo(torrent), { path: '/d' });
  sim.run(sim.now + 12_000);
  // A seed that calls nobody comes when the leecher has announced itself already.
  const late = sim.host('10.2.0.1');
  seed(late, torrent, { dht: false });
  const node = await sim.settle(openDht(late, { port: 7000, bootstrap: ['nodes.example:6881'], restrict: 'none' }));
  await sim.settle(node.announce(torrent.metainfo.infoHashV1!, 6881));
  const patience = sim.now + 60_000;
  sim.run(() => leeching.state === 'seeding' || sim.now > patience);
  expect(leeching.state).toBe('seeding');
});

test('BEP 5: the nodes that a torrent names are a way in', async () => {
  const sim = world({ seed: 3, link: { latency: 20, rate: 5e6 } });
  await network(sim);
  const torrent = makeTorrent([300_000], 16_384, { nodes: [['nodes.example', 6881]] });
  const [a, b] = ['10.2.0.1', '10.2.0.2'].map((ip) => sim.host(ip));
  seed(a!, torrent);
  const leeching = new Client(b!, { listen: LISTEN }).add(torrent.bytes, { path: '/d' });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(holds(b!, torrent, '/d')).toBe(true);
});

test('BEP 5, PORT message: one peer is a way in, and what it knows is found', async () => {
  const sim = world({ seed: 4, link: { latency: 20, rate: 5e6 } });
  await network(sim);
  const known = makeTorrent([200_000], 16_384);
  const wanted = makeTorrent([300_000], 16_384, { seed: 2 });
  const [a, b, c] = ['10.2.0.1', '10.2.0.2', '10.2.0.3'].map((ip) => sim.host(ip));
  seed(a!, known, { bootstrap: ['nodes.example:6881'] });
  seed(c!, wanted, { bootstrap: ['nodes.example:6881'] });
  const client = new Client(b!, { listen: LISTEN });
  client.add(known.bytes, { path: '/d', peers: [{ ip: '10.2.0.1', port: 6881 }] });
  const leeching = client.add(linkTo(wanted), { path: '/d' });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(holds(b!, wanted, '/d')).toBe(true);
});

test('a node is found again after a restart by what its file says, and keeps its id', async () => {
  const sim = world({ seed: 5, link: { latency: 20, rate: 5e6 } });
  await network(sim);
  const torrent = makeTorrent([300_000], 16_384);
  const host = sim.host('10.2.0.2');
  const options = { listen: LISTEN, dhtFile: '/state/dht' };
  const first = new Client(host, { ...options, bootstrap: ['nodes.example:6881'] });
  first.add(linkTo(torrent), { path: '/d' });
  sim.run(sim.now + 60_000);
  const { dhtNodes } = first;
  expect(dhtNodes).toBeGreaterThan(0);
  await sim.settle(first.close());
  const saved = host.disk.read('/state/dht')!;
  const second = new Client(host, options);
  second.add(linkTo(torrent), { path: '/d' });
  sim.run(sim.now + 60_000);
  expect(second.dhtNodes).toBe(dhtNodes);
  await sim.settle(second.close());
  const idOf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 30)).toString('latin1');
  expect(idOf(host.disk.read('/state/dht')!)).toBe(idOf(saved));
  host.disk.write('/state/dht', Uint8Array.of(1, 2, 3));
  const third = new Client(host, options);
  third.add(linkTo(torrent), { path: '/d' });
  sim.run(sim.now + 60_000);
  await sim.settle(third.close());
  expect(idOf(host.disk.read('/state/dht')!), 'garbage counts as no file').not.toBe(idOf(saved));
});

/** Datagrams that a host sends: nothing that listens for UDP may be told of a private torrent. */
function datagramsOf(sim: Simulation, host: SimulatedHost): () => number {
  const before = sim.trace.lines.length;
  return () =>
    sim.trace.lines.slice(before).filter((line) => line.includes('datagram') && line.includes(host.ip)).length;
}

test('BEP 27: a private torrent sends no datagram, says no word of a node, and none is believed', async () => {
  const sim = world({ seed: 6, link: { latency: 20, rate: 5e6 } });
  await network(sim);
  const torrent = makeTorrent([300_000], 16_384, { private: true, nodes: [['nodes.example', 6881]] });
  const [a, b] = ['10.2.0.1', '10.2.0.2'].map((ip) => sim.host(ip));
  const count = datagramsOf(sim, a!);
  const seeder = seed(a!, torrent, { bootstrap: ['nodes.example:6881'], routers: ['nodes.example:6881'] });
  const leeching = new Client(b!, { listen: LISTEN, bootstrap: ['nodes.example:6881'] }).add(torrent.bytes, {
    path: '/d',
    peers: [{ ip: '10.2.0.1', port: 6881 }],
  });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(holds(b!, torrent, '/d')).toBe(true);
  sim.run(sim.now + HOUR);
  expect(count()).toBe(0);
  expect(seeder.dhtNodes).toBe(0);
});

test('dht: false is silence', async () => {
  const sim = world({ seed: 7, link: { latency: 20, rate: 5e6 } });
  await network(sim);
  const torrent = makeTorrent([300_000], 16_384, { nodes: [['nodes.example', 6881]] });
  const host = sim.host('10.2.0.1');
  const count = datagramsOf(sim, host);
  const client = seed(host, torrent, { dht: false, bootstrap: ['nodes.example:6881'] });
  sim.run(sim.now + HOUR);
  expect([count(), client.dhtNodes]).toEqual([0, 0]);
});

test('BEP 27: a link that turns out to be private leaves the DHT, and the peers that came from it', async () => {
  const sim = world({ seed: 8, link: { latency: 20, rate: 5e6 } });
  await network(sim);
  const torrent = makeTorrent([2_000_000], 16_384, { private: true });
  const [a, b] = ['10.2.0.1', '10.2.0.2'].map((ip) => sim.host(ip));
  // A seeder that does not know better: it has the same files, and lets its link be known.
  give(a!, torrent, '/d');
  const liar = new Client(a!, { listen: LISTEN, bootstrap: ['nodes.example:6881'] });
  const parsed = { ...torrent.metainfo, private: false };
  liar.add(parsed, { path: '/d' });
  sim.run(sim.now + 60_000);
  // It listens nowhere: nobody can find it, it has to find the other one.
  const client = new Client(b!, { listen: [], bootstrap: ['nodes.example:6881'] });
  const leeching = client.add(linkTo(torrent), { path: '/d' });
  await sim.settle(leeching.metadata);
  sim.run(sim.now + 60_000);
  expect(leeching.metainfo?.private).toBe(true);
  expect(leeching.stats()).toMatchObject({ peers: 0, known: 0, downloaded: 0 });
});

test('a torrent that finds nobody searches again, and again', async () => {
  const sim = world({ seed: 9, link: { latency: 20, rate: 5e6 } });
  await network(sim);
  const torrent = makeTorrent([300_000], 16_384);
  const [a, b] = ['10.2.0.1', '10.2.0.2'].map((ip) => sim.host(ip));
  const leeching = new Client(b!, { listen: LISTEN, bootstrap: ['nodes.example:6881'] }).add(linkTo(torrent), {
    path: '/d',
  });
  sim.run(sim.now + HOUR / 2);
  expect(leeching.state).toBe('metadata');
  // It listens nowhere, so it is not announced: it has to find the other one.
  seed(a!, torrent, { listen: [], bootstrap: ['nodes.example:6881'] });
  sim.run(() => leeching.state === 'seeding' || sim.now > 2 * HOUR);
  expect(holds(b!, torrent, '/d')).toBe(true);
});
