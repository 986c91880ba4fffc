/**
 * How fast a tracker answers announces: ours, opentracker where it is installed, npm's bittorrent-tracker, and the least that Node can
 * do; and ours with its swarms in Valkey or Redis, whose own CPU time is not counted. One process each, all of them asked in turn,
 * several rounds, so that a busy machine hurts all alike. Prints medians: answers a second, CPU µs per answer (from /proc), and
 * ratios to opentracker. Linux with a C compiler; HTTP needs wrk.
 *
 * node --conditions=@ferro/source bench/tracker.ts [rounds] [udp announces] [http seconds]
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 5);
const announces = Number(process.argv[3] ?? 100_000);
const httpSeconds = Number(process.argv[4] ?? 2);
const WINDOW = 64;
const folder = new URL('./tracker/', import.meta.url).pathname;
const temporary = mkdtempSync(join(tmpdir(), 'ferro-tracker-'));
const load = join(temporary, 'announce-load');
const allowed = join(temporary, 'allowed');
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const storeProgram = ['valkey-server', 'redis-server'].find(
  (name) => spawnSync(name, ['--version']).error === undefined,
);
const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

type Result = { readonly perSecond: number; readonly cpuMicros: number };
interface Server {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
  readonly results: Map<string, Result[]>;
}

/** The thousand info-hashes of the load generators. */
function hashes(): string {
  const lines = Array.from({ length: 1000 }, (_, torrent) => {
    const value = Math.imul(torrent + 1, 2654435761) >>> 0;
    return Buffer.from(Array.from({ length: 20 }, (_, i) => (value >>> (8 * (3 - (i % 4)))) + 37 * i)).toString('hex');
  });
  return `${lines.join('\n')}\n`;
}

function start(name: string, port: number, command: string, args: readonly string[]): Promise<Server | undefined> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve) => {
    const ready = () => resolve({ name, port, process: child, results: new Map() });
    child.on('error', () => resolve(undefined));
    child.on('exit', () => resolve(undefined));
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('READY')) ready();
    });
    if (name === 'opentracker') setTimeout(ready, 500);
  });
}

/** User and system time of a process with all its threads, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function measure(server: Server, work: string, run: () => { answers: number; seconds: number }): void {
  const before = cpuSeconds(server.process.pid!);
  const { answers, seconds } = run();
  const cpu = cpuSeconds(server.process.pid!) - before;
  const results = server.results.get(work) ?? [];
  server.results.set(work, results);
  results.push({ perSecond: answers / seconds, cpuMicros: (1e6 * cpu) / answers });
}

function udp(port: number, count: number, round: number): { answers: number; seconds: number } {
  const output = execFileSync(load, [port, count, WINDOW, round].map(String), { encoding: 'utf8' });
  const [answers, seconds, , errors, lost] = output.split(' ').map(Number);
  if (errors! + lost! > count / 100) console.log(`port ${port}: ${errors} errors, ${lost} lost`);
  return { answers: answers!, seconds: seconds! };
}

function http(port: number, close: boolean, round: number): { answers: number; seconds: number } {
  const flags = ['-t1', '-c32', `-d${httpSeconds}s`, '-s', `${folder}announce.lua`, `http://127.0.0.1:${port}`];
  const output = execFileSync('wrk', [...flags, '--', close ? 'close' : 'keep', String(round)], { encoding: 'utf8' });
  const [, count, seconds] = /(\d+) requests in ([\d.]+)s/.exec(output)!;
  const bad = /Socket errors.*|Non-2xx.*/.exec(output);
  // opentracker ends every connection, which wrk counts as an error of reading.
  if (bad !== null && !/connect 0, read \d+, write 0, timeout 0/.test(bad[0])) console.log(`port ${port}: ${bad[0]}`);
  return { answers: Number(count), seconds: Number(seconds) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function report(servers: readonly Server[]): void {
  for (const work of servers[0]!.results.keys()) {
    console.log(`\n${work}`);
    const of = (server: Server, field: keyof Result) =>
      median((server.results.get(work) ?? []).map((result) => result[field]));
    const reference = servers.find(({ name }) => name === 'opentracker');
    for (const server of servers) {
      const perSecond = of(server, 'perSecond');
      const ratio =
        reference === undefined ? '' : `  ${(perSecond / of(reference, 'perSecond')).toFixed(2)} x opentracker`;
      const cpu = of(server, 'cpuMicros').toFixed(1);
      console.log(
        `${server.name.padEnd(20)} ${Math.round(perSecond).toString().padStart(8)}/s ${cpu.padStart(7)} µs${ratio}`,
      );
    }
  }
}

execFileSync('cc', ['-O2', '-o', load, `${folder}announce-load.c`]);
writeFileSync(allowed, hashes());
chmodSync(temporary, 0o755); // opentracker reads the list as somebody without rights
const first = 20_000 + Math.floor(Math.random() * 20_000);
const node = [process.execPath, '--conditions=@ferro/source'] as const;
const programs: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['ferro', ...node, `${folder}ferro-tracker.ts`, String(first)],
  ['opentracker', 'opentracker', '-i', '127.0.0.1', '-p', `${first + 1}`, '-P', `${first + 1}`, '-w', allowed],
  ['bittorrent-tracker', process.execPath, `${folder}npm-tracker.mjs`, String(first + 2)],
  ['fixed answers', ...node, `${folder}floor-tracker.ts`, String(first + 3)],
  ...(storeProgram === undefined
    ? []
    : [
        [
          'ferro with a store',
          ...node,
          `${folder}ferro-tracker.ts`,
          `${first + 4}`,
          `redis://127.0.0.1:${first + 5}`,
        ] as const,
      ]),
];
const storeFlags = ['--port', `${first + 5}`, '--bind', '127.0.0.1', '--save', '', '--dir', temporary];
const store = storeProgram === undefined ? undefined : spawn(storeProgram, storeFlags, { stdio: 'ignore' });
const started = await Promise.all(programs.map(([name, command, ...args], i) => start(name, first + i, command, args)));
const servers = started.filter((server) => server !== undefined);
for (const [i, [name]] of programs.entries())
  if (started[i] === undefined) console.log(`${name}: not installed, skipped`);
try {
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) {
      const count = server.name === 'bittorrent-tracker' ? announces / 10 : announces;
      measure(server, 'UDP announce', () => udp(server.port, count, round));
      if (!hasWrk) continue;
      measure(server, 'HTTP announce, keep-alive', () => http(server.port, false, round));
      measure(server, 'HTTP announce, a connection each', () => http(server.port, true, round));
    }
  }
  report(servers);
  for (const { name, process: child } of servers) {
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]);
    console.log(`${name}: ${Math.round(kilobytes / 1024)} MiB resident at the end`);
  }
} finally {
  for (const server of servers) server.process.kill('SIGKILL');
  store?.kill('SIGKILL');
  rmSync(temporary, { recursive: true });
}
