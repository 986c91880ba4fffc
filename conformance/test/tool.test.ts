/** Programs that read or make torrent files: run to their end, and judged by how they end. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openExec } from '../src/target/exec.ts';
import type { ExecDriver } from '../src/target/manifest.ts';
import { type Order, type Target, UnsupportedRole } from '../src/target/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'conformance-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (driver: Omit<ExecDriver, 'kind'>): Promise<Target> =>
  openExec(
    { name: 'tool', roles: ['reader', 'maker'], driver: { kind: 'exec', ...driver } },
    { kind: 'exec', ...driver },
    folder,
  );
const maker = 'printf "%s" {path},{pieceKiB},{pieceExponent}, {wishes} > made';
const trackers: Order['trackers'] = ['one', 'two'];
const order: Order = { path: "it's here", out: '', pieceLength: 32_768, trackers, webSeed: 'three', wishes: [] };

test('a reader accepts with exit code 0, says what it says, and ends by itself or not', async () => {
  const target = await open({ commands: { reader: 'sh -c {torrent}', maker } });
  const fine = await target.read!('echo fine; echo odd >&2');
  expect(fine.accepted).toBe(true);
  expect(fine.output.trim().split('\n').sort()).toEqual(['fine', 'odd']);
  expect(await target.read!('exit 1')).toMatchObject({ accepted: false });
  expect(await target.read!('kill -SEGV $$')).toMatchObject({ accepted: false, broken: 'SIGSEGV' });
  await expect(target.read!('exit 89')).rejects.toThrow(UnsupportedRole);
  await target.close();
});

test('a maker is told its wishes in its own words, and is not asked for what it has no words for', async () => {
  const target = await open({ commands: { reader: 'true', maker }, wishes: { private: '-p {tracker}' } });
  await target.make!({ ...order, wishes: ['private'] });
  expect(readFileSync(join(folder, 'made'), 'utf8')).toBe("it's here,32,15,-pone");
  expect(() => target.make!({ ...order, wishes: ['hybrid'] })).toThrow(UnsupportedRole);
  await target.close();
});
