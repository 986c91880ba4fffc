import { createHash } from 'node:crypto';
import { Simulation } from '@ferro/sim';
import { expect, test } from 'vitest';
import { Client } from '../src/index.ts';
import { makeTorrent, type TestTorrent } from './torrents.ts';

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest());

function give(host: ReturnType<Simulation['host']>, torrent: TestTorrent, folder: string): void {
  for (const [path, bytes] of torrent.files) host.disk.write(`${folder}/${path}`, bytes);
}

function holds(host: ReturnType<Simulation['host']>, torrent: TestTorrent, folder: string): boolean {
  return [...torrent.files].every(([path, bytes]) => {
    const found = host.disk.read(`${folder}/${path}`);
    return found !== undefined && Buffer.compare(found, bytes) === 0;
  });
}

test('one seed, one leecher', () => {
  const sim = new Simulation({ seed: 1, sha1, link: { latency: 10, rate: 10e6 } });
  const torrent = makeTorrent([3_000_000], 262_144);
  const a = sim.host('10.0.0.1');
  const b = sim.host('10.0.0.2');
  give(a, torrent, '/data');
  const seeder = new Client(a, { listen: [{ port: 6881 }] });
  const seeding = seeder.add(torrent.bytes, { path: '/data' });
  sim.run(() => seeding.state === 'seeding');
  const leecher = new Client(b, { listen: [{ port: 6881 }] });
  const leeching = leecher.add(torrent.bytes, { path: '/down', peers: [{ ip: '10.0.0.1', port: 6881 }] });
  sim.run(() => leeching.state === 'seeding');
  expect(holds(b, torrent, '/down')).toBe(true);
});

test('many files, many peers: everyone finishes', () => {
  const sim = new Simulation({ seed: 2, sha1, link: { latency: 20, rate: 4e6 } });
  const torrent = makeTorrent([100_000, 0, 700_000, 5, 1_200_000], 65_536);
  const hosts = Array.from({ length: 12 }, (_, i) => sim.host(`10.0.0.${i + 1}`));
  give(hosts[0]!, torrent, '/d');
  const addresses = hosts.map((_, i) => ({ ip: `10.0.0.${i + 1}`, port: 6881 }));
  const torrents = hosts.map((host) =>
    new Client(host, { listen: [{ port: 6881 }] }).add(torrent.bytes, { path: '/d', peers: addresses }),
  );
  sim.run(() => torrents.every((one) => one.state === 'seeding') || sim.now > 600_000);
  expect(torrents.map((one) => one.state)).toEqual(torrents.map(() => 'seeding'));
  for (const host of hosts) expect(holds(host, torrent, '/d')).toBe(true);
});
