import { driveStream, Id20 } from '@ferro/core';
import type { Simulation } from '@ferro/sim';
import { PeerConnection, type PeerEvent } from '@ferro/wire';
import { expect, test } from 'vitest';
import { Client } from '../src/index.ts';
import { limits } from '../src/limits.ts';
import { makeTorrent, type TestTorrent } from './torrents.ts';
import { give, holds, world } from './world.ts';

const HOUR = 3_600_000;
const SEED = { ip: '10.0.0.1', port: 6881 };

function seedAt(
  sim: Simulation,
  torrent: TestTorrent,
  options: { readonly superSeed?: boolean; readonly uploadRate?: number } = {},
) {
  const host = sim.host(SEED.ip);
  give(host, torrent, '/d');
  const client = new Client(host, { listen: [{ port: SEED.port }] });
  const added = client.add(torrent.bytes, { path: '/d', ...options });
  sim.run(() => added.state === 'seeding');
  return { client, torrent: added };
}

test('limits are kept, to a few percent, in both directions', () => {
  for (const side of ['up', 'down'] as const) {
    const sim = world({ seed: 1, link: { latency: 10, rate: 20e6 } });
    const torrent = makeTorrent([4_000_000], 65_536);
    seedAt(sim, torrent, side === 'up' ? { uploadRate: 500_000 } : {});
    const client = new Client(sim.host('10.0.0.2'), side === 'down' ? { downloadRate: 500_000 } : {});
    const leeching = client.add(torrent.bytes, { path: '/d', peers: [SEED] });
    sim.run(() => leeching.stats().downloaded > 0);
    const [from, begun] = [sim.now, leeching.stats().downloaded];
    sim.run(from + 6000);
    const rate = ((leeching.stats().downloaded - begun) * 1000) / (sim.now - from);
    expect(rate).toBeGreaterThan(470_000);
    expect(rate).toBeLessThan(530_000);
  }
});

test('an upload limit is shared fairly among peers', () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 20e6 } });
  const torrent = makeTorrent([12_000_000], 65_536);
  seedAt(sim, torrent, { uploadRate: 900_000 });
  // Leechers that cannot reach each other: all comes from the seed.
  const leechers = [2, 3, 4].map((i) =>
    new Client(sim.host(`10.0.0.${i}`), { listen: [] }).add(torrent.bytes, { path: '/d', peers: [SEED] }),
  );
  sim.run(sim.now + 2000);
  const before = leechers.map((one) => one.stats().downloaded);
  sim.run(sim.now + 15_000);
  const got = leechers.map((one, i) => one.stats().downloaded - before[i]!);
  expect(Math.min(...got) / Math.max(...got)).toBeGreaterThan(0.8);
});

test('a piece that every peer has by now is not kept in memory to be served', () => {
  const sim = world({ seed: 1, link: { latency: 5, rate: 2e6 } });
  const torrent = makeTorrent([4_000_000], 65_536);
  const { client, torrent: seeding } = seedAt(sim, torrent);
  const leeching = new Client(sim.host('10.0.0.2')).add(torrent.bytes, { path: '/d', peers: [SEED] });
  let late = 0;
  sim.run(() => {
    if (seeding.stats().uploaded > 2_000_000) late = Math.max(late, client.memoryUsed);
    return leeching.stats().done > 3_500_000;
  });
  expect(late).toBeGreaterThan(0);
  expect(late).toBeLessThan(3_000_000);
});

test('memory stays within its budget all the time, also when pieces are large', () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 50e6 } });
  const torrent = makeTorrent([12_000_000], 1_048_576);
  seedAt(sim, torrent);
  const host = sim.host('10.0.0.2', { disk: { latency: 20, rate: 5e6 } });
  const client = new Client(host, { memory: 3 * 1_048_576 });
  let most = 0;
  client.subscribe(() => {
    most = Math.max(most, client.memoryUsed);
  });
  const leeching = client.add(torrent.bytes, { path: '/d', peers: [SEED] });
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(holds(host, torrent, '/d')).toBe(true);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(3 * 1_048_576);
});

test('a file is read while it comes: the parts asked for come first', async () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 2e6 } });
  const torrent = makeTorrent([4_000_000], 65_536);
  seedAt(sim, torrent);
  const leeching = new Client(sim.host('10.0.0.2')).add(torrent.bytes, { path: '/d', peers: [SEED] });
  sim.run(() => leeching.state === 'downloading');
  const from = sim.now;
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of leeching.file(0).read({ start: 3_000_000, end: 3_200_000 })) chunks.push(chunk);
  })();
  await sim.settle(reading);
  expect(Buffer.concat(chunks).equals(torrent.files.get('file.bin')!.subarray(3_000_000, 3_200_000))).toBe(true);
  // At 2 MB/s the whole file takes two seconds; this part takes a fraction of it.
  expect(sim.now - from).toBeLessThan(1000);
});

test('BEP 16: super-seeding sends little more than one copy to four leechers', () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 5e6 } });
  const torrent = makeTorrent([3_000_000], 32_768);
  const { torrent: seeding } = seedAt(sim, torrent, { superSeed: true });
  const addresses = [2, 3, 4, 5].map((i) => ({ ip: `10.0.0.${i}`, port: 6881 }));
  const leechers = addresses.map(({ ip }) =>
    new Client(sim.host(ip), { listen: [{ port: 6881 }] }).add(torrent.bytes, {
      path: '/d',
      peers: [SEED, ...addresses],
    }),
  );
  sim.run(() => leechers.every(({ state }) => state === 'seeding') || sim.now > HOUR);
  expect(leechers.map(({ state }) => state)).toEqual(Array(4).fill('seeding'));
  expect(seeding.stats().uploaded).toBeLessThan(1.5 * 3_000_000);
});

test('a peer that drops requests without a word is asked again, and the download ends (BEP 3, no fast extension)', () => {
  const sim = world({ seed: 1, link: { latency: 5, rate: 10e6 } });
  const torrent = makeTorrent([1_000_000], 65_536);
  const host = sim.host(SEED.ip);
  const file = torrent.files.get('file.bin')!;
  let seen = 0;
  host.listen(
    { port: SEED.port },
    {
      accept: () => {
        const connection = new PeerConnection(host, {
          infoHash: torrent.metainfo.infoHashV1!,
          peerId: Id20.from(new Uint8Array(20).fill(7)),
          fast: false,
          extended: false,
          geometry: { pieceCount: 16, pieceLength: 65_536, length: 1_000_000 },
        });
        const answer = (events: readonly PeerEvent[]) => {
          for (const event of events) {
            if (event.type === 'handshake') connection.haveAll();
            if (event.type === 'interested') connection.unchoke();
            // Every seventh request of the first sixty is never answered.
            if (event.type !== 'request' || (++seen % 7 === 0 && seen < 60)) continue;
            const at = event.piece * 65_536 + event.begin;
            connection.piece(event.piece, event.begin, file.subarray(at, at + event.length));
          }
        };
        return driveStream(host, connection, answer);
      },
    },
  );
  const leecher = sim.host('10.0.0.2');
  const leeching = new Client(leecher).add(torrent.bytes, { path: '/d', peers: [SEED] });
  sim.run(() => leeching.state === 'seeding' || sim.now > 10 * limits.requestMs);
  expect(holds(leecher, torrent, '/d')).toBe(true);
});

test('BEP 3, have: a seed hears of all that we get, within seconds, in few packets that say nothing else', () => {
  const sim = world({ seed: 1, link: { latency: 5, rate: 1e6 } });
  const torrent = makeTorrent([4_000_000], 65_536);
  const host = sim.host(SEED.ip);
  const file = torrent.files.get('file.bin')!;
  const heard = new Set<number>();
  let lonely = 0;
  host.listen(
    { port: SEED.port },
    {
      accept: () => {
        const connection = new PeerConnection(host, {
          infoHash: torrent.metainfo.infoHashV1!,
          peerId: Id20.from(new Uint8Array(20).fill(7)),
          geometry: { pieceCount: 62, pieceLength: 65_536, length: 4_000_000 },
        });
        const answer = (events: readonly PeerEvent[]) => {
          if (events.length > 0 && events.every(({ type }) => type === 'have')) lonely++;
          for (const event of events) {
            if (event.type === 'handshake') connection.haveAll();
            if (event.type === 'interested') connection.unchoke();
            if (event.type === 'have') heard.add(event.piece);
            // The last piece is kept back, so that the conversation goes on.
            if (event.type !== 'request' || event.piece === 61) continue;
            const at = event.piece * 65_536 + event.begin;
            connection.piece(event.piece, event.begin, file.subarray(at, at + event.length));
          }
        };
        return driveStream(host, connection, answer);
      },
    },
  );
  const leeching = new Client(sim.host('10.0.0.2')).add(torrent.bytes, { path: '/d', peers: [SEED] });
  sim.run(() => leeching.stats().done === 61 * 65_536 || sim.now > HOUR);
  sim.run(sim.now + 2 * limits.watchMs);
  expect(heard.size).toBe(61);
  expect(lonely).toBeLessThan(10);
});

test('a slow peer does not hold up the end: its last blocks are asked of others (end game)', () => {
  const sim = world({ seed: 1, link: { latency: 10, rate: 5e6 } });
  const torrent = makeTorrent([2_000_000], 65_536);
  seedAt(sim, torrent);
  const slow = sim.host('10.0.0.3', { link: { latency: 10, rate: 3000 } });
  give(slow, torrent, '/d');
  const slowSeed = new Client(slow, { listen: [{ port: 6881 }] }).add(torrent.bytes, { path: '/d' });
  sim.run(() => slowSeed.state === 'seeding');
  const leeching = new Client(sim.host('10.0.0.2')).add(torrent.bytes, {
    path: '/d',
    peers: [{ ip: '10.0.0.3', port: 6881 }, SEED],
  });
  const from = sim.now;
  sim.run(() => leeching.state === 'seeding' || sim.now > HOUR);
  expect(sim.now - from).toBeLessThan(20_000);
});

test('a seed does not stay connected to seeds, and nobody to itself', () => {
  const sim = world({ seed: 1, link: { latency: 5 } });
  const torrent = makeTorrent([300_000], 65_536);
  const { torrent: first } = seedAt(sim, torrent);
  first.addPeer(SEED);
  const other = sim.host('10.0.0.2');
  give(other, torrent, '/d');
  const second = new Client(other).add(torrent.bytes, { path: '/d', peers: [SEED] });
  sim.run(sim.now + 60_000);
  expect([first.stats().peers, second.stats().peers]).toEqual([0, 0]);
});

test('strangers who never say a word, or the wrong one, are let go', () => {
  const sim = world({ seed: 1, link: { latency: 5 } });
  const torrent = makeTorrent([300_000], 65_536);
  const { torrent: seeding } = seedAt(sim, torrent);
  const host = sim.host('10.0.0.9');
  let gone = 0;
  for (const words of [
    '',
    'GET / HTTP/1.1\r\n\r\n',
    '\x13BitTorrent protocol',
    '\x13BitTorrent protocol'.padEnd(68, 'x'),
  ]) {
    host.connect(SEED, {
      opened: (stream) => void stream.write([new TextEncoder().encode(words)]),
      receive: () => {},
      closed: () => void gone++,
    });
  }
  sim.run(sim.now + 2 * limits.connectMs);
  expect(gone).toBe(4);
  expect(seeding.stats().peers).toBe(0);
});
