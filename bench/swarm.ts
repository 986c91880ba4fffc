/**
 * Whole clients beside each other, on loopback, in one interleaved run: each pair moves the same file from a fresh seeder
 * process to fresh leecher processes that meet at a tracker. Medians; CPU seconds of the processes above all.
 *
 *     node bench/swarm.ts [--size MIB] [--piece KIB] [--files N] [--leechers N] [--seeders N] [--runs N] SEEDER:LEECHER…
 *
 * Needs a build, and for the rivals Debian's aria2, rtorrent and python3-libtorrent.
 */
import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createTorrent } from '@ferro/metainfo';
import { listFiles, nodeHost } from '@ferro/node';
import { openTracker } from '@ferro/tracker';
import { PeerProcess } from './swarm/process.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '256' },
    piece: { type: 'string', default: '1024' },
    files: { type: 'string', default: '1' },
    leechers: { type: 'string', default: '1' },
    seeders: { type: 'string', default: '1' },
    runs: { type: 'string', default: '3' },
  },
});
const pairs =
  positionals.length > 0
    ? positionals
    : ['ferro:ferro', 'libtorrent:ferro', 'libtorrent:aria2', 'libtorrent:libtorrent'];
const size = Number(values.size) * 1_048_576;
const SECONDS = 180;

interface Run {
  readonly rate: number;
  readonly leecherCpu: number;
  readonly seederCpu: number;
  readonly leecherMemory: number;
  readonly seederMemory: number;
}

const folder = mkdtempSync('/dev/shm/ferro-swarm-');
const host = nodeHost();
let port = 17_000;

try {
  makeContent(join(folder, 'seed', 'payload'), Number(values.files));
  const source = {
    name: 'payload',
    root: join(folder, 'seed', 'payload'),
    files: (await listFiles(join(folder, 'seed', 'payload'))).map(({ path, length }) => ({ path, length })),
  };
  const expected = digestOf(join(folder, 'seed', 'payload'));
  const runs = new Map<string, Run[]>(pairs.map((pair) => [pair, []]));
  for (let i = 0; i < Number(values.runs); i++) {
    for (const pair of pairs) runs.get(pair)!.push(await runPair(pair, source, expected));
  }
  report(runs);
} finally {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
}

async function runPair(pair: string, source: Parameters<typeof createTorrent>[1], expected: string): Promise<Run> {
  const [seederName, leecherName] = pair.split(':') as [string, string];
  await using tracker = await openTracker(host, { http: { ip: '127.0.0.1', port: 0 }, interval: 5 });
  const torrent = join(folder, 'payload.torrent');
  const announce = `http://127.0.0.1:${tracker.http?.port}/announce`;
  writeFileSync(
    torrent,
    await createTorrent(host, source, { pieceLength: 1024 * Number(values.piece), trackers: [[announce]] }),
  );
  const scratch = mkdtempSync(join(folder, 'run-'));
  const context = (name: string, data: string) => ({
    torrent,
    folder: data,
    scratch: join(scratch, name),
    port: port++,
  });
  const peers: PeerProcess[] = [];
  try {
    const seeders = Array.from(
      { length: Number(values.seeders) },
      (_, i) => new PeerProcess(seederName, 'seed', context(`seed-${i}`, join(folder, 'seed'))),
    );
    peers.push(...seeders);
    for (const seeder of seeders) await seeder.done(SECONDS);
    const before = sum(seeders.map(({ cpu }) => cpu));
    const begun = performance.now();
    const leechers = Array.from(
      { length: Number(values.leechers) },
      (_, i) => new PeerProcess(leecherName, 'leech', context(`leech-${i}`, join(scratch, `out-${i}`))),
    );
    peers.push(...leechers);
    for (const leecher of leechers) await leecher.done(SECONDS);
    const seconds = (performance.now() - begun) / 1000;
    const moved = size * leechers.length;
    const gib = size / 2 ** 30;
    const run = {
      rate: moved / 1e6 / seconds,
      leecherCpu: sum(leechers.map(({ cpu }) => cpu)) / leechers.length / gib,
      seederCpu: (sum(seeders.map(({ cpu }) => cpu)) - before) / (gib * leechers.length),
      leecherMemory: Math.max(...leechers.map(({ memory }) => memory)),
      seederMemory: Math.max(...seeders.map(({ memory }) => memory)),
    };
    // Some programs say that they are done before their last writes.
    for (let tries = 0; digestOf(join(scratch, 'out-0', 'payload')) !== expected; tries++) {
      if (tries > 20) throw new Error(`${pair}: the copy differs`);
      await new Promise((resolve) => void setImmediate(resolve));
    }
    return run;
  } finally {
    for (const peer of peers) await peer.end();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function makeContent(path: string, count: number): void {
  mkdirSync(path, { recursive: true });
  for (let i = 0; i < count; i++) {
    const bytes = randomFillSync(Buffer.allocUnsafe(Math.floor(size / count)));
    mkdirSync(join(path, `d${i % 50}`), { recursive: true });
    writeFileSync(join(path, `d${i % 50}`, `f${i}`), bytes);
  }
}

function digestOf(path: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()) {
    if (statSync(join(path, name)).isFile()) hash.update(name).update(readFileSync(join(path, name)));
  }
  return hash.digest('hex');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

function report(all: ReadonlyMap<string, readonly Run[]>): void {
  console.log(
    `${values.size} MiB in ${values.files} file(s), pieces of ${values.piece} KiB, ${values.seeders} seeder(s), ${values.leechers} leecher(s); start-up of the leechers counted\n`,
  );
  console.log(
    '| seeder → leecher | MB/s (min–max) | leecher CPU s/GiB | seeder CPU s/GiB | leecher MiB | seeder MiB |',
  );
  console.log('|---|---|---|---|---|---|');
  for (const [pair, runs] of all) {
    const of = (key: keyof Run) => median(runs.map((run) => run[key]));
    const rates = runs.map(({ rate }) => rate);
    const range = `(${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)})`;
    console.log(
      `| ${pair.replace(':', ' → ')} | **${of('rate').toFixed(0)}** ${range} | ${of('leecherCpu').toFixed(2)} | ${of('seederCpu').toFixed(2)} | ${of('leecherMemory').toFixed(0)} | ${of('seederMemory').toFixed(0)} |`,
    );
  }
}
