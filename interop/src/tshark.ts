/** A second opinion on a capture: what tshark, which shares no line with our decoder, takes the packets for. */
import { execFile, spawnSync } from 'node:child_process';
import type { Check } from './scenario.ts';
import type { Facts } from './wire/facts.ts';

export interface Opinion {
  readonly checks: readonly Check[];
  readonly text: string;
}

let installed: boolean | undefined;

export function hasTshark(): boolean {
  installed ??= spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0;
  return installed;
}

/** `hidden`: two that cannot be told not to encrypt met, and may have. */
export function secondOpinion(capture: string, facts: Facts, hidden: boolean): Promise<Opinion> {
  if (!hasTshark()) return Promise.resolve({ checks: [], text: 'tshark is not installed here\n' });
  const words = [
    ...[
      '-r',
      capture,
      '-n',
      '-T',
      'fields',
      '-E',
      'separator=|',
      '-e',
      'frame.protocols',
      '-e',
      'bittorrent.info_hash',
    ],
    // Off by default there, as it takes many other datagrams for uTP.
    ...['--enable-heuristic', 'bt_utp_udp'],
    ...['-Y', 'bittorrent or bt-utp or bt-dht'],
  ];
  return new Promise((resolve) => {
    execFile('tshark', words, { encoding: 'utf8', maxBuffer: 1 << 28 }, (error, output, errors) => {
      if (error === null) return resolve(compared(output, facts, hidden));
      const detail = errors.trim().split('\n').at(-1) ?? '';
      resolve({ checks: [{ rule: 'tshark reads the capture', good: false, detail }], text: errors });
    });
  });
}

/** What both must see: who shook hands for which torrent, and whether there was any uTP or DHT at all. */
export function compared(output: string, facts: Facts, hidden = false): Opinion {
  const counts: Record<string, number> = {};
  const hashes = new Set<string>();
  for (const line of output.split('\n').filter(Boolean)) {
    const [protocols = '', hash = ''] = line.split('|');
    for (const protocol of ['bittorrent', 'bt-utp', 'bt-dht']) {
      if (protocols.split(':').includes(protocol)) counts[protocol] = (counts[protocol] ?? 0) + 1;
    }
    for (const one of hash.split(',').filter(Boolean)) hashes.add(one);
  }
  const voices = facts.talks.flatMap(({ voices }) => voices);
  const ours = new Set(voices.map(({ infoHash }) => infoHash).filter((hash) => hash !== ''));
  // Where only the handshake of encryption is encrypted, it finds what comes behind that.
  const theirs = [...hashes].filter((hash) => !hidden || ours.has(hash));
  const pairs = [
    { what: 'info-hashes in handshakes', we: [...ours].sort().join(' '), they: theirs.sort().join(' ') },
    { what: 'uTP', we: facts.utpPackets > 0 ? 'seen' : 'none', they: counts['bt-utp'] ? 'seen' : 'none' },
    { what: 'DHT', we: facts.dht.length > 0 ? 'seen' : 'none', they: counts['bt-dht'] ? 'seen' : 'none' },
  ];
  const different = pairs.filter(({ we, they }) => we !== they);
  const detail = different.map(({ what, we, they }) => `${what}: we ${we}, tshark ${they}`).join('; ');
  const lines = Object.entries(counts).map(([protocol, count]) => `${protocol}: ${count} packets`);
  return {
    checks: [{ rule: 'tshark sees the same', good: different.length === 0, detail }],
    text: `${[...lines, ...[...hashes].map((hash) => `handshake for ${hash}`)].join('\n')}\n`,
  };
}
