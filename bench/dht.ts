/**
 * How fast a node answers `ping` and `get_peers` (BEP 5): ours, npm's bittorrent-dht, libtorrent's where it is installed, and
 * a bare socket with a fixed answer. One process each, asked in turn, several rounds, so that a busy machine hurts all alike.
 * Prints answers a second, CPU µs per answer (from /proc), and ratios. Linux with a C compiler.
 *
 * node --conditions=@ferro/source bench/dht.ts [rounds] [questions]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 5);
const questions = Number(process.argv[3] ?? 100_000);
const WINDOW = 64;
const SOURCES = 8;
const folder = new URL('./dht/', import.meta.url).pathname;
const temporary = mkdtempSync(join(tmpdir(), 'ferro-dht-'));
const load = join(temporary, 'udp-load');
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

const programs: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['ferro', process.execPath, '--conditions=@ferro/source', `${folder}ferro-node.ts`],
  ['bittorrent-dht', process.execPath, `${folder}npm-node.mjs`],
  ['libtorrent', '/usr/bin/python3', `${folder}libtorrent-node.py`],
  ['bare socket', process.execPath, `${folder}floor-node.ts`],
];

interface Node {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
  readonly results: Record<string, { perSecond: number; cpuMicros: number; bytes: number }[]>;
}

function start(name: string, port: number, command: string, args: readonly string[]): Promise<Node | undefined> {
  const child = spawn(command, [...args, String(port)], { stdio: ['ignore', 'pipe', 'ignore'] });
  return new Promise((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('exit', () => resolve(undefined));
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('READY')) resolve({ name, port, process: child, results: { ping: [], get_peers: [] } });
    });
  });
}

/** User and system time of a process with all its threads, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function ask(node: Node, method: string, count: number): void {
  const before = cpuSeconds(node.process.pid!);
  const args = [method, node.port, count, WINDOW, SOURCES].map(String);
  const [replies, seconds, bytes] = execFileSync(load, args, { encoding: 'utf8' }).split(' ').map(Number);
  const cpu = cpuSeconds(node.process.pid!) - before;
  node.results[method]!.push({
    perSecond: replies! / seconds!,
    cpuMicros: (1e6 * cpu) / replies!,
    bytes: bytes! / replies!,
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function report(nodes: readonly Node[]): void {
  for (const method of ['ping', 'get_peers']) {
    const rate = (node: Node) => median(node.results[method]!.map(({ perSecond }) => perSecond));
    const cost = (node: Node) => median(node.results[method]!.map(({ cpuMicros }) => cpuMicros));
    const ours = nodes.find(({ name }) => name === 'ferro')!;
    for (const node of nodes) {
      const line = [
        method.padEnd(10),
        node.name.padEnd(15),
        `${Math.round(rate(node)).toLocaleString('en')} answers/s`.padStart(20),
        `${cost(node).toFixed(1)} µs CPU`.padStart(14),
        `${median(node.results[method]!.map(({ bytes }) => bytes)).toFixed(0)} bytes`.padStart(11),
        `ours is ${(rate(ours) / rate(node)).toFixed(2)} × as fast`,
      ];
      console.log(line.join('  '));
    }
  }
}

const nodes: Node[] = [];
try {
  execFileSync('cc', ['-O2', '-o', load, `${folder}udp-load.c`]);
  for (const [index, [name, command, ...args]] of programs.entries()) {
    if (!existsSync(command)) continue;
    const node = await start(name, 42_100 + index, command, args);
    if (node === undefined) console.log(`${name} is not here`);
    else nodes.push(node);
  }
  for (const method of ['ping', 'get_peers']) {
    for (const node of nodes) ask(node, method, questions >> 2);
    for (const node of nodes) node.results[method]!.length = 0;
    for (let round = 0; round < rounds; round++) for (const node of nodes) ask(node, method, questions);
  }
  report(nodes);
} finally {
  for (const node of nodes) node.process.kill();
  rmSync(temporary, { recursive: true });
}
