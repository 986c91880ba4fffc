/** Peers from peers in the client (BEP 11), introductions to those behind routers (BEP 55), and neighbours (BEP 14). */
import type { NatModel, SimulatedHost, Simulation } from '@ferro/sim';
import { expect, test } from 'vitest';
import { Client, type ClientOptions, type Torrent } from '../src/index.ts';
import { makeTorrent, type TestTorrent } from './torrents.ts';
import { give, holds, world } from './world.ts';

const HOUR = 3_600_000;
const LISTEN = [{ port: 6881 }];
const ALONE: ClientOptions = { listen: LISTEN, dht: false, trackers: false };
const linkTo = (torrent: TestTorrent) => `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}`;

function join(
  host: SimulatedHost,
  source: string | Uint8Array,
  peers: readonly string[],
  options: ClientOptions = {},
): Torrent {
  const client = new Client(host, { ...ALONE, ...options });
  return client.add(source, { path: '/d', peers: peers.map((ip) => ({ ip, port: 6881 })) });
}

test('BEP 11: from one address a swarm of a hundred comes together, magnet links alone', { timeout: 120_000 }, () => {
  const sim = world({ seed: 1, link: { latency: 20, rate: 4e6 } });
  const torrent = makeTorrent([150_000], 16_384);
  const ips = Array.from({ length: 100 }, (_, i) => `10.${i >> 4}.0.${(i & 15) + 1}`);
  const hosts = ips.map((ip) => sim.host(ip));
  give(hosts[0]!, torrent, '/d');
  // Nobody may depend on the one whom all know.
  const members = hosts.map((host, i) =>
    i === 0
      ? join(host, torrent.bytes, [], { maxPeersPerTorrent: 100, uploadRate: 200_000 })
      : join(host, linkTo(torrent), [ips[0]!], { maxPeersPerTorrent: 6 }),
  );
  sim.run(() => members.every(({ state }) => state === 'seeding') || sim.now > HOUR);
  expect(members.filter(({ state }) => state !== 'seeding')).toEqual([]);
  for (const host of hosts) expect(holds(host, torrent, '/d')).toBe(true);
  const others = members.slice(1).filter((one) => one.stats().known > 1);
  expect(others.length).toBeGreaterThan(90);
});

test('pex: false tells nobody of anybody, and believes nobody', () => {
  for (const [middle, asker] of [
    [false, true],
    [true, false],
  ] as const) {
    const sim = world({ seed: 2, link: { latency: 20, rate: 1e6 } });
    const torrent = makeTorrent([300_000], 16_384);
    const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => sim.host(ip));
    give(a!, torrent, '/d');
    // It hears of nobody, or it would call the third one.
    join(a!, torrent.bytes, [], { uploadRate: 1000, pex: false });
    join(b!, torrent.bytes, ['10.0.0.1'], { pex: middle });
    const third = join(c!, torrent.bytes, ['10.0.0.2'], { pex: asker });
    sim.run(sim.now + 200_000);
    expect(third.stats().known).toBe(1);
  }
});

/** A seeder and a leecher, each behind a router that lets nothing in, and somebody in the open whom both know. */
function behindRouters(
  sim: Simulation,
  torrent: TestTorrent,
  options: ClientOptions = {},
  [first, second]: readonly [NatModel, NatModel] = [{ type: 'cone' }, { type: 'cone' }],
) {
  const open = sim.host('8.8.8.8');
  const a = sim.host('192.168.0.2', { nat: sim.nat('9.9.9.9', first) });
  const b = sim.host('192.168.0.2', { nat: sim.nat('7.7.7.7', second) });
  give(a, torrent, '/d');
  join(open, torrent.bytes, [], { uploadRate: 1, downloadRate: 1, ...options });
  join(a, torrent.bytes, ['8.8.8.8'], options);
  return { leeching: join(b, torrent.bytes, ['8.8.8.8'], options), b };
}

test('BEP 10: a peer that called and says where it listens is not called in return', () => {
  const sim = world({ seed: 8, link: { latency: 20, rate: 1e5 }, traceLines: 200_000 });
  const torrent = makeTorrent([3_000_000], 16_384);
  const [a, b] = ['10.0.0.1', '10.0.0.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  const seeding = join(a!, torrent.bytes, [], { utp: false });
  const leeching = join(b!, torrent.bytes, ['10.0.0.1'], { utp: false });
  sim.run(() => leeching.stats().done > 0);
  // Whom to call is thought about whenever somebody new is heard of.
  seeding.addPeer({ ip: '10.0.0.2', port: 6882 });
  sim.run(() => leeching.state === 'seeding');
  expect(sim.trace.lines.filter((line) => / opened /.test(line)).length, 'both ends of one connection').toBe(2);
});

test.each<[string, NatModel, NatModel]>([
  ['two that let in only whom they sent to', { type: 'cone' }, { type: 'cone' }],
  ['a symmetric one and one that lets in an IP', { type: 'symmetric' }, { type: 'cone', filtering: 'ip' }],
  ['one that lets in an IP and a symmetric one', { type: 'cone', filtering: 'ip' }, { type: 'symmetric' }],
])('BEP 55: behind routers, %s, they meet by an introduction', (_, first, second) => {
  const sim = world({ seed: 3, link: { latency: 20, rate: 1e6 } });
  const torrent = makeTorrent([300_000], 16_384);
  const { leeching, b } = behindRouters(sim, torrent, {}, [first, second]);
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(holds(b, torrent, '/d')).toBe(true);
});

test('BEP 55: two symmetric routers cannot be passed, and all else goes on', () => {
  const sim = world({ seed: 3, link: { latency: 20, rate: 1e6 } });
  const torrent = makeTorrent([300_000], 16_384);
  const { leeching } = behindRouters(sim, torrent, {}, [{ type: 'symmetric' }, { type: 'symmetric' }]);
  sim.run(sim.now + HOUR);
  expect(leeching.state).toBe('downloading');
  expect(leeching.stats().peers).toBe(1);
});

test('BEP 55: without uTP nobody can be introduced', () => {
  const sim = world({ seed: 4, link: { latency: 20, rate: 1e6 } });
  const torrent = makeTorrent([300_000], 16_384);
  const { leeching } = behindRouters(sim, torrent, { utp: false });
  sim.run(sim.now + HOUR);
  expect(leeching.stats().done).toBeLessThan(300_000);
});

test('BEP 14: neighbours find each other, others do not', () => {
  for (const lsd of [true, false]) {
    const sim = world({ seed: 5, link: { latency: 1, rate: 1e6 } });
    const torrent = makeTorrent([300_000], 16_384);
    const [a, b] = ['192.168.0.1', '192.168.0.2'].map((ip) => sim.host(ip));
    give(a!, torrent, '/d');
    join(a!, torrent.bytes, [], { lsd });
    const leeching = join(b!, linkTo(torrent), [], { lsd });
    sim.run(() => leeching.state === 'seeding' || sim.now > HOUR / 6);
    expect(holds(b!, torrent, '/d')).toBe(lsd);
  }
});

test('BEP 27: of a private torrent nothing is told to peers, to the network, to the DHT or to a web server', () => {
  const sim = world({ seed: 6, link: { latency: 10, rate: 1e6 }, traceLines: 200_000 });
  const asked: string[] = [];
  sim.name('mirror.example', ['10.9.9.9']);
  sim.serve('10.9.9.9', 80, (request) => {
    asked.push(request.target);
    return { status: 404 };
  });
  const torrent = makeTorrent([300_000], 16_384, {
    private: true,
    nodes: [['10.9.9.8', 6881]],
    webSeeds: ['http://mirror.example/'],
  });
  const watcher = sim.host('10.0.0.9');
  const heard: string[] = [];
  for (const port of [6771, 6881]) {
    const group = port === 6771 ? { group: '239.192.152.143' } : {};
    watcher.bind({ port, ...group }, { receive: (all) => void heard.push(...all.map(({ address }) => address.ip)) });
  }
  const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  const options: ClientOptions = { dht: true, lsd: true, bootstrap: ['10.0.0.9:6881'] };
  join(a!, torrent.bytes, [], { ...options, uploadRate: 3000 });
  join(b!, torrent.bytes, ['10.0.0.1'], options);
  const third = join(c!, torrent.bytes, ['10.0.0.2'], options);
  sim.run(sim.now + HOUR / 2);
  expect([heard, asked]).toEqual([[], []]);
  expect(third.stats().known, 'only the one that was given').toBe(1);
  expect(sim.trace.lines.filter((line) => line.includes('datagram')).length).toBe(0);
});
