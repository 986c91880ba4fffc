/** Our client as it was built, and clients, DHT nodes, readers and makers of others where they are installed: what `expectations` says of each still holds. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { expectEntries, isInstalled } from './known.ts';

const hasLibtorrent = spawnSync('/usr/bin/python3', ['-c', 'import libtorrent']).status === 0;

const ferroIsBuilt = existsSync(new URL('../../packages/cli/dist/bin/ferro.js', import.meta.url));

const programs: readonly (readonly [name: string, installed: boolean])[] = [
  ['ferro', ferroIsBuilt],
  ['libtorrent', hasLibtorrent],
  ['aria2', isInstalled('aria2c', '--version')],
  ['libtorrent-files', hasLibtorrent],
  ['transmission-files', isInstalled('transmission-show', '--version')],
  ['aria2-files', isInstalled('aria2c', '--version')],
  ['dht-libtorrent', hasLibtorrent],
  ['dht-bittorrent-dht', true],
];

/** What shows only by waiting long for something that does not come, or by asking often: for whole runs. */
const slow = [
  'bep19.*',
  'bep12.empty-list',
  'bep15.client.*',
  'bep33.*',
  'magnet.*',
  'bep3.wire.piece.hash-failure-ban',
  'bep6.choke-*',
];

// Each waits more than it works.
test.concurrent.for(programs)(
  '%s does what its expectations say',
  { timeout: 120_000 },
  async ([name, installed], { skip }) => {
    skip(!installed, 'not installed');
    await expectEntries(name, slow);
  },
);

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** A network of its own in which 127.0.0.1 is not there: what is asked all the same is asked elsewhere. */
const apart = ['--net', '--user', '--map-root-user', 'sh', '-c'];
const setUp = 'ip link set lo up && ip address add 10.0.0.1/8 dev lo && ip address del 127.0.0.1/8 dev lo';

test.concurrent('a client can be asked at addresses that are not of loopback', { timeout: 60_000 }, async ({
  skip,
}) => {
  skip(!ferroIsBuilt, 'not built');
  skip(spawnSync('unshare', [...apart, setUp]).status !== 0, 'this user may not make networks');
  const calling = ['bep3.wire.handshake.initiator-layout', 'bep3.announce.left-at-start', 'bep11.consume-added'];
  const cases = [
    ...calling,
    'bep5.wire.port-message-triggers-ping',
    'bep19.only-webseed',
    'bep29.connect.syn-answered',
  ];
  const words = [main, 'run', '--target', 'ferro', '--network', '10', '--format', 'ndjson', '--case', ...cases];
  const started = [...apart, `${setUp} && exec "$@"`, 'sh', process.execPath, ...words];
  const { stdout } = await promisify(execFile)('unshare', started);
  const all = stdout.trim().split('\n');
  const asked = all.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(asked.map(({ outcome }) => outcome)).toEqual(cases.map(() => 'pass'));
  expect(asked[0]!['replay']).toContain('--target ferro --network 10 ');
});
