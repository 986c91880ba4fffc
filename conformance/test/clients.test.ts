/** Our client as it was built, and clients, DHT nodes, readers and makers of others where they are installed: what `expectations` says of each still holds. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'vitest';
import { expectEntries, isInstalled } from './known.ts';

const hasLibtorrent = spawnSync('/usr/bin/python3', ['-c', 'import libtorrent']).status === 0;

const programs: readonly (readonly [name: string, installed: boolean])[] = [
  ['ferro', existsSync(new URL('../../packages/cli/dist/bin/ferro.js', import.meta.url))],
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
