/** Targets: addresses that are refused, programs that are started and stopped, and what a manifest has to say. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isLocalNetwork, isOurs, ourAddress, randomAddress, useNetwork } from '../src/addresses.ts';
import { families } from '../src/cases/families.ts';
import { manifestOf } from '../src/commands/init.ts';
import { Random } from '../src/random.ts';
import { select } from '../src/runner/select.ts';
import { attach } from '../src/target/attach.ts';
import { openExec } from '../src/target/exec.ts';
import { listInfoHashes, readInfoHashes } from '../src/target/info-hashes.ts';
import { type ExecDriver, type Manifest, readManifest } from '../src/target/manifest.ts';
import { isPrivate } from '../src/target/private-address.ts';
import { freePort } from '../src/target/program.ts';
import { UnsupportedRole } from '../src/target/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferro-target-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test.each(['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.7.7', '::1', 'fd00::1'])('%s may be asked', (ip) => {
  expect(isPrivate(ip)).toBe(true);
});

test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '0.0.0.0'])('%s is refused', async (ip) => {
  expect(isPrivate(ip)).toBe(false);
  const host = ip.includes(':') ? `[${ip}]` : ip;
  await expect(attach({ trackers: [`udp://${host}:80`] })).rejects.toThrow('public address');
  expect((await attach({ trackers: [`udp://${host}:80`], allowPublic: true })).name).toContain(ip);
});

test('what floods or pretends is never asked of a public address', async () => {
  const target = await attach({ trackers: ['udp://1.1.1.1:80', 'http://1.1.1.1/announce'], allowPublic: true });
  const asked = select(families, { slow: true }, target);
  expect(asked.length).toBeGreaterThan(50);
  expect(asked.filter((each) => each.case.privateOnly === true)).toEqual([]);
  expect(asked.map((each) => each.case.facts.id)).not.toContain('bep3.tracker.concurrent-announces');
});

test('one URL of each kind is one target', async () => {
  const trackers = ['http://127.0.0.1:80/x/announce?k=1', 'udp://127.0.0.1:81', 'http://[::1]:82/announce'];
  const { endpoints } = await attach({ trackers });
  expect(endpoints.http).toEqual({ ip: '127.0.0.1', port: 80, host: '127.0.0.1', path: '/x/announce?k=1' });
  expect(endpoints.udp).toEqual({ ip: '127.0.0.1', port: 81 });
  expect(endpoints.http6?.ip).toBe('::1');
});

test.each(['nonsense', 'wss://127.0.0.1/', 'udp://127.0.0.1'])('%s is no address of a tracker', async (url) => {
  await expect(attach({ trackers: [url] })).rejects.toThrow(RangeError);
});

test('addresses that are of no local network are only used where nothing leads out', () => {
  const others = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const use = () => useNetwork(203);
  if (others.some(({ internal }) => !internal)) expect(use).toThrow(RangeError);
  else expect(use).not.toThrow();
  useNetwork(127);
  expect(isLocalNetwork()).toBe(true);
});

test('another network moves all addresses', () => {
  const some = () => [ourAddress(), ourAddress(9), randomAddress(new Random('seed'))];
  const before = some();
  expect(before.slice(0, 2)).toEqual(['127.0.0.1', '127.0.0.9']);
  useNetwork(10);
  const after = some();
  const mixed = [isOurs('10.9.9.9'), isOurs('127.0.0.1')];
  useNetwork(127);
  expect(after).toEqual(before.map((ip) => ip.replace('127.', '10.')));
  expect(mixed).toEqual([true, false]);
});

const server = `node -e "require('net').createServer().listen(Number(process.argv[1]), process.argv[2])" {port} {ip}`;

const leecherOf = (command: string): readonly [Manifest, ExecDriver] => {
  const driver: ExecDriver = { kind: 'exec', commands: { leecher: command } };
  return [{ name: 'program', version: { cmd: 'echo 1.2; echo more' }, roles: ['leecher'], driver }, driver];
};

test('a program is started with its placeholders filled in, and stopping it frees the port', async () => {
  const [manifest, driver] = leecherOf(server);
  const target = await openExec(manifest, driver, folder);
  const port = await freePort();
  const running = await target.launch!({ role: 'leecher', folder, port });
  expect(running.at).toEqual({ ip: '127.0.0.1', port });
  expect(target.version).toBe('1.2');
  await running.stop();
  expect(await running.ended).toBe('SIGTERM');
  const again = await target.launch!({ role: 'leecher', folder, port });
  await again.stop();
  await target.close();
});

test('exit code 89 says that a role is not played; any other end is said with what the program printed', async () => {
  const job = { role: 'leecher', folder, port: await freePort() } as const;
  const launch = async (command: string): Promise<unknown> => {
    const target = await openExec(...leecherOf(command), folder);
    return target.launch!(job).finally(() => target.close());
  };
  await expect(launch('sh -c "exit 89"')).rejects.toThrow(UnsupportedRole);
  await expect(launch('sh -c "echo too bad; exit 7"')).rejects.toThrow(/exit code 7: too bad/);
});

test('a second torrent goes to who has a place for it, and is not passed over in silence', async () => {
  const job = { role: 'leecher', folder, port: await freePort(), torrent: 'a.torrent', also: 'b.torrent' } as const;
  const launch = async (command: string): Promise<unknown> => {
    const target = await openExec(...leecherOf(command), folder);
    return target.launch!(job).finally(() => target.close());
  };
  await expect(launch('sh -c "exit 7" {torrent}')).rejects.toThrow(UnsupportedRole);
  await expect(launch(`sh -c 'echo "$0 $1"; exit 7' {torrent} {also}`)).rejects.toThrow('7: a.torrent b.torrent');
});

test('what a manifest has a command for is run to its end, and nothing else', async () => {
  const commands = { dht: 'sleep 60', get: 'sh -c \'echo "$0 $1"\' {target} {bootstrap}' };
  const driver: ExecDriver = { kind: 'exec', commands };
  const target = await openExec({ name: 'x', roles: ['dht'], driver }, driver, folder);
  const asked = select(families, { beps: ['44'] }, target).map((each) => each.case.facts.id);
  expect(asked).toContain('bep44.mutable.client-verifies-sig');
  expect(asked).not.toContain('bep44.mutable.client-put-needs-get');
  const { accepted, output } = await target.run!('get', { target: '00ff', bootstrap: '127.0.0.1:1' });
  expect({ accepted, output }).toEqual({ accepted: true, output: '00ff 127.0.0.1:1\n' });
  const job = { role: 'dht', folder, port: await freePort(), readOnly: true } as const;
  await expect(target.launch!(job)).rejects.toThrow(UnsupportedRole);
  await target.close();
});

test('a program that does not come up in time is stopped, and does not live on beside the cases that follow', async () => {
  const pid = join(folder, 'pid');
  const [manifest, driver] = leecherOf(`sh -c 'echo $$ > "$0"; exec sleep 60' {folder}`);
  const target = await openExec({ ...manifest, limits: { startMs: 500 } }, driver, folder);
  const port = await freePort();
  await expect(target.launch!({ role: 'leecher', folder: pid, port })).rejects.toThrow('does not listen');
  expect(() => process.kill(Number(readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH');
  await target.close();
});

test('words that go into a command line stay single words', async () => {
  const [manifest, driver] = leecherOf(`${server} ; touch {torrent}`);
  const target = await openExec(manifest, driver, folder);
  const job = { role: 'leecher', folder, port: await freePort(), torrent: `x'; touch ${folder}/escaped; '` } as const;
  const running = await target.launch!(job);
  await running.stop();
  await target.close();
  expect(existsSync(join(folder, 'escaped'))).toBe(false);
});

test('a manifest without a command for one of its roles is refused', () => {
  const path = file('m.json', '{"name":"x","roles":["seeder"],"driver":{"kind":"exec","commands":{}}}');
  expect(() => readManifest(path)).toThrow('no command for the role seeder');
});

test('a manifest that comes with the suite is taken by its name, and a name that nobody knows is refused', () => {
  const { manifest, folder: own } = readManifest('aria2');
  expect(manifest.name).toBe('aria2');
  expect(existsSync(join(own, 'aria2.sh'))).toBe(true);
  expect(() => readManifest('azureus')).toThrow(/no file azureus.*aria2/);
});

test('init writes a manifest that can be read', () => {
  const manifest = manifestOf({ name: 'x', role: 'tracker', command: 'x --port {port}' });
  expect(readManifest(file('init.json', JSON.stringify(manifest))).manifest).toEqual(manifest);
  expect(() => manifestOf({ name: 'x', role: 'tracker', command: 'x' })).toThrow('{port}');
});

test('info-hashes of a list are used once each', () => {
  const take = readInfoHashes(file('list', listInfoHashes(2).join('\n')));
  const [first, second] = [take(() => true), take(() => true)];
  expect(first).not.toEqual(second);
  expect(() => take(() => true)).toThrow('no info-hash left');
});
