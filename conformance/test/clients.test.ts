/** Clients, DHT nodes, readers and makers of others, where they are installed: what `expectations` says of each still holds. */
import { test } from 'vitest';
import { expectEntries, isInstalled } from './known.ts';

const python = '/usr/bin/python3';
const hasLibtorrent = isInstalled(python, '-c', 'import libtorrent');

const programs: readonly (readonly [name: string, installed: boolean])[] = [
  //T ['libtorrent', hasLibtorrent],
  //T ['aria2', isInstalled('aria2c', '--version')],
  //T ['transmission', isInstalled('transmission-daemon', '--version')],
  //T ['rtorrent', isInstalled('rtorrent', '-h')],
  ['libtorrent-files', hasLibtorrent],
  ['transmission-files', isInstalled('transmission-show', '--version')],
  ['aria2-files', isInstalled('aria2c', '--version')],
  ['dht-libtorrent', hasLibtorrent],
  ['dht-bittorrent-dht', true],
];

// Each waits more than it works.
test.concurrent.for(programs)(
  '%s does what its expectations say',
  { timeout: 120_000 },
  async ([name, installed], { skip }) => {
    skip(!installed, 'not installed');
    await expectEntries(name);
  },
);
