/** Other people's clients on loopback find each other through our tracker, over HTTP and UDP, IPv4 and IPv6, where installed. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { nodeHost } from '../../node/src/index.ts';
import { openTracker, type Tracker } from '../src/index.ts';

const PYTHON = '/usr/bin/python3';
const has = (program: string, ...args: string[]) => spawnSync(program, args).error === undefined;
const hasLibtorrent = spawnSync(PYTHON, ['-c', 'import libtorrent']).status === 0;
const hasTransmission = has('transmission-cli', '-V');
const hasAria2 = has('aria2c', '-v');
const hasRtorrent = has('rtorrent', '-h');

const folder = mkdtempSync(join(tmpdir(), 'ferro-programs-'));
const host = nodeHost();
let running: ChildProcess[] = [];
let trackers: Tracker[] = [];
const content = randomBytes(200_000);

function run(program: string, args: readonly string[]): void {
  running.push(spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'], env: { ...process.env, TERM: 'xterm' } }));
}

afterEach(async () => {
  const ended = running.map(
    (child) =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve(undefined);
        child.once('exit', resolve);
        child.kill('SIGKILL');
      }),
  );
  await Promise.all(ended);
  for (const tracker of trackers) await tracker.close();
  running = [];
  trackers = [];
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A tracker, a torrent that names it, and places for programs with and without the content. */
async function swarm(protocol: 'http' | 'udp', ip: string) {
  const at = { ip, port: 0 };
  const tracker = await openTracker(host, protocol === 'http' ? { http: at } : { udp: at });
  trackers.push(tracker);
  const base = mkdtempSync(join(folder, 'swarm-'));
  const place = (name: string, complete: boolean) => {
    const path = join(base, name);
    mkdirSync(path);
    if (complete) writeFileSync(join(path, 'content'), content);
    return path;
  };
  const { port } = tracker[protocol]!;
  const url = `${protocol}://${ip.includes(':') ? `[${ip}]` : ip}:${port}/announce`;
  const torrent = join(base, 'a.torrent');
  writeFileSync(join(base, 'content'), content);
  const make = `import libtorrent as l,sys
f=l.file_storage();l.add_files(f,sys.argv[1]+'/content');t=l.create_torrent(f,flags=l.create_torrent.v1_only);t.add_tracker(sys.argv[2])
t.set_priv(True);l.set_piece_hashes(t,sys.argv[1]);open(sys.argv[3],'wb').write(l.bencode(t.generate()))`;
  execFileSync(PYTHON, ['-c', make, base, url, torrent]);
  return { tracker, place, torrent, ip };
}

function libtorrent(torrent: string, path: string, ip: string): void {
  const script = `import libtorrent as l,sys,time
s=l.session({'listen_interfaces':sys.argv[3]+':0','enable_dht':False,'enable_lsd':False,'enable_upnp':False,'enable_natpmp':False,'allow_multiple_connections_per_ip':True})
h=s.add_torrent({'ti':l.torrent_info(sys.argv[1]),'save_path':sys.argv[2]})
while True: time.sleep(1)`;
  run(PYTHON, ['-c', script, torrent, path, ip.includes(':') ? `[${ip}]` : ip]);
}

function transmission(torrent: string, path: string): void {
  const settings = {
    'dht-enabled': false,
    'lpd-enabled': false,
    'utp-enabled': false,
    'port-forwarding-enabled': false,
  };
  const config = `${path}-config`;
  mkdirSync(config);
  writeFileSync(join(config, 'settings.json'), JSON.stringify(settings));
  const port = 30_000 + Math.floor(Math.random() * 20_000);
  run('transmission-cli', ['-g', config, '-w', path, '-p', String(port), '-M', torrent]);
}

function rtorrent(torrent: string, path: string): void {
  const port = 30_000 + Math.floor(Math.random() * 20_000);
  const settings = [
    'system.daemon.set=true',
    `directory.default.set=${path}`,
    `network.port_range.set=${port}-${port}`,
  ];
  run('rtorrent', ['-n', '-o', [...settings, 'dht.mode.set=disable', 'protocol.pex.set=no'].join(','), torrent]);
}

function aria2(torrent: string, path: string): void {
  // UDP trackers work only with DHT, which a private torrent does not use (BEP 27).
  const off = ['--enable-dht=true', '--enable-dht6=false', '--enable-peer-exchange=false', '--bt-enable-lpd=false'];
  run('aria2c', [...off, `--dht-file-path=${path}-dht`, '--no-conf', '-q', '--seed-ratio=0.0', '-d', path, torrent]);
}

/** Programs take their time; who waits too long is told what is there. */
async function until(holds: () => boolean, present: () => unknown = () => ''): Promise<void> {
  const end = Date.now() + 45_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`still not so: ${JSON.stringify(present())}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const holds = (path: string) => () => {
  try {
    return readFileSync(join(path, 'content')).equals(content);
  } catch {
    return false;
  }
};

for (const protocol of ['http', 'udp'] as const) {
  for (const ip of ['127.0.0.1', '::1']) {
    // rtorrent of Debian has no IPv6 to speak of.
    test.skipIf(!hasLibtorrent || !hasTransmission)(
      `libtorrent, Transmission, and over IPv4 rtorrent and aria2, swarm over ${protocol} at ${ip}, where installed`,
      async () => {
        const { tracker, place, torrent } = await swarm(protocol, ip);
        // Transmission 3 does not ask UDP trackers at a loopback address of IPv6.
        if (protocol === 'udp' && ip === '::1') libtorrent(torrent, place('seeder', true), ip);
        else transmission(torrent, place('transmission', true));
        await until(() => tracker.stats().seeders === 1);
        // Over IPv4 it seeds too, for the other two; over IPv6 it downloads.
        const v4 = ip === '127.0.0.1';
        const paths = v4 ? [] : ['libtorrent'];
        libtorrent(torrent, place('libtorrent', v4), ip);
        await until(() => tracker.stats().seeders! + tracker.stats().leechers! === 2);
        if (v4 && hasRtorrent) {
          rtorrent(torrent, place('rtorrent', false));
          paths.push('rtorrent');
        }
        if (v4 && hasAria2) {
          aria2(torrent, place('aria2', false));
          paths.push('aria2');
        }
        const base = join(torrent, '..');
        const present = () => [paths.filter((name) => holds(join(base, name))()), tracker.stats()];
        await until(() => paths.every((name) => holds(join(base, name))()), present);
        const { seeders, leechers } = tracker.stats();
        expect(seeders! + leechers!).toBe(paths.length + (v4 ? 2 : 1));
      },
      60_000,
    );
  }
}
