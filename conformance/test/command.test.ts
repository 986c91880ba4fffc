/** The command as its users meet it: what it prints, what it writes, and its exit codes. The target is a reference tracker. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { trackerUdp } from '../src/cases/tracker-udp/index.ts';
import { limits } from '../src/limits.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferro-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function command(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile('node', [main, ...words], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } }, (error, out, said) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, error: said });
    });
  });
}

async function withTracker<Value>(bugs: readonly string[], use: (url: string) => Promise<Value>): Promise<Value> {
  const target = await trackerUdp.reference.open(new Set(bugs));
  try {
    return await use(`udp://127.0.0.1:${target.endpoints.udp!.port}`);
  } finally {
    await target.close();
  }
}

const few = ['--case', 'bep15.tracker.announce-event-*', 'bep15.tracker.announce-port'];

test.concurrent('a run against a good tracker ends with 0, and leaves its reports', async () => {
  const out = join(folder, 'report');
  const ended = await withTracker([], (url) => command('run', '--tracker', url, ...few, '--out', out, '--seed', '7'));
  expect(ended).toMatchObject({ code: 0, error: '' });
  expect(ended.out).toContain('3 pass (seed 7)');
  for (const name of ['index.html', 'results.json', 'junit.xml', 'summary.md', 'badge-bep15.json']) {
    expect(existsSync(join(out, name)), name).toBe(true);
  }
});

test.concurrent('a run against a bad one ends with 1, and says what nobody expected', async () => {
  const ended = await withTracker(['lists-udp-port'], (url) => command('run', '--tracker', url, ...few));
  expect(ended.code).toBe(1);
  expect(ended.out).toContain('unexpected: bep15.tracker.announce-port: fail');
});

test.concurrent('what is expected with a reason ends with 0 until it no longer holds', async () => {
  const known = join(folder, 'known.json');
  writeFileSync(known, JSON.stringify({ 'bep15.tracker.announce-port': { want: 'fail', why: 'known since 1999' } }));
  const asked = [...few.slice(0, 1), 'bep15.tracker.announce-port', '--expectations', known];
  const bad = await withTracker(['lists-udp-port'], (url) => command('run', '--tracker', url, ...asked));
  expect(bad.code).toBe(0);
  const good = await withTracker([], (url) => command('run', '--tracker', url, ...asked));
  expect(good.code).toBe(1);
  expect(good.out).toContain('no longer as expected: bep15.tracker.announce-port: expected fail, got pass');
});

test.concurrent('--update writes what is, and keeps the reasons', async () => {
  const known = join(folder, 'updated.json');
  const update = (url: string) => command('run', '--tracker', url, ...few, '--expectations', known, '--update');
  expect((await withTracker(['lists-udp-port'], update)).code).toBe(0);
  writeFileSync(known, readFileSync(known, 'utf8').replace(/not explained yet[^"]*/g, 'it is old'));
  expect((await withTracker(['lists-udp-port'], update)).code).toBe(0);
  expect(JSON.parse(readFileSync(known, 'utf8'))['bep15.tracker.announce-port']).toEqual({
    want: 'fail',
    why: 'it is old',
  });
});

test.concurrent('one JSON object a case, for programs', async () => {
  const asked = ['--case', 'bep15.tracker.announce-port', '--format', 'ndjson'];
  const { out } = await withTracker(['lists-udp-port'], (url) => command('run', '--tracker', url, ...asked));
  const [line, ...others] = out.trim().split('\n');
  expect(others).toEqual([]);
  expect(JSON.parse(line!)).toMatchObject({
    outcome: 'fail',
    expected: expect.any(String),
    actual: expect.any(String),
  });
  expect(JSON.parse(line!).replay).toContain('--case bep15.tracker.announce-port --seed');
});

test.concurrent('nothing to ask is an error, and so is a public address or no target', async () => {
  const nothing = await withTracker([], (url) => command('run', '--tracker', url, '--case', 'bep99.*'));
  expect(nothing).toMatchObject({ code: 2, error: expect.stringContaining('no case fits') });
  expect(await command('run', '--tracker', 'udp://1.1.1.1:80')).toMatchObject({
    code: 2,
    error: expect.stringContaining('public'),
  });
  expect((await command('run')).code).toBe(2);
  expect((await command('run', '--no-such-switch')).code).toBe(2);
  expect((await command('hashes', '--count', 'many')).error).toContain('--count takes a number');
});

test.concurrent('a target that does not answer is not sane: exit code 4, and no verdict', {
  timeout: 10 * limits.replyMs,
}, async () => {
  const url = await withTracker([], async (at) => at);
  expect(await command('run', '--tracker', url, ...few)).toMatchObject({ code: 4, out: '' });
  const ill = await command('doctor', '--tracker', url);
  expect(ill).toMatchObject({ code: 4, out: expect.stringContaining('UDP trackers: not sane') });
});

test.concurrent('doctor finds a good one well', async () => {
  const well = await withTracker([], (url) => command('doctor', '--tracker', url));
  expect(well).toMatchObject({ code: 0, out: expect.stringContaining('UDP trackers: well') });
});

test.concurrent('a run that is stopped stops what it has started', async () => {
  const pids = join(folder, 'pids');
  const manifest = { name: 'x', roles: ['tracker'], driver: { kind: 'exec', commands: { tracker: '' } } };
  manifest.driver.commands.tracker = `sh -c 'echo $$ >${pids}; exec sleep 600' {port}`;
  writeFileSync(join(folder, 'stopped.json'), JSON.stringify(manifest));
  const child = execFile('node', [main, 'run', '--target', 'stopped.json'], { cwd: folder });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await vi.waitUntil(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n'), { timeout: 20_000 });
  child.kill('SIGINT');
  expect(await ended).toBe(3);
  const pid = Number(readFileSync(pids, 'utf8'));
  await vi.waitUntil(() => !existsSync(`/proc/${pid}/exe`), { timeout: 5_000 });
});

test.concurrent('list, explain and coverage know the catalogue', async () => {
  const listed = JSON.parse((await command('list', '--json', '--bep', '41')).out) as { id: string }[];
  expect(listed.map(({ id }) => id)).toContain('bep41.tracker-stop-at-end');
  expect((await command('explain', 'bep41.tracker-stop-at-end')).out).toContain('gets fail');
  expect((await command('explain', 'bep41.no-such-case')).code).toBe(2);
  expect((await command('coverage')).out).toMatch(/tracker +94 of 94 +10 of 10/);
});

test.concurrent('replay asks a case of an earlier run again, and shows the conversation', async () => {
  await withTracker(['lists-udp-port'], async (url) => {
    await command('run', '--tracker', url, ...few, '--out', join(folder, 'again'));
    const which = `${join(folder, 'again/results.json')}#bep15.tracker.announce-port`;
    const { code, out } = await command('replay', which, '--tracker', url);
    expect(code).toBe(1);
    expect(out).toMatch(/→ announce request[\s\S]*← announce reply[\s\S]*\nfail bep15/);
  });
});
