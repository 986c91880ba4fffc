/** Swarms over uTP (BEP 29), and which transport is taken when there are two. */
import { driveDatagrams } from '@ferro/core';
import type { SimulatedHost } from '@ferro/sim';
import { UtpEndpoint } from '@ferro/utp';
import { encodeHandshake } from '@ferro/wire';
import { expect, test } from 'vitest';
import { Client, type ClientOptions, type Torrent } from '../src/index.ts';
import { makeTorrent, type TestTorrent } from './torrents.ts';
import { give, holds, world } from './world.ts';

const HOUR = 3_600_000;
const LISTEN = [{ port: 6881 }];
const ONLY_UTP: ClientOptions = { listen: LISTEN, tcp: false, dht: false };

function join(host: SimulatedHost, torrent: TestTorrent, peers: readonly string[], options: ClientOptions): Torrent {
  const client = new Client(host, options);
  return client.add(torrent.bytes, { path: '/d', peers: peers.map((ip) => ({ ip, port: 6881 })) });
}

const transports = (torrent: Torrent) => torrent.peers().map(({ transport }) => transport);

test('BEP 29: a swarm over uTP alone, with loss and duplicates: everyone finishes', { timeout: 60_000 }, () => {
  const sim = world({ seed: 1, link: { latency: 20, rate: 3e6, loss: 0.01, duplicate: 0.01 } });
  const torrent = makeTorrent([1_500_000], 65_536);
  const ips = Array.from({ length: 8 }, (_, i) => `10.0.0.${i + 1}`);
  const hosts = ips.map((ip) => sim.host(ip));
  give(hosts[0]!, torrent, '/d');
  const members = hosts.map((host, i) => join(host, torrent, [ips[0]!, ips[(i + 1) % 8]!], ONLY_UTP));
  let seen = 0;
  sim.run(() => {
    seen += members[3]!.peers().filter(({ transport }) => transport === 'tcp').length;
    return members.every(({ state }) => state === 'seeding') || sim.now > HOUR;
  });
  expect(members.map(({ state }) => state)).toEqual(members.map(() => 'seeding'));
  for (const host of hosts) expect(holds(host, torrent, '/d')).toBe(true);
  expect(seen).toBe(0);
});

test('BEP 29: what was carried is told, peer by peer', () => {
  const sim = world({ seed: 2, link: { latency: 10, rate: 2e6 } });
  const torrent = makeTorrent([1_000_000], 65_536);
  const [a, b] = ['10.0.0.1', '10.0.0.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  const seeding = join(a!, torrent, [], ONLY_UTP);
  const leeching = join(b!, torrent, ['10.0.0.1'], ONLY_UTP);
  sim.run(() => leeching.stats().downloaded > 500_000);
  const { downloaded } = leeching.stats();
  expect(leeching.peers()).toMatchObject([{ transport: 'utp', incoming: false, downloaded, uploaded: 0 }]);
  expect(seeding.peers()).toMatchObject([{ transport: 'utp', incoming: true, downloaded: 0 }]);
  expect(seeding.peers()[0]!.uploaded).toBeGreaterThanOrEqual(downloaded);
});

test('BEP 3, BEP 29: the answer to a handshake is alone in its packet, for clients that read no further in it', () => {
  const sim = world({ seed: 10, link: { latency: 10, rate: 1e6 } });
  const torrent = makeTorrent([100_000], 65_536);
  const [a, b] = ['10.0.0.1', '10.0.0.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  join(a!, torrent, [], ONLY_UTP);
  const endpoint = new UtpEndpoint(b!);
  const lengths: number[] = [];
  const driver = driveDatagrams(b!, { port: 0 }, endpoint, (events) => {
    for (const event of events) if (event.type === 'data') lengths.push(event.bytes.length);
  });
  const infoHash = torrent.metainfo.infoHashV1!;
  const handshake = encodeHandshake({ reserved: new Uint8Array(8), infoHash, peerId: infoHash });
  endpoint.connect({ ip: '10.0.0.1', port: 6881 }).write([handshake]);
  driver.flush();
  sim.run(sim.now + 5000);
  driver.close();
  expect(lengths[0]).toBe(68);
  expect(lengths.length).toBeGreaterThan(1);
});

test('neighbours meet over TCP, strangers over uTP', () => {
  for (const [net, transport] of [
    ['192.168.1', 'tcp'],
    ['8.8.8', 'utp'],
  ] as const) {
    const sim = world({ seed: 3, link: { latency: 10, rate: 1e6 } });
    const torrent = makeTorrent([500_000], 65_536);
    const [a, b] = [1, 2].map((i) => sim.host(`${net}.${i}`));
    give(a!, torrent, '/d');
    const seeding = join(a!, torrent, [], { listen: LISTEN });
    const leeching = join(b!, torrent, [`${net}.1`], { listen: LISTEN });
    sim.run(() => leeching.stats().downloaded > 0 || sim.now > HOUR);
    expect([transports(seeding), transports(leeching)]).toEqual([[transport], [transport]]);
  }
});

for (const [missing, other] of [
  ['tcp', 'utp'],
  ['utp', 'tcp'],
] as const) {
  for (const net of ['192.168.1', '8.8.8']) {
    test(`who has no ${missing} is reached over ${other} in no time, and remembered (from ${net}.x)`, () => {
      const sim = world({ seed: 4, link: { latency: 20, rate: 1e6 } });
      const torrent = makeTorrent([500_000], 65_536);
      const [a, b] = [1, 2].map((i) => sim.host(`${net}.${i}`));
      give(a!, torrent, '/d');
      join(a!, torrent, [], { listen: LISTEN, [missing]: false });
      const leeching = join(b!, torrent, [`${net}.1`], { listen: LISTEN });
      sim.run(() => leeching.stats().downloaded > 0 || sim.now > 5000);
      expect(sim.now).toBeLessThan(2000);
      expect(transports(leeching)).toEqual([other]);
      leeching.pause();
      leeching.addPeer({ ip: `${net}.1`, port: 6881 });
      const from = sim.now;
      leeching.resume();
      sim.run(() => leeching.peers().length > 0 || sim.now > from + 5000);
      expect(sim.now - from).toBeLessThan(400);
      expect(transports(leeching)).toEqual([other]);
    });
  }
}

test('who takes a TCP connection and hangs up is tried over uTP at once', () => {
  const sim = world({ seed: 9, link: { latency: 10, rate: 1e6 } });
  const torrent = makeTorrent([100_000], 65_536);
  const [a, b] = ['10.0.0.1', '10.0.0.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  join(a!, torrent, [], ONLY_UTP);
  a!.listen({ port: 6881 }, { accept: (stream) => ({ opened: () => stream.close(), receive() {}, closed() {} }) });
  const leeching = join(b!, torrent, ['10.0.0.1'], { listen: LISTEN });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(sim.now).toBeLessThan(3000);
});

test('utp: false neither calls nor answers over uTP', () => {
  const sim = world({ seed: 5, link: { latency: 10, rate: 1e6 } });
  const torrent = makeTorrent([100_000], 65_536);
  const [a, b] = ['8.8.8.1', '8.8.8.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  join(a!, torrent, [], { listen: LISTEN, utp: false });
  const leeching = join(b!, torrent, ['8.8.8.1'], ONLY_UTP);
  sim.run(sim.now + 60_000);
  expect(leeching.stats()).toMatchObject({ peers: 0, downloaded: 0 });
});

test('BEP 15, BEP 29, BEP 5: one port for all', () => {
  const sim = world({ seed: 6 });
  const host = sim.host('10.0.0.1');
  const torrent = makeTorrent([100_000], 65_536);
  const client = new Client(host, { listen: [{ port: 7000 }] });
  client.add(torrent.bytes, { path: '/d' });
  sim.run(sim.now + 1000);
  expect(host.machine.udp.all().map(({ port }) => port)).toEqual([7000]);
});

test('the UDP port is taken: the client says so, and goes on at another', () => {
  const sim = world({ seed: 7, link: { latency: 10, rate: 1e6 } });
  const torrent = makeTorrent([200_000], 65_536);
  const [a, b] = ['8.8.8.1', '8.8.8.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  join(a!, torrent, [], ONLY_UTP);
  b!.bind({ port: 6881 }, { receive() {} });
  const client = new Client(b!, { listen: LISTEN, dht: false });
  const types: string[] = [];
  client.subscribe((events) => types.push(...events.map(({ type }) => type)));
  const leeching = client.add(torrent.bytes, { path: '/d', peers: [{ ip: '8.8.8.1', port: 6881 }] });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(types).toContain('udp-failed');
  expect(types).not.toContain('listen-failed');
  expect(holds(b!, torrent, '/d')).toBe(true);
});

test('after closing, no port is held and nothing is left to happen', async () => {
  const sim = world({ seed: 8, link: { latency: 5 } });
  const torrent = makeTorrent([200_000], 65_536);
  const [a, b] = ['10.0.0.1', '10.0.0.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  const clients = [a!, b!].map((host) => new Client(host, { listen: LISTEN, tcp: false }));
  clients[0]!.add(torrent.bytes, { path: '/d' });
  const leeching = clients[1]!.add(torrent.bytes, { path: '/d', peers: [{ ip: '10.0.0.1', port: 6881 }] });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  for (const client of clients) await sim.settle(client.close());
  sim.run(sim.now + HOUR);
  expect(sim.pending).toBe(0);
  for (const host of [a!, b!]) expect(host.machine.udp.all()).toEqual([]);
});
