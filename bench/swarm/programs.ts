/** The programs that take part: how each is started as a peer of a torrent, and how it says that it has everything verified. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PeerContext {
  readonly torrent: string;
  /** Where the data is or goes. */
  readonly folder: string;
  /** Empty, for the program's own files. */
  readonly scratch: string;
  readonly port: number;
}

export interface Program {
  readonly command: (context: PeerContext, role: 'seed' | 'leech') => readonly string[];
  /** A line of its output, or the appearance of a file, that says "all is here and verified". */
  readonly done: { readonly line: RegExp } | { readonly file: string };
}

const CLI = fileURLToPath(new URL('../../packages/cli/dist/bin/ferro.js', import.meta.url));
const LIBTORRENT = fileURLToPath(new URL('./libtorrent-peer.py', import.meta.url));

/** A script that leaves a file behind: for programs that can only run something. */
function flagScript(scratch: string): string {
  const script = join(scratch, 'done.sh');
  writeFileSync(script, `#!/bin/sh\ntouch ${join(scratch, 'done')}\n`, { mode: 0o755 });
  return script;
}

export const programs: Readonly<Record<string, Program>> = {
  ferro: {
    command: ({ torrent, folder, port }, role) => [
      ...[process.execPath, CLI, role === 'seed' ? 'seed' : 'download', torrent, '--json'],
      ...['--listen', `127.0.0.1:${port}`, '--memory', '64'],
      ...(role === 'seed' ? ['--data', folder] : ['--out', folder, '--seed']),
    ],
    done: { line: /"type":"(finished|ready)".*"progress":1[,}]/ },
  },
  libtorrent: {
    command: ({ torrent, folder, port }) => ['/usr/bin/python3', LIBTORRENT, torrent, folder, `${port}`],
    done: { line: /DONE/ },
  },
  aria2: {
    command: ({ torrent, folder, scratch, port }, role) => [
      ...[
        'aria2c',
        '--no-conf',
        `--dir=${folder}`,
        `--listen-port=${port}`,
        '--enable-dht=false',
        '--enable-dht6=false',
      ],
      ...['--bt-enable-lpd=false', '--enable-peer-exchange=false', '--file-allocation=none', '--allow-overwrite=true'],
      ...['--summary-interval=0', '--console-log-level=error', '--show-console-readout=false', '--seed-ratio=0.0'],
      ...['--bt-max-peers=0', '--bt-request-peer-speed-limit=0', `--on-bt-download-complete=${flagScript(scratch)}`],
      ...(role === 'seed' ? ['--check-integrity=true'] : []),
      torrent,
    ],
    done: { file: 'done' },
  },
  rtorrent: {
    command: ({ torrent, folder, scratch, port }, role) => {
      const event = role === 'seed' ? 'hash_done' : 'finished';
      const settings = [
        `directory.default.set = ${folder}`,
        `session.path.set = ${scratch}`,
        `network.port_range.set = ${port}-${port}`,
        'network.port_random.set = no',
        'network.bind_address.set = 127.0.0.1',
        'network.local_address.set = 127.0.0.1',
        'protocol.encryption.set = none',
        'dht.mode.set = disable',
        'protocol.pex.set = no',
        'trackers.use_udp.set = no',
        'system.daemon.set = true',
        'pieces.memory.max.set = 8000M',
        'pieces.hash.on_completion.set = no',
        `method.set_key = event.download.${event},ferrobench,"execute2={${flagScript(scratch)}}"`,
        `load.start = ${torrent}`,
      ];
      writeFileSync(join(scratch, 'rc'), `${settings.join('\n')}\n`);
      return ['rtorrent', '-n', '-o', `import=${join(scratch, 'rc')}`];
    },
    done: { file: 'done' },
  },
};
