/**
 * uTP from process to process on loopback with an MTU of 1,500: @ferro/utp's facade, npm's utp-native (libutp), and two clients
 * with nothing but uTP, @ferro/client and libtorrent (whose transfers are torrents: they hash and write as well). In turn,
 * several rounds, medians. Linux, as root, for the MTU is set in a network namespace of its own. What is not installed is named
 * and left out; libtorrent makes the torrent of both clients.
 *
 *     node bench/utp.ts [MIB] [ROUNDS]      (after a build)
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('./utp/', import.meta.url));
// From the build: to read TypeScript, each thread of Node loads a compiler first.
const FERRO = [process.execPath, `${folder}ferro-peer.mjs`];
const CLIENT = [process.execPath, `${folder}client-peer.mjs`];
const PYTHON = ['/usr/bin/python3', `${folder}libtorrent-peer.py`];

interface Program {
  readonly name: string;
  readonly command: readonly string[];
  /** Who listens: the receiver, or else the sender. */
  readonly listens?: 'send';
  /** Options behind those that all have. */
  readonly more?: readonly string[];
  readonly loopbackMtu: number;
}

const PROGRAMS: readonly Program[] = [
  { name: '@ferro/utp', command: FERRO, loopbackMtu: 1500 },
  { name: 'utp-native', command: [process.execPath, `${folder}npm-peer.mjs`], loopbackMtu: 1500 },
  { name: '@ferro/client', command: CLIENT, listens: 'send', loopbackMtu: 1500 },
  { name: 'libtorrent', command: PYTHON, listens: 'send', loopbackMtu: 1500 },
  { name: '@ferro/utp, MTU 65,535', command: FERRO, more: ['65535'], loopbackMtu: 65_536 },
];

interface Cost {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly rss: number;
}

interface Transfer {
  readonly receiver: Cost;
  readonly sender: Cost;
}

/** libtorrent refuses peers on 127.0.0.0/8. */
const IP = '10.77.0.1';
const GIB = 2 ** 30;
let port = 20_000;

function start(program: Program, role: string, mib: string): ChildProcess {
  const [file, ...args] = program.command;
  return spawn(file!, [...args, role, IP, String(port), mib, ...(program.more ?? [])], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** The line that the process prints when it is done; the first line says that it is ready, if it is to wait for others. */
function lines(child: ChildProcess): { readonly ready: Promise<void>; readonly cost: Promise<Cost> } {
  const ready = Promise.withResolvers<void>();
  const cost = Promise.withResolvers<Cost>();
  let text = '';
  child.stdout!.on('data', (data: Buffer) => {
    text += data.toString();
    if (text.includes('READY\n')) ready.resolve();
    const line = /\{.*\}\n/.exec(text)?.[0];
    if (line !== undefined) cost.resolve(JSON.parse(line) as Cost);
  });
  child.on('close', () => cost.reject(new Error(`it ended and said: ${text}`)));
  return { ready: ready.promise, cost: cost.promise };
}

async function transfer(program: Program, mib: string): Promise<Transfer> {
  port += 2;
  execFileSync('ip', ['link', 'set', 'lo', 'mtu', String(program.loopbackMtu), 'up']);
  execFileSync('ip', ['address', 'replace', `${IP}/32`, 'dev', 'lo']);
  const roles = program.listens === 'send' ? ['send', 'receive'] : ['receive', 'send'];
  const listener = start(program, roles[0]!, mib);
  const listened = lines(listener);
  await listened.ready;
  const connector = start(program, roles[1]!, mib);
  const connected = lines(connector);
  const timer = setTimeout(() => [listener, connector].map((child) => child.kill()), 120_000);
  const [receiver, sender] = program.listens === 'send' ? [connected, listened] : [listened, connected];
  const received = await receiver.cost;
  // A sender with buffers does not know when all has arrived; this tells it.
  for (const child of [listener, connector]) child.stdin!.end();
  const sent = await sender.cost;
  clearTimeout(timer);
  return { receiver: received, sender: sent };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function installed(program: Program): boolean {
  const probe =
    program.name === 'utp-native'
      ? [process.execPath, '-e', "require(process.env.UTP_NATIVE ?? 'utp-native')"]
      : ['/usr/bin/python3', '-c', 'import libtorrent'];
  const found = program.command === FERRO || spawnSync(probe[0]!, probe.slice(1), { cwd: folder }).status === 0;
  if (!found) process.stdout.write(`${program.name} is not installed and left out\n`);
  return found;
}

function report(results: ReadonlyMap<string, readonly Transfer[]>): void {
  process.stdout.write(
    '| | MB/s (least–most) | receiver CPU s/GiB | sender CPU s/GiB | receiver RSS MiB |\n|---|---|---|---|---|\n',
  );
  for (const [name, transfers] of results) {
    const speeds = transfers.map(({ receiver }) => receiver.bytes / receiver.seconds / 1e6);
    const cpu = (side: 'receiver' | 'sender') =>
      median(transfers.map((one) => (one[side].cpu / one[side].bytes) * GIB)).toFixed(1);
    const rss = median(transfers.map(({ receiver }) => receiver.rss / 2 ** 20)).toFixed(0);
    const spread = `${Math.min(...speeds).toFixed(0)}–${Math.max(...speeds).toFixed(0)}`;
    process.stdout.write(
      `| ${name} | **${median(speeds).toFixed(0)}** (${spread}) | ${cpu('receiver')} | ${cpu('sender')} | ${rss} |\n`,
    );
  }
}

async function main(mib: string, rounds: number): Promise<void> {
  const root = mkdtempSync('/dev/shm/ferro-utp-');
  process.env['BENCH_FOLDER'] = root;
  try {
    const programs = PROGRAMS.filter(installed);
    if (programs.some(({ command }) => command === PYTHON))
      execFileSync(PYTHON[0]!, [PYTHON[1]!, 'make', IP, '0', mib]);
    const results = new Map<string, Transfer[]>(programs.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const program of programs) results.get(program.name)!.push(await transfer(program, mib));
    }
    report(results);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const [mib = '256', rounds = '5'] = process.argv.slice(2);
if (process.env['FERRO_NAMESPACE'] === '1') {
  await main(mib, Number(rounds));
} else {
  const args = ['--net', process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), mib, rounds];
  const child = spawn('unshare', args, { stdio: 'inherit', env: { ...process.env, FERRO_NAMESPACE: '1' } });
  child.on('exit', (code) => process.exit(code ?? 1));
}
