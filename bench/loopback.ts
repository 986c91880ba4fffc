/**
 * The walking skeleton against the floor of the same machine, in one interleaved run: seeder process → loopback TCP → wire →
 * slots → disk worker → file on a memory file system, beside what one thread needs without a protocol. Medians, CPU seconds
 * above all: a busy machine changes the speed more than the cost.
 *
 *     node bench/loopback.ts [MIB] [REPETITIONS] [CASE…]      (after a build; --conditions=@ferro/source measures the source)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { hash, randomFillSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cost } from './loopback/meter.ts';
import { OUTPUT, PAYLOAD, type Scenario, type SinkName } from './loopback/scenario.ts';

interface Case {
  readonly name: string;
  /** A floor, by the role of its receiver. */
  readonly floor?: string;
  readonly connections?: number;
  readonly sink?: SinkName;
  readonly read?: 'connect' | 'accept';
  readonly copy?: 'host' | 'set';
  readonly buffered?: boolean;
}

const CASES: readonly Case[] = [
  { name: 'floor: receive', floor: 'receive' },
  { name: 'floor: receive + hash', floor: 'receive+hash' },
  { name: 'floor: receive + hash + write', floor: 'receive+hash+write' },
  { name: 'ferro, 1 connection' },
  { name: 'ferro, 10 connections', connections: 10 },
  { name: 'ferro, 40 connections', connections: 40 },
  { name: 'bare worker, shared slots', sink: 'shared' },
  { name: 'bare worker, shared slots, set()', sink: 'shared', copy: 'set' },
  { name: 'bare worker, transferred', sink: 'transfer' },
  { name: 'hash in worker, write on main', sink: 'split' },
  { name: 'no worker', sink: 'main' },
  { name: 'ferro, data events', read: 'accept' },
  { name: 'ferro, data events, 40', read: 'accept', connections: 40 },
  { name: 'ferro, accepted, 40', read: 'accept', connections: 40, buffered: true },
];

const PIECE = 1 << 20;
const length = Number(process.argv[2] ?? 1024) * PIECE;
const repetitions = Number(process.argv[3] ?? 5);
const chosen = process.argv.slice(4);
const folder = mkdtempSync('/dev/shm/ferro-loopback-');
const sha1 = makePayload();
const results = new Map<string, { readonly receiver: Cost; readonly sender: Cost }[]>();

try {
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const one of CASES) {
      if (chosen.length > 0 && !chosen.some((word) => one.name.includes(word))) continue;
      const runs = results.get(one.name) ?? [];
      results.set(one.name, [...runs, await run(one)]);
    }
  }
  report();
} finally {
  rmSync(folder, { recursive: true });
}

function makePayload(): string {
  const file = openSync(join(folder, PAYLOAD), 'w');
  const piece = new Uint8Array(PIECE);
  let hashes = '';
  for (let at = 0; at < length; at += PIECE) {
    randomFillSync(piece);
    hashes += hash('sha1', piece);
    writeSync(file, piece);
  }
  closeSync(file);
  return hashes;
}

async function run(one: Case): Promise<{ readonly receiver: Cost; readonly sender: Cost }> {
  const scenario: Scenario = {
    folder,
    length,
    pieceLength: PIECE,
    sha1,
    connections: one.connections ?? 1,
    pipeline: 256,
    budget: 64 << 20,
    sink: one.sink ?? 'storage',
    read: one.read ?? 'connect',
    copy: one.copy ?? 'host',
    buffered: one.buffered ?? false,
    port: await freePort(),
  };
  rmSync(join(folder, OUTPUT), { force: true });
  const [sendRole, receiveRole] =
    one.floor === undefined
      ? [start('seeder', scenario), start('receiver', scenario)]
      : [start('floor', scenario, 'serve'), start('floor', scenario, one.floor)];
  const [first, second] = scenario.read === 'connect' ? [sendRole, receiveRole] : [receiveRole, sendRole];
  const running = first();
  // One that ends before it listens has failed, and says so by its cost.
  await Promise.race([running.listening, running.cost]);
  const other = second();
  const [a, b] = await Promise.all([running.cost, other.cost]);
  return scenario.read === 'connect' ? { sender: a, receiver: b } : { sender: b, receiver: a };
}

interface Running {
  readonly listening: Promise<void>;
  readonly cost: Promise<Cost>;
}

function start(program: string, scenario: Scenario, role = ''): () => Running {
  return () => {
    const file = fileURLToPath(new URL(`./loopback/${program}.ts`, import.meta.url));
    const child = spawn(process.execPath, [...process.execArgv, file, JSON.stringify(scenario), role], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return follow(child, program);
  };
}

function follow(child: ChildProcess, program: string): Running {
  let text = '';
  let heard: () => void = () => {};
  const listening = new Promise<void>((resolve) => {
    heard = resolve;
  });
  child.stdout!.on('data', (bytes: Buffer) => {
    text += bytes;
    if (text.includes('listening')) heard();
  });
  const cost = new Promise<Cost>((resolve, reject) => {
    child.once('close', (code) => {
      const line = text.split('\n').find((words) => words.startsWith('{'));
      if (code === 0 && line !== undefined) resolve(JSON.parse(line) as Cost);
      else reject(new Error(`the ${program} ended with ${code}`));
    });
  });
  return { listening, cost };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
}

function report(): void {
  const gib = length / 2 ** 30;
  const columns = [
    'MB/s',
    'min–max',
    'receiver CPU s/GiB',
    'its main thread',
    'sender CPU s/GiB',
    'peak MiB',
    'stall ms',
  ];
  const rows = [...results].map(([name, runs]) => {
    const speeds = runs.map(({ receiver }) => length / 1e6 / receiver.seconds);
    const of = (pick: (run: (typeof runs)[number]) => number, digits: number) => median(runs.map(pick)).toFixed(digits);
    return [
      name,
      median(speeds).toFixed(0),
      `${Math.min(...speeds).toFixed(0)}–${Math.max(...speeds).toFixed(0)}`,
      of(({ receiver }) => receiver.cpuSeconds / gib, 2),
      of(({ receiver }) => receiver.mainThreadSeconds / gib, 2),
      of(({ sender }) => sender.cpuSeconds / gib, 2),
      of(({ receiver }) => receiver.peakMiB, 0),
      of(({ receiver }) => receiver.stallMs, 0),
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  process.stdout.write(`${length / PIECE} MiB, ${repetitions} repetitions, Node ${process.version}\n\n`);
  process.stdout.write(line(['case', ...columns]) + line(['---', ...columns.map(() => '--:')]));
  for (const row of rows) process.stdout.write(line(row));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
