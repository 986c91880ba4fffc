/**
 * What clients see when the store, and then one of three trackers that share it, is killed under load: three `ferro tracker`
 * processes over UDP, one load each for ten seconds. After three seconds the store is killed and started again after two more; after
 * seven, the third tracker is killed. Needs redis-server or valkey-server, and a C compiler.
 *
 * node --conditions=@ferro/source bench/tracker/kills.ts
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'ferro-kills-'));
const load = join(folder, 'announce-load');
const program = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).error === undefined);
const first = 20_000 + Math.floor(Math.random() * 20_000);
const main = new URL('../../packages/cli/src/main.ts', import.meta.url).pathname;
const running: ChildProcess[] = [];
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

function run(command: string, args: readonly string[]): ChildProcess & { text: string } {
  const child = Object.assign(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }), { text: '' });
  running.push(child);
  child.stdout!.on('data', (text: Buffer) => {
    child.text += text;
  });
  child.stderr!.on('data', (text: Buffer) => {
    child.text += text;
  });
  return child;
}

async function says(child: { text: string }, word: string): Promise<void> {
  while (!child.text.includes(word)) await pause(0.05);
}

function startStore() {
  return run(program!, ['--port', String(first), '--bind', '127.0.0.1', '--save', '', '--dir', folder]);
}

if (program === undefined) throw new Error('needs redis-server or valkey-server');
execFileSync('cc', ['-O2', '-o', load, new URL('./announce-load.c', import.meta.url).pathname]);
try {
  let store = startStore();
  await says(store, 'eady to accept');
  const ports = [first + 1, first + 2, first + 3];
  const trackers = ports.map((port) =>
    run(process.execPath, [
      ...['--conditions=@ferro/source', main, 'tracker', '--json'],
      ...['--udp', `127.0.0.1:${port}`, '--store', `redis://127.0.0.1:${first}`],
    ]),
  );
  for (const tracker of trackers) await says(tracker, '"listening"');
  await pause(0.5);
  const loads = ports.map((port, i) => run(load, [port, 10_000_000, 16, i, 10].map(String)));
  await pause(3);
  store.kill('SIGKILL');
  await pause(2);
  store = startStore();
  await pause(2);
  trackers[2]!.kill('SIGKILL');
  await Promise.all(loads.map((child) => new Promise((resolve) => child.once('close', resolve))));
  for (const [i, { text }] of loads.entries()) {
    const [answers, , , errors, lost] = text.split(' ').map(Number);
    const says = trackers[i]!.text.match(/"type":"store-(away|back)"/g)?.join(' ') ?? '';
    const end = trackers[i]!.exitCode === null && trackers[i]!.signalCode === null ? 'runs' : 'was killed';
    console.log(`tracker ${i + 1} (${end}): ${answers} answers, ${errors} errors, ${lost} lost; it said ${says}`);
  }
} finally {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
