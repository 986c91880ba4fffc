/** ferro tracker as a process: what it says, serves, refuses, and how it ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';

const main = new URL('../src/main.ts', import.meta.url).pathname;
const running: ChildProcess[] = [];

function ferro(...args: string[]) {
  const child = spawn(process.execPath, ['--conditions=@ferro/source', main, 'tracker', ...args]);
  running.push(child);
  const state = { output: '', errors: '', child };
  child.stdout.on('data', (text: Buffer) => (state.output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (state.errors += text.toString()));
  return { ...state, state, ended: new Promise<number | null>((resolve) => child.once('close', resolve)) };
}

async function until<Value>(find: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

test('it serves announces and statistics, and ends when it is asked to', async () => {
  const { state, child, ended } = ferro('--http', '127.0.0.1:0', '--udp', '127.0.0.1:0', '--interval', '600', '--json');
  const port = await until(() => {
    const lines = state.output.split('\n').filter((line) => line.includes('"listening"'));
    const events = lines.map((line) => JSON.parse(line) as { protocol: string; local: { port: number } });
    return events.length === 2 ? events.find(({ protocol }) => protocol === 'http')!.local.port : undefined;
  });
  const query = `info_hash=${'%01'.repeat(20)}&peer_id=${'a'.repeat(20)}&port=6881&left=0`;
  const answer = await fetch(`http://127.0.0.1:${port}/announce?${query}`);
  expect(await answer.text()).toContain('8:intervali600e');
  expect(await (await fetch(`http://127.0.0.1:${port}/stats.json`)).json()).toMatchObject({ swarms: 1, seeders: 1 });
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(state.output).toContain('"type":"closed"');
});

test('used the wrong way: exit code 2 and one line', async () => {
  for (const [args, message] of [
    [[], 'say --http, --udp or both'],
    [['--udp', '6969', '--workers', '2'], 'need a store to share'],
    [['--udp', '6969', '--store', 'disk'], 'neither memory nor'],
    [['--udp', '6969', '--interval', '0'], '--interval takes'],
    [['--udp', 'here'], 'no place to listen'],
  ] as const) {
    const { state, ended } = ferro(...args);
    expect(await ended).toBe(2);
    expect(state.errors).toContain(message);
  }
});

const store = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).error === undefined);

test.skipIf(store === undefined)(
  'workers share a port and, in a store where one is installed, their swarms',
  async () => {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()];
    running.push(spawn(store!, flags, { stdio: 'ignore' }));
    const shared = [
      '--http',
      `127.0.0.1:${port + 1}`,
      '--store',
      `redis://127.0.0.1:${port}`,
      '--workers',
      '2',
      '--json',
    ];
    const { state, child, ended } = ferro(...shared);
    await until(() => (state.output.match(/"listening"/g)?.length === 2 ? true : undefined));
    const seen = new Set<string>();
    for (let peer = 1; peer <= 20; peer++) {
      const query = `info_hash=${'%02'.repeat(20)}&peer_id=${'a'.repeat(20)}&port=${peer}&left=0`;
      const headers = { connection: 'close' };
      const ask = async () =>
        (await fetch(`http://127.0.0.1:${port + 1}/announce?${query}`, { headers })).text().catch(() => '');
      for (let text = await ask(); ; text = await ask()) {
        const count = /8:completei(\d+)e/.exec(text)?.[1];
        if (count === undefined) continue; // the store is not there yet
        seen.add(count);
        break;
      }
    }
    expect([...seen]).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1)));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  },
);
