/** One seeder, one leecher: kinds of torrents, and kinds of connections. */
import { blocksWent, handshakesFit } from '../judgement.ts';
import type { Play, Scenario } from '../scenario.ts';

async function transfer(play: Play): Promise<void> {
  await play.seeder();
  await play.done(await play.leecher());
}

const plain = {
  shape: 'pair',
  needs: ['tcp'],
  use: ['tcp', 'tracker'],
  payload: 'file',
  tracker: 'opentracker',
  source: 'torrent',
  seconds: 90,
  play: transfer,
  judge: (evidence) => [handshakesFit(evidence), blocksWent(evidence, 'seeder', 'leecher')],
} as const satisfies Partial<Scenario>;

export const transfers: readonly Scenario[] = [
  { ...plain, name: 'transfer-tcp', code: 'T', title: 'transfer over TCP', without: ['utp'] },
  {
    ...plain,
    name: 'transfer-utp',
    code: 'U',
    title: 'transfer over uTP alone',
    needs: ['utp'],
    use: ['utp', 'tracker'],
    judge: (evidence) => [handshakesFit(evidence), blocksWent(evidence, 'seeder', 'leecher', { over: 'utp' })],
  },
  { ...plain, name: 'odd-files', code: 'F', title: 'many files with padding and odd names', payload: 'tree' },
  {
    ...plain,
    name: 'ipv6',
    code: '6',
    title: 'transfer over IPv6',
    needs: ['tcp', 'ipv6'],
    use: ['tcp', 'tracker', 'ipv6'],
    tracker: 'scripted',
    judge: (evidence) => [
      handshakesFit(evidence),
      blocksWent(evidence, 'seeder', 'leecher'),
      {
        rule: 'no peer spoke over IPv4',
        good: evidence.facts.talks.every(({ voices: [one] }) => one.from.ip.includes(':')),
      },
    ],
  },
  { ...plain, name: 'v2', code: 'V2', title: 'a torrent of version 2', needs: ['tcp', 'v2'], payload: 'v2' },
  { ...plain, name: 'hybrid', code: 'HY', title: 'a torrent of both versions', payload: 'hybrid' },
  {
    ...plain,
    name: 'encrypted',
    code: 'E',
    title: 'encrypted connections alone',
    needs: ['tcp', 'encryption'],
    use: ['tcp', 'tracker', 'encryption'],
    judge: ({ facts }) => [
      { rule: 'no handshake could be read', good: facts.talks.length === 0, detail: `${facts.talks.length} could` },
      { rule: 'peers spoke encrypted', good: facts.unreadable.length > 0 },
    ],
  },
];
