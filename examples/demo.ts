/**
 * The main job, on loopback: a tracker, a seeder and two leechers find each other and move a file, with live progress, and the
 * copies are compared with the original at the end.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type Torrent } from '@ferro/client';
import { createTorrent, parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { openTracker } from '@ferro/tracker';

const SIZE_MIB = 128;
const NAME = 'demo.bin';
const LOOPBACK = '127.0.0.1';

async function makeFile(path: string): Promise<void> {
  const file = await open(path, 'w');
  for (let i = 0; i < SIZE_MIB; i++) await file.write(randomBytes(1_048_576));
  await file.close();
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 })) hash.update(chunk);
  return hash.digest('hex');
}

function bar(torrent: Torrent): string {
  const filled = Math.round(20 * torrent.progress);
  const { downloadRate, uploadRate } = torrent.stats();
  const mb = (rate: number) => `${(rate / 1e6).toFixed(0).padStart(4)} MB/s`;
  return `[${'█'.repeat(filled)}${'░'.repeat(20 - filled)}] ${(100 * torrent.progress).toFixed(0).padStart(3)} %  ↓${mb(downloadRate)}  ↑${mb(uploadRate)}`;
}

/** On a terminal the lines are drawn over themselves; elsewhere they follow each other. */
function showProgress(leechers: readonly Torrent[]): () => void {
  let drawn = false;
  const draw = () => {
    if (drawn && process.stdout.isTTY) process.stdout.write(`\x1b[${leechers.length}A`);
    leechers.forEach((torrent, i) => void process.stdout.write(`  leecher ${i + 1}  ${bar(torrent)}\n`));
    drawn = true;
  };
  const timer = setInterval(draw, process.stdout.isTTY ? 100 : 500);
  return () => {
    clearInterval(timer);
    draw();
  };
}

const folder = await mkdtemp(join(tmpdir(), 'ferro-demo-'));
const host = nodeHost();
try {
  console.log(`1. Making ${SIZE_MIB} MiB of random data and a torrent of it`);
  await mkdir(join(folder, 'seed'));
  await makeFile(join(folder, 'seed', NAME));
  await using tracker = await openTracker(host, { http: { ip: LOOPBACK, port: 0 } });
  const announce = `http://${LOOPBACK}:${tracker.http?.port}/announce`;
  const bytes = await createTorrent(
    host,
    { name: NAME, root: join(folder, 'seed'), single: true, files: [{ path: [NAME], length: SIZE_MIB * 1_048_576 }] },
    { trackers: [[announce]], pieceLength: 1_048_576 },
  );
  const torrent = parseTorrent(bytes);
  console.log(`   ${torrent.infoHashV1?.hex}, ${torrent.pieceCount} pieces`);

  console.log(`2. A tracker at ${announce}`);
  const listen = [{ ip: LOOPBACK, port: 0 }];
  await using seeder = new Client(host, { listen });
  await seeder.add(bytes, { path: join(folder, 'seed') }).ready;
  console.log(`3. A seeder at ${LOOPBACK}:${seeder.port}, its data checked`);

  console.log('4. Two leechers that know nothing but the torrent');
  const clients = [new Client(host, { listen }), new Client(host, { listen })];
  const begun = performance.now();
  const leechers = clients.map((client, i) => client.add(bytes, { path: join(folder, `leech-${i + 1}`) }));
  const stop = showProgress(leechers);
  await Promise.all(leechers.map(({ finished }) => finished));
  stop();
  const seconds = (performance.now() - begun) / 1000;

  console.log('5. Comparing');
  const original = await sha256Of(join(folder, 'seed', NAME));
  for (const [i] of leechers.entries()) {
    const copy = await sha256Of(join(folder, `leech-${i + 1}`, NAME));
    if (copy !== original) throw new Error(`copy ${i + 1} differs from the original`);
  }
  console.log(`   both copies have SHA-256 ${original.slice(0, 16)}…, as the original`);
  console.log(
    `\n${2 * SIZE_MIB} MiB moved and verified in ${seconds.toFixed(1)} s: ${((2 * SIZE_MIB * 1.048576) / seconds).toFixed(0)} MB/s together`,
  );
  for (const client of clients) await client.close();
} catch (error) {
  console.error(`the demo failed: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await host.close();
  await rm(folder, { recursive: true, force: true });
}
