/**
 * nginx as the only source of a torrent of many files, beside curl that fetches the same files in the same run, on a memory file
 * system. Ferro's pieces are hashed and then written, by the package alone and by the command, whose start and end are counted;
 * curl alone writes, and once more with sha1sum after it. Medians.
 *
 *     node bench/webseed.ts [MIB] [REPETITIONS]      (after a build; --conditions=@ferro/source measures the source)
 */
import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { encode } from '@ferro/bencode';
import { fromHex, toHex } from '@ferro/core';
import { installed, Nginx } from '../packages/webseed/test/nginx.ts';
import type { Cost } from './loopback/meter.ts';
import type { Scenario } from './webseed/scenario.ts';

const MIB = 1 << 20;
const PIECE = MIB;
const mebibytes = Number(process.argv[2] ?? 1024);
const repetitions = Number(process.argv[3] ?? 5);
if (!installed) throw new Error('nginx is not installed');
const nginx = new Nginx('/dev/shm');
const output = join(nginx.folder, 'output');
const torrent = join(nginx.folder, 'download.torrent');
const command = fileURLToPath(new URL('../packages/cli/dist/bin/ferro.js', import.meta.url));
const files = shapes();
const length = files.reduce((sum, file) => sum + file.length, 0);
const paths = files.map(({ path }) => path.join('/'));
const rates = new Map<string, number[]>();
const costs: Cost[] = [];

try {
  const sha1 = makeFiles();
  await nginx.start(['']);
  const scenario: Scenario = { url: nginx.urls[0]!, output, files, pieceLength: PIECE, sha1 };
  writeFileSync(join(nginx.folder, 'scenario.json'), JSON.stringify(scenario));
  writeFileSync(torrent, torrentOf(scenario));
  const curl = ['-s', '--fail', '--create-dirs', ...paths.flatMap((path) => ['-o', path, nginx.urls[0]! + path])];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    await measure('curl', () => run('curl', curl));
    await measure('curl, then sha1sum', async () => {
      await run('curl', curl);
      await run('sha1sum', paths);
    });
    await measure('ferro, hashing counted', async () => {
      const program = fileURLToPath(new URL('./webseed/receiver.ts', import.meta.url));
      const text = await run(process.execPath, [...process.execArgv, program, join(nginx.folder, 'scenario.json')]);
      const cost = JSON.parse(text) as Cost;
      costs.push(cost);
      return cost.seconds;
    });
    const alone = ['--json', '--no-dht', '--no-lsd', '--no-utp', '--listen', '127.0.0.1:0'];
    await measure('ferro download', () =>
      run(process.execPath, [command, 'download', torrent, '--out', output, ...alone]),
    );
  }
  report();
} finally {
  await nginx.stop();
}

/** Four large files, thirty of middle size, two hundred small ones, in turns. */
function shapes(): { readonly path: readonly string[]; readonly length: number }[] {
  const bytes = mebibytes * MIB;
  const group = (name: string, count: number, share: number) =>
    Array.from({ length: count }, (_, i) => ({
      path: ['torrent', name, `file ${i}`.replace(' ', '-')],
      length: Math.floor((bytes * share) / count) + i,
    }));
  return [...group('large', 4, 0.6), ...group('small', 200, 0.05), ...group('middle', 30, 0.35)];
}

function makeFiles(): string {
  const hashes: Uint8Array[] = [];
  const piece = new Uint8Array(PIECE);
  let filled = 0;
  for (const file of files) {
    const bytes = randomFillSync(new Uint8Array(file.length));
    nginx.write(file.path, bytes);
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + PIECE - filled);
      piece.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled === PIECE) hashes.push(createHash('sha1').update(piece).digest());
      filled %= PIECE;
    }
  }
  if (filled > 0) hashes.push(createHash('sha1').update(piece.subarray(0, filled)).digest());
  return hashes.map(toHex).join('');
}

function torrentOf({ url, sha1 }: Scenario): Uint8Array {
  const info = {
    files: files.map(({ path, length }) => ({ length, path: path.slice(1) })),
    name: 'torrent',
    'piece length': PIECE,
    pieces: fromHex(sha1)!,
  };
  return encode({ info, 'url-list': url });
}

/** Seconds come from the work itself, or are those that it takes. */
async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const start = performance.now();
  const own = await work();
  const seconds = typeof own === 'number' ? own : (performance.now() - start) / 1000;
  rates.set(name, [...(rates.get(name) ?? []), length / 1e6 / seconds]);
}

function run(program: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { cwd: output, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes;
    });
    child.once('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`${program} ended with ${code}`))));
  });
}

function report(): void {
  const line = (cells: readonly string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  const times = (name: string, values: readonly number[]) => (median(values) / median(rates.get(name)!)).toFixed(2);
  process.stdout.write(
    `${mebibytes} MiB in ${files.length} files, ${repetitions} repetitions, Node ${process.version}\n\n`,
  );
  line(['case', 'MB/s', 'min–max', '× curl', '× curl and sha1sum']);
  line(['---', '--:', '--:', '--:', '--:']);
  for (const [name, values] of rates) {
    const range = `${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)}`;
    line([name, median(values).toFixed(0), range, times('curl', values), times('curl, then sha1sum', values)]);
  }
  const gib = length / 2 ** 30;
  const cpu = median(costs.map(({ cpuSeconds }) => cpuSeconds / gib));
  const main = median(costs.map(({ mainThreadSeconds }) => mainThreadSeconds / gib));
  const peak = median(costs.map(({ peakMiB }) => peakMiB));
  process.stdout.write(
    `\nferro: ${cpu.toFixed(2)} CPU s/GiB, ${main.toFixed(2)} of them in its main thread, ${peak.toFixed(0)} MiB\n`,
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
