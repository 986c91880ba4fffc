/** The facades on real sockets against opentracker, where that is installed (BEP 3, trackers; BEP 23; BEP 48). */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Id20, utf8 } from '../../core/src/index.ts';
import { nodeHost } from '../../node/src/index.ts';
import { announceHttp, scrapeHttp } from '../src/index.ts';
import { request } from './world.ts';

const installed = spawnSync('opentracker', ['-h']).error === undefined;
const real = test.skipIf(!installed);
const folder = mkdtempSync(join(tmpdir(), 'ferro-tracker-http-'));
const host = nodeHost();
let tracker: ChildProcess | undefined;
let url = '';

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = host.listen(
      { ip: '127.0.0.1', port: 0 },
      {
        ready: ({ port }) => {
          listener.close();
          resolve(port);
        },
        failed: reject,
        accept: (stream) => ({ receive: () => stream.close(), closed() {} }),
      },
    );
  });
}

/** Asks until somebody listens: opentracker does not say when it does. */
async function answering(tries = 500): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      await announceHttp(host, url, { ...request, event: 'stopped' }, { timeoutMs: 1000 });
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

beforeAll(async () => {
  if (!installed) return;
  const port = await freePort();
  url = `http://127.0.0.1:${port}/announce`;
  chmodSync(folder, 0o755); // opentracker reads the list as somebody without rights
  writeFileSync(join(folder, 'allowed'), `${request.infoHash.hex}\n`);
  const flags = ['-i', '127.0.0.1', '-p', String(port), '-P', String(port), '-w', join(folder, 'allowed')];
  tracker = spawn('opentracker', flags, { stdio: 'ignore' });
  await answering();
}, 20_000);

afterAll(async () => {
  tracker?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
  await host.close();
});

const peer = (i: number) => Id20.from(utf8(`-FE0100-${String(i).padStart(12, '0')}`));

real('opentracker, where it is installed: peers find each other, and a scrape counts them', async () => {
  const seed = { ...request, peerId: peer(1), port: 6001, left: 0, event: 'started' as const };
  const leech = { ...request, peerId: peer(2), port: 6002, left: 9, event: 'started' as const };
  expect(await announceHttp(host, url, seed)).toMatchObject({ type: 'answer', complete: 1 });
  expect(await announceHttp(host, url, leech)).toMatchObject({
    type: 'answer',
    complete: 1,
    incomplete: 1,
    peers: expect.arrayContaining([{ ip: '127.0.0.1', port: 6001 }]),
  });
  const scrape = await scrapeHttp(host, url, [request.infoHash]);
  if (scrape.type !== 'answer') throw new Error(scrape.reason);
  expect(scrape.files.get(request.infoHash.hex)).toMatchObject({ complete: 1, incomplete: 1 });
  await announceHttp(host, url, { ...seed, event: 'stopped' });
  expect(await announceHttp(host, url, { ...leech, event: undefined })).toMatchObject({ complete: 0, incomplete: 1 });
});

real('opentracker, where it is installed: a torrent that it does not serve is refused in its words', async () => {
  const stranger = { ...request, infoHash: Id20.from('ee'.repeat(20)) };
  expect(await announceHttp(host, url, stranger)).toMatchObject({
    type: 'failure',
    reason: expect.stringMatching(/\w+/),
  });
});

real('opentracker, where it is installed: on loopback only the path /announce is asked', async () => {
  const elsewhere = url.replace('/announce', '/stats');
  await expect(announceHttp(host, elsewhere, request)).rejects.toThrow();
});
