/** Drivers: a program that speaks JSON lines, what it may answer, and how it goes wrong. libtorrent's is a real one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { HarnessError } from '../src/finding.ts';
import { writeBencode } from '../src/probe/bencode.ts';
import { insanities } from '../src/runner/sanity.ts';
import { openDriver } from '../src/target/driver.ts';
import { type DriverProgram, type Manifest, readManifest } from '../src/target/manifest.ts';
import { accepts, freePort } from '../src/target/program.ts';
import { type Target, UnsupportedRole } from '../src/target/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferro-driver-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A driver whose answers are what this function gives. */
function driverOf(answer: string): Promise<Target> {
  const path = join(folder, `driver-${answer.length}.mjs`);
  writeFileSync(
    path,
    `import { createInterface } from 'node:readline';
    import { createServer } from 'node:net';
    const servers = new Map();
    const answer = async (question) => { ${answer} };
    console.log('a library says hello');
    for await (const line of createInterface({ input: process.stdin })) {
      const question = JSON.parse(line);
      console.log(JSON.stringify({ id: question.id, ...(await answer(question)) }));
    }
    process.exit();`,
  );
  const driver: DriverProgram = { kind: 'driver', command: `node ${path}` };
  const manifest: Manifest = { name: 'driver', roles: ['leecher'], driver };
  return openDriver(manifest, driver, folder);
}

const listening = `
  if (question.verb === 'caps') return { ok: true, version: '7', roles: ['seeder'] };
  if (question.verb === 'start' && question.role !== 'seeder') return { unsupported: true };
  if (question.verb === 'start') {
    const server = createServer().listen(question.port, '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    servers.set(question.id, server);
    return { ok: true, handle: question.id, port: question.port };
  }
  if (question.verb === 'stop') servers.get(question.handle)?.close();
  return { ok: true };`;

test('a driver says what it is, starts and stops', async () => {
  const target = await driverOf(listening);
  expect(target).toMatchObject({ version: '7', roles: ['seeder'] });
  expect(await insanities(target)).toEqual([]);
  const running = await target.launch!({ role: 'seeder', folder, port: await freePort() });
  expect(await accepts(running.at.port)).toBe(true);
  await running.stop();
  await expect(target.launch!({ role: 'leecher', folder, port: 1 })).rejects.toThrow(UnsupportedRole);
  const two = { role: 'seeder', folder, torrent: 'a', also: 'b' } as const;
  await expect(target.launch!({ ...two, port: await freePort() })).rejects.toThrow('no second torrent');
  const quiet = { role: 'seeder', folder, readOnly: true } as const;
  await expect(target.launch!({ ...quiet, port: await freePort() })).rejects.toThrow('can only ask');
  await target.close();
});

test('a driver that plays a role that does not exist is not sane', async () => {
  const target = await driverOf(`return { ok: true, roles: ['seeder'] };`);
  expect(await insanities(target)).toEqual([expect.stringContaining('which does not exist')]);
  await target.close();
});

test('a driver whose stop leaves the port taken is at fault', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  const target = await driverOf(`return { ok: true, roles: ['seeder'], handle: 1 };`);
  const running = await target.launch!({ role: 'seeder', folder, port });
  await expect(running.stop()).rejects.toThrow(HarnessError);
  server.close();
  await target.close();
});

test('a driver that fails or ends says so', async () => {
  await expect(driverOf(`return { error: 'out of order' };`)).rejects.toThrow('out of order');
  await expect(driverOf(`process.exit(3);`)).rejects.toThrow('the driver has ended: exit code 3');
});

test('a driver that has ended is started again for the next job', async () => {
  const target = await driverOf(`if (question.verb === 'stop') process.exit(9); ${listening}`);
  const job = async () => ({ role: 'seeder', folder, port: await freePort() }) as const;
  const running = await target.launch!(await job());
  await expect(running.stop()).rejects.toThrow(/has ended: exit code 9/);
  const again = await target.launch!(await job());
  expect(await accepts(again.at.port)).toBe(true);
  await target.close();
});

const installed = spawnSync('/usr/bin/python3', ['-c', 'import libtorrent']).status === 0;

describe.skipIf(!installed)('where libtorrent is installed for Python', () => {
  test('its driver seeds a torrent at the port that it is told, and stops', async () => {
    const torrent = join(folder, 'x.torrent');
    const info = { length: 4, name: 'x', 'piece length': 16_384, pieces: new Uint8Array(20) };
    writeFileSync(torrent, writeBencode({ info }));
    const { manifest, folder: own } = readManifest(
      fileURLToPath(new URL('../targets/libtorrent.json', import.meta.url)),
    );
    const target = await openDriver(manifest, manifest.driver as DriverProgram, own);
    expect(target.version).toMatch(/^[12]\./);
    expect(await insanities(target)).toEqual([]);
    const port = await freePort();
    const running = await target.launch!({ role: 'seeder', folder, port, torrent });
    expect(running.at).toEqual({ ip: '127.0.0.1', port });
    expect(await accepts(port)).toBe(true);
    await running.stop();
    await target.close();
  });
});
