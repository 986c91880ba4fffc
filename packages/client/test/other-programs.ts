/**
 * Other BitTorrent programs as seeds and leechers on 127.0.0.1: plain TCP, no encryption, no DHT, no trackers. A leecher
 * is ready when it may be connected to; that is how Transmission, which takes no 127.x address from anybody, finds us.
 */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { freePort, Program, succeeds, works } from './program.ts';

export const PYTHON = '/usr/bin/python3';
export const LIBTORRENT_PEER: string = fileURLToPath(new URL('libtorrent-peer.py', import.meta.url));

export interface Job {
  readonly role: 'seed' | 'leech';
  readonly torrent: string;
  /** Holds the torrent's own folder. */
  readonly folder: string;
  /** For the program's own files. */
  readonly scratch: string;
}

export interface Running extends AsyncDisposable {
  readonly port: number;
  /** Everything is verified; after it has been ended, everything is on the disk. */
  readonly done: () => Promise<unknown>;
}

export interface OtherProgram {
  readonly name: string;
  readonly installed: boolean;
  /** Why it cannot download from us. */
  readonly gap?: string;
  readonly start: (job: Job) => Promise<Running>;
}

export const otherPrograms: readonly OtherProgram[] = [
  {
    name: 'libtorrent',
    installed: succeeds(PYTHON, '-c', 'import libtorrent'),
    start: startLibtorrent,
  },
  {
    name: 'Transmission',
    installed: works('transmission-daemon', '--version'),
    start: startTransmission,
  },
  { name: 'rtorrent', installed: works('rtorrent', '-h'), start: startRtorrent },
  {
    name: 'aria2',
    installed: works('aria2c', '--version'),
    start: startAria2,
  },
];

async function startLibtorrent({ role, torrent, folder }: Job): Promise<Running> {
  const program = new Program(PYTHON, [LIBTORRENT_PEER, role, torrent, folder]);
  const port = Number((await program.line((line) => line.startsWith('PORT'))).slice(5));
  if (role === 'seed') await program.line((line) => line === 'SEEDING');
  return running(program, port, () => program.line((line) => line === 'DONE'));
}

async function startTransmission({ role, torrent, folder, scratch }: Job): Promise<Running> {
  const port = await freePort();
  const rpcPort = await freePort();
  const settings = {
    'bind-address-ipv4': '127.0.0.1',
    'bind-address-ipv6': '::1',
    'dht-enabled': false,
    'download-dir': folder,
    'download-queue-enabled': false,
    encryption: 0,
    'lpd-enabled': false,
    'peer-port': port,
    'pex-enabled': false,
    'port-forwarding-enabled': false,
    'rpc-authentication-required': false,
    'rpc-bind-address': '127.0.0.1',
    'rpc-port': rpcPort,
    'rpc-whitelist-enabled': false,
    'utp-enabled': false,
  };
  mkdirSync(scratch, { recursive: true });
  writeFileSync(`${scratch}/settings.json`, JSON.stringify(settings));
  const program = new Program('transmission-daemon', ['-f', '-g', scratch], { home: scratch });
  const rpc = transmissionRpc(`http://127.0.0.1:${rpcPort}/transmission/rpc`);
  const is = async (...states: readonly number[]) => {
    const [found] = (await rpc('torrent-get', { fields: ['status', 'percentDone'] })).torrents ?? [];
    return found !== undefined && states.includes(found.status) && (found.status === 4 || found.percentDone === 1);
  };
  await program.waitFor(() => accepts(rpcPort));
  await rpc('torrent-add', { filename: torrent, 'download-dir': folder, paused: false });
  // 4: downloading, 6: seeding.
  await program.waitFor(async () => (await is(role === 'seed' ? 6 : 4)) && (await accepts(port)));
  return running(program, port, () => program.waitFor(() => is(6)));
}

interface TransmissionAnswer {
  readonly torrents?: readonly { readonly status: number; readonly percentDone: number }[];
}

function transmissionRpc(url: string): (method: string, parameters: unknown) => Promise<TransmissionAnswer> {
  let session = '';
  return async function ask(method, parameters): Promise<TransmissionAnswer> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'X-Transmission-Session-Id': session },
      body: JSON.stringify({ method, arguments: parameters }),
    });
    if (response.status === 409) {
      session = response.headers.get('X-Transmission-Session-Id') ?? '';
      return await ask(method, parameters);
    }
    const answer = (await response.json()) as { arguments: TransmissionAnswer; result: string };
    if (answer.result !== 'success') throw new Error(`transmission: ${answer.result}`);
    return answer.arguments;
  };
}

async function startRtorrent({ torrent, folder, scratch }: Job): Promise<Running> {
  const port = await freePort();
  mkdirSync(`${scratch}/session`, { recursive: true });
  const hook = (event: string) =>
    `method.set_key = event.download.${event},ferro_${event},"execute2={${flagScript(scratch, event)}}"`;
  const settings = `
directory.default.set = ${folder}
session.path.set = ${scratch}/session
network.port_range.set = ${port}-${port}
network.port_random.set = no
network.bind_address.set = 127.0.0.1
network.local_address.set = 127.0.0.1
protocol.encryption.set = none
protocol.pex.set = no
dht.mode.set = disable
trackers.use_udp.set = no
system.daemon.set = true
${hook('hash_done')}
${hook('finished')}
load.start = ${torrent}
`;
  writeFileSync(`${scratch}/rtorrent.rc`, settings);
  const program = new Program('rtorrent', ['-n', '-o', `import=${scratch}/rtorrent.rc`], { home: scratch });
  await program.waitFor(async () => existsSync(`${scratch}/hash_done`) && (await accepts(port)));
  return running(program, port, () => program.waitFor(() => existsSync(`${scratch}/finished`)));
}

async function startAria2({ role, torrent, folder, scratch }: Job): Promise<Running> {
  const port = await freePort();
  mkdirSync(scratch, { recursive: true });
  const settings = [
    '--no-conf',
    `--dir=${folder}`,
    `--listen-port=${port}`,
    '--interface=127.0.0.1',
    '--enable-dht=false',
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    '--file-allocation=none',
    '--allow-overwrite=true',
    '--async-dns=false',
    '--summary-interval=0',
    '--show-console-readout=false',
  ];
  const mode =
    role === 'leech'
      ? ['--seed-time=0']
      : ['--check-integrity=true', '--seed-ratio=0.0', `--on-bt-download-complete=${flagScript(scratch, 'complete')}`];
  const program = new Program('aria2c', [...settings, ...mode, torrent], { home: scratch });
  await program.waitFor(async () => (role === 'leech' || existsSync(`${scratch}/complete`)) && (await accepts(port)));
  return running(program, port, async () => {
    const { code } = await program.exited;
    if (code !== 0) throw new Error(`aria2c ended with ${code}: ${program.lines.slice(-5).join(' ')}`);
  });
}

function running(program: Program, port: number, done: () => Promise<unknown>): Running {
  return { port, done, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** A script that a program runs when something has happened: an empty file says so. */
function flagScript(scratch: string, name: string): string {
  const path = `${scratch}/${name}.sh`;
  writeFileSync(path, `#!/bin/sh\n: > '${scratch}/${name}'\n`);
  chmodSync(path, 0o755);
  return path;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
