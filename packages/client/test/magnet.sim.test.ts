import { Id20, sha1, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import { Client, fetchMetadata } from '../src/index.ts';
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

test('BEP 9: with ten of fifty lying about the metadata, everybody else gets it, and all files', {
  timeout: 60_000,
}, () => {
  const sim = world({ seed: 3, link: { latency: 15, rate: 5e6 } });
  const lengths = Array.from({ length: 400 }, (_, i) => (i === 0 ? 50_000 : 0));
  const torrent = makeTorrent(lengths, 16_384);
  const ips = Array.from({ length: 50 }, (_, i) => `10.0.${i}.1`);
  const hosts = ips.map((ip) => sim.host(ip));
  // Everybody knows the one that has all, half of the liars, and some others.
  const known = (i: number) => [0, 1, 2, 3, 4, 5, i + 7, i + 19, i + 31].map((n) => ({ ip: ips[n % 50]!, port: 6881 }));
  const link = `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}`;
  const { infoBytes } = torrent.metainfo;
  const lie = (i: number) => infoBytes.map((byte, at) => (at % 16_384 === i ? byte ^ 1 : byte));
  give(hosts[0]!, torrent, '/d');
  const members = hosts.map((host, i) => {
    const client = new Client(host, { listen: [{ port: 6881 }], dht: false });
    const peers = known(i);
    if (i > 10) return client.add(link, { path: '/d', peers });
    return client.add(i === 0 ? torrent.bytes : { ...torrent.metainfo, infoBytes: lie(i) }, { path: '/d', peers });
  });
  const honest = members.filter((_, i) => i > 10);
  sim.run(() => honest.every(({ state }) => state === 'seeding') || sim.now > HOUR);
  expect(honest.filter(({ state }) => state !== 'seeding')).toEqual([]);
  for (const [i, host] of hosts.entries()) if (i > 10) expect(holds(host, torrent, '/d')).toBe(true);
});

test.each([0, 1])(
  'BEP 9: when the peer that was asked for the metadata leaves, another one is asked (%i)',
  (leaves) => {
    const sim = world({ seed: 6, link: { latency: 500, rate: 5e6 } });
    const torrent = makeTorrent([200_000], 16_384);
    const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => sim.host(ip));
    const seeds = [a!, b!].map((host) => {
      give(host, torrent, '/d');
      const client = new Client(host, { listen: [{ port: SEED.port }] });
      return { client, torrent: client.add(torrent.bytes, { path: '/d' }) };
    });
    sim.run(() => seeds.every((seed) => seed.torrent.state === 'seeding'));
    const magnet = `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}`;
    const leeching = new Client(c!).add(magnet, { path: '/d', peers: [SEED, { ...SEED, ip: '10.0.0.2' }] });
    sim.run(() => leeching.stats().peers === 2);
    // Handshakes have gone and come, and the question is on its way: to one of both, and the other has nothing to do.
    const asked = sim.now + 1_250;
    sim.run(() => sim.now >= asked);
    void seeds[leaves]!.client.close();
    const patience = sim.now + 20_000;
    sim.run(() => leeching.state === 'seeding' || sim.now > patience);
    expect(leeching.state).toBe('seeding');
  },
);

test('BEP 53: only the files that the link names are wanted, unless the user says otherwise', () => {
  const sim = world({ seed: 4, link: { latency: 10, rate: 5e6 } });
  const torrent = makeTorrent([65_536, 65_536, 65_536], 16_384);
  const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  new Client(a!, { listen: [{ port: SEED.port }] }).add(torrent.bytes, { path: '/d' });
  const magnet = `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}&so=0,2&x.pe=10.0.0.1:6881`;
  const named = new Client(b!).add(magnet, { path: '/d' });
  const chosen = new Client(c!).add(magnet, { path: '/d', select: (_file, index) => index === 1 });
  sim.run(() => (named.state === 'seeding' && chosen.state === 'seeding') || sim.now > HOUR);
  expect([named.stats().wanted, chosen.stats().wanted]).toEqual([131_072, 65_536]);
  expect(b!.disk.read('/d/folder/sub/file 1.bin')).toBeUndefined();
});

test('BEP 9: a name in x.pe is looked up; metadata alone can be had, and leaves nothing behind', async () => {
  const sim = world({ seed: 5, link: { latency: 10, rate: 5e6 } });
  sim.name('peer.example', ['10.0.0.1']);
  const torrent = makeTorrent([200_000], 16_384);
  const [a, b] = ['10.0.0.1', '10.0.0.2'].map((ip) => sim.host(ip));
  give(a!, torrent, '/d');
  new Client(a!, { listen: [{ port: SEED.port }] }).add(torrent.bytes, { path: '/d' });
  const link = `magnet:?xt=urn:btih:${torrent.metainfo.infoHashV1!.hex}&tr=http://10.9.9.9/announce`;
  const found = await sim.settle(fetchMetadata(b!, `${link}&x.pe=peer.example:6881`, { listen: [] }));
  expect(found.infoBytes).toEqual(torrent.metainfo.infoBytes);
  expect(found.trackers).toEqual([['http://10.9.9.9/announce']]);
  expect(b!.disk.read('/file.bin')).toBeUndefined();
  await expect(sim.settle(fetchMetadata(b!, link, { signal: AbortSignal.abort(new Error('enough')) }))).rejects.toThrow(
    'enough',
  );
  sim.run(sim.now + HOUR);
});

test('BEP 9: what fits the info-hash and is no torrent is told, and nothing more happens', async () => {
  const sim = world({ seed: 6, link: { latency: 10, rate: 5e6 } });
  const torrent = makeTorrent([200_000], 16_384);
  const nonsense = utf8('d4:name1:xe');
  const [a, b] = ['10.0.0.1', '10.0.0.2'].map((ip) => sim.host(ip));
  const metainfo = { ...torrent.metainfo, infoBytes: nonsense, infoHashV1: Id20.from(sha1(nonsense)) };
  new Client(a!, { listen: [{ port: SEED.port }] }).add(metainfo, { path: '/d' });
  const client = new Client(b!);
  const types: string[] = [];
  client.subscribe((events) => types.push(...events.map(({ type }) => type)));
  const leeching = client.add(`magnet:?xt=urn:btih:${metainfo.infoHashV1.hex}`, { path: '/d', peers: [SEED] });
  await expect(sim.settle(leeching.finished)).rejects.toThrow();
  expect([types.includes('failed'), leeching.state]).toEqual([true, 'paused']);
});
