/** The facade on real sockets against opentracker, where that is installed (BEP 15). */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DatagramSocket, Id20, utf8 } from '../../core/src/index.ts';
import { nodeHost } from '../../node/src/index.ts';
import { openUdpTracker, type UdpTracker } from '../src/index.ts';
import { request } from './world.ts';

const installed = spawnSync('opentracker', ['-h']).error === undefined;
const real = test.skipIf(!installed);
const folder = mkdtempSync(join(tmpdir(), 'ferro-tracker-udp-'));
const host = nodeHost();
let server: ChildProcess | undefined;
let tracker: UdpTracker;
let url = '';

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket: DatagramSocket = host.bind(
      { ip: '127.0.0.1', port: 0 },
      {
        ready: ({ port }) => {
          socket.close();
          resolve(port);
        },
        receive() {},
        failed: reject,
      },
    );
  });
}

beforeAll(async () => {
  if (!installed) return;
  const port = await freePort();
  url = `udp://127.0.0.1:${port}/announce`;
  chmodSync(folder, 0o755); // opentracker reads the list as somebody without rights
  writeFileSync(join(folder, 'allowed'), `${request.infoHash.hex}\n`);
  const flags = ['-i', '127.0.0.1', '-p', String(port), '-P', String(port), '-w', join(folder, 'allowed')];
  server = spawn('opentracker', flags, { stdio: 'ignore' });
  // It does not say when it listens: what is sent before is lost, and sent again.
  tracker = await openUdpTracker(host, { ip: '127.0.0.1', retransmitMs: 20 });
  await tracker.announce(url, { ...request, event: 'stopped' });
}, 20_000);

afterAll(async () => {
  tracker?.close();
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
  await host.close();
});

const peer = (i: number) => Id20.from(utf8(`-FE0100-${String(i).padStart(12, '0')}`));

real('opentracker, where it is installed: peers find each other, and a scrape counts them', async () => {
  const seed = { ...request, peerId: peer(1), port: 6001, left: 0, event: 'started' as const };
  const leech = { ...request, peerId: peer(2), port: 6002, left: 9, event: 'started' as const };
  expect(await tracker.announce(url, seed)).toMatchObject({ seeders: 1 });
  const response = await tracker.announce(url, leech);
  expect(response).toMatchObject({ seeders: 1, leechers: 1 });
  expect(response.peers).toContainEqual({ ip: '127.0.0.1', port: 6001 });
  const [known, unknown] = await tracker.scrape(url, [request.infoHash, Id20.from('ee'.repeat(20))]);
  expect(known).toMatchObject({ seeders: 1, leechers: 1 });
  expect(unknown).toMatchObject({ seeders: 0, leechers: 0 });
  await tracker.announce(url, { ...seed, event: 'stopped' });
  expect(await tracker.announce(url, leech)).toMatchObject({ seeders: 0, leechers: 1 });
});
