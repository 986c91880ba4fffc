/**
 * A thousand seeding torrents that nobody asks for, of one 16-KiB file each: how long until all are added and verified, what
 * they keep in memory, and what they cost while nothing happens. Ours and libtorrent's in turns.
 *
 *     node bench/idle.ts [TORRENTS] [ROUNDS]      (after a build)
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { encode } from '@ferro/bencode';

const count = Number(process.argv[2] ?? 1000);
const rounds = Number(process.argv[3] ?? 3);
const IDLE_SECONDS = 5;
const LENGTH = 16_384;

interface Cost {
  readonly seconds: number;
  readonly cpu: number;
  readonly memory: number;
  readonly idle: number;
}

const folder = mkdtempSync('/dev/shm/ferro-idle-');
const [torrents, data] = [join(folder, 'torrents'), join(folder, 'data')];
const script = (name: string) => new URL(`./idle/${name}`, import.meta.url).pathname;
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  // From the build: to read TypeScript, Node loads a compiler of 40 MiB.
  ferro: [process.execPath, script('ferro-many.mjs'), torrents, data],
  libtorrent: ['/usr/bin/python3', script('libtorrent-many.py'), torrents, data],
};

try {
  mkdirSync(torrents);
  mkdirSync(data);
  for (let i = 0; i < count; i++) makeTorrent(`one${i}`);
  const costs = new Map(Object.keys(PROGRAMS).map((name) => [name, [] as Cost[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(PROGRAMS)) costs.get(name)!.push(await measure(command));
  }
  console.log(`${count} torrents, medians of ${rounds} rounds\n`);
  console.log('| program | s until all are verified | CPU s for that | resident MiB | CPU when idle |');
  console.log('|---|--:|--:|--:|--:|');
  for (const [name, all] of costs) {
    const of = (key: keyof Cost) => all.map((cost) => cost[key]).toSorted((a, b) => a - b)[all.length >> 1]!;
    console.log(
      `| ${name} | ${of('seconds').toFixed(2)} | ${of('cpu').toFixed(2)} | ${of('memory').toFixed(0)} | ${(100 * of('idle')).toFixed(1)} % |`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

function makeTorrent(name: string): void {
  const bytes = randomBytes(LENGTH);
  writeFileSync(join(data, name), bytes);
  const pieces = createHash('sha1').update(bytes).digest();
  const info = { length: LENGTH, name, 'piece length': LENGTH, pieces };
  writeFileSync(join(torrents, `${name}.torrent`), encode({ info }));
}

async function measure([command, ...args]: readonly string[]): Promise<Cost> {
  const begun = performance.now();
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const line of createInterface(child.stdout)) if (line === 'READY') break;
    const seconds = (performance.now() - begun) / 1000;
    const cpu = cpuSeconds(child.pid!);
    await pause(4000);
    const before = cpuSeconds(child.pid!);
    await pause(1000 * IDLE_SECONDS);
    const idle = (cpuSeconds(child.pid!) - before) / IDLE_SECONDS;
    const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024;
    return { seconds, cpu, memory, idle };
  } finally {
    child.kill('SIGKILL');
  }
}

/** User and system time of a process with all its threads. Ticks are hundredths of a second on every Linux. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
