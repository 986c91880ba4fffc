/** The store in Valkey or Redis, against a real server of its own where one is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { roles, type StoreAnnounce, type StoreAnswer, type StoreFailure } from '../src/index.ts';
import { ValkeyStore } from '../src/valkey-store.ts';
import { addressOf, announceOf, World } from './world.ts';

const program = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).error === undefined);
const real = test.skipIf(program === undefined);
const folder = mkdtempSync(join(tmpdir(), 'ferro-valkey-'));
let port = 0;
let server: ChildProcess | undefined;
const stores: ValkeyStore[] = [];

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function start(): Promise<ChildProcess> {
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(program!, flags, { stdio: ['ignore', 'pipe', 'ignore'] });
  return new Promise((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      if (/ready to accept/i.test(text.toString())) resolve(child);
    });
  });
}

function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** Resolves when the store can be asked. */
function open(
  lifeMs = 60_000,
): Promise<{ store: ValkeyStore; changes: (string | undefined)[]; back(): Promise<void> }> {
  const changes: (string | undefined)[] = [];
  let told: (() => void) | undefined;
  const store = new ValkeyStore(new World(), {
    url: `redis://127.0.0.1:${port}`,
    lifeMs,
    changed: (reason) => {
      changes.push(reason);
      if (reason === undefined) told?.();
    },
  });
  stores.push(store);
  const back = () => new Promise<void>((resolve) => (told = resolve));
  return until(async () => (await ask(store, announceOf(99, 1, { listed: false }))).type === 'answer').then(() => ({
    store,
    changes,
    back,
  }));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

function ask(store: ValkeyStore, announce: StoreAnnounce): Promise<StoreAnswer | StoreFailure> {
  return new Promise((resolve) => store.announce(announce, resolve));
}

beforeAll(async () => {
  if (program === undefined) return;
  port = await freePort();
  server = await start();
});

afterAll(async () => {
  for (const store of stores) store.close();
  if (server !== undefined) await kill(server);
  rmSync(folder, { recursive: true });
});

real('two trackers see one swarm; a seeder is not told of seeders', async () => {
  const { store: one } = await open();
  const { store: two } = await open();
  await ask(one, announceOf(1, 1, { role: roles.seeder }));
  await ask(one, announceOf(1, 2));
  const leecher = await ask(two, announceOf(1, 3));
  expect(leecher).toMatchObject({ type: 'answer', seeders: 1, leechers: 2, full: false });
  const bytes = (leecher as StoreAnswer).peers;
  const found = [0, 6].map((at) => Buffer.from(bytes.subarray(at, at + 6)).toString('hex')).sort();
  expect(found).toEqual([1, 2].map((peer) => Buffer.from(addressOf(peer)).toString('hex')).sort());
  const seeder = (await ask(two, announceOf(1, 1, { role: roles.seeder }))) as StoreAnswer;
  expect(seeder.peers.length).toBe(12);
  await ask(two, announceOf(1, 2, { role: roles.gone }));
  const counts = await new Promise((resolve) => one.scrape(announceOf(1, 0).infoHash, 1, resolve));
  expect(counts).toEqual([{ seeders: 1, leechers: 1, paused: 0, completed: 0 }]);
});

real('a completed download is counted once, and both families are told of each other over HTTP', async () => {
  const { store } = await open();
  const completed = { role: roles.seeder, completed: true };
  await ask(store, announceOf(2, 1));
  await ask(store, announceOf(2, 1, completed));
  expect(await ask(store, announceOf(2, 1, completed))).toMatchObject({ seeders: 1, leechers: 0, completed: 1 });
  const v6 = await ask(store, announceOf(2, 1, { address: addressOf(1, 18), bothFamilies: true }));
  expect(v6).toMatchObject({ seeders: 1, leechers: 1 });
  expect([...(v6 as StoreAnswer).peers]).toEqual([...addressOf(1)]);
  expect((v6 as StoreAnswer).peers6.length).toBe(0);
});

real('peers expire in the store', async () => {
  const { store } = await open(150);
  await ask(store, announceOf(3, 1));
  await until(async () => ((await ask(store, announceOf(3, 2))) as StoreAnswer).leechers === 1);
  expect(await ask(store, announceOf(3, 2))).toMatchObject({ leechers: 1 });
});

real('a store that is killed gives errors at once, and is used again when it is back', async () => {
  const { store, changes, back } = await open();
  await kill(server!);
  const failed = await ask(store, announceOf(4, 1));
  expect(failed.type).toBe('failed');
  expect(await new Promise((resolve) => store.scrape(new Uint8Array(20), 1, resolve))).toMatchObject({
    type: 'failed',
  });
  const returned = back();
  server = await start();
  await returned;
  expect(await ask(store, announceOf(4, 1))).toMatchObject({ type: 'answer', leechers: 1 });
  expect(changes.at(-1)).toBe(undefined);
  expect(changes.filter((change) => change !== undefined)).toHaveLength(1);
});

real('a store that hangs gives errors in time, and too many questions are refused', async () => {
  const { store } = await open();
  server!.kill('SIGSTOP');
  try {
    const asked = Array.from({ length: 4_097 }, () => ask(store, announceOf(5, 1)));
    expect(await asked.at(-1)).toEqual({ type: 'failed', reason: 'too many questions wait' });
    expect((await asked[0]!).type).toBe('failed');
    await Promise.all(asked);
  } finally {
    server!.kill('SIGCONT');
  }
  await until(async () => (await ask(store, announceOf(5, 1))).type === 'answer');
  expect(await ask(store, announceOf(5, 2))).toMatchObject({ type: 'answer' });
});
