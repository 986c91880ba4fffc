/** How a leecher finds out what the torrent is and who has it: from a tracker, the DHT, peers, a web server, or in private. */
import { blocksWent, familyOf, handshakesFit, metadataCame } from '../judgement.ts';
import type { Check, Evidence, Play, Scenario } from '../scenario.ts';

const plain = {
  shape: 'pair',
  needs: ['tcp'],
  use: ['tcp', 'tracker'],
  payload: 'file',
  tracker: 'opentracker',
  source: 'torrent',
  seconds: 90,
} as const satisfies Partial<Scenario>;

async function transfer(play: Play): Promise<void> {
  await play.seeder();
  await play.done(await play.leecher());
}

async function withNode(play: Play): Promise<void> {
  await play.node();
  await transfer(play);
}

/** Who searches first finds nobody, and most do not search again for a quarter of an hour. */
async function throughDht(play: Play): Promise<void> {
  await play.node();
  await play.seeder();
  await play.announced();
  await play.done(await play.leecher());
}

/** The leecher hears of one peer only, which has nothing, but knows the seeder. */
async function throughHub(play: Play): Promise<void> {
  await play.seeder();
  await play.script('hub', {});
  await play.done(await play.leecher());
}

export const discovery: readonly Scenario[] = [
  {
    ...plain,
    name: 'magnet',
    code: 'M',
    title: 'magnet link with a tracker',
    needs: ['tcp', 'magnet'],
    source: 'magnet',
    play: transfer,
    judge: (evidence) => [handshakesFit(evidence), metadataCame(evidence), blocksWent(evidence, 'seeder', 'leecher')],
  },
  {
    ...plain,
    name: 'dht-only',
    code: 'D',
    title: 'magnet link, found through the DHT alone',
    needs: ['tcp', 'magnet', 'dht'],
    use: ['tcp', 'dht'],
    source: 'magnet',
    tracker: 'none',
    seconds: 180,
    play: throughDht,
    judge: foundInDht,
  },
  {
    ...plain,
    name: 'dht6',
    code: 'D6',
    title: 'magnet link, found through the DHT on IPv6 alone',
    needs: ['tcp', 'magnet', 'ipv6', 'dht6'],
    use: ['tcp', 'dht', 'ipv6'],
    source: 'magnet',
    tracker: 'none',
    seconds: 240,
    play: throughDht,
    judge: foundInDht,
  },
  {
    ...plain,
    name: 'magnet-x-pe',
    code: 'XP',
    title: 'magnet link that names the seeder, and nothing else',
    needs: ['tcp', 'magnet', 'x-pe'],
    use: ['tcp'],
    source: 'magnet',
    tracker: 'none',
    namesSeeder: true,
    play: transfer,
    judge: (evidence) => [handshakesFit(evidence), metadataCame(evidence), blocksWent(evidence, 'seeder', 'leecher')],
  },
  {
    ...plain,
    name: 'magnet-pex',
    code: 'MX',
    title: 'magnet link, the seeder found through another peer alone',
    needs: ['tcp', 'magnet', 'pex'],
    use: ['tcp', 'tracker', 'pex'],
    source: 'magnet',
    tracker: 'scripted',
    seconds: 150,
    play: throughHub,
    judge: (evidence) => [...foundThroughHub(evidence), metadataCame(evidence)],
  },
  {
    ...plain,
    name: 'pex-only',
    code: 'X',
    title: 'the seeder found through another peer alone',
    needs: ['tcp', 'pex'],
    use: ['tcp', 'tracker', 'pex'],
    tracker: 'scripted',
    seconds: 150,
    play: throughHub,
    judge: foundThroughHub,
  },
  {
    ...plain,
    name: 'web-seed',
    code: 'W',
    title: 'from a web server alone',
    shape: 'leecher',
    needs: ['web-seed'],
    use: ['tcp', 'tracker', 'web-seed'],
    tracker: 'scripted',
    webSeed: true,
    play: async (play) => {
      await play.webServer();
      await play.done(await play.leecher());
    },
    judge: ({ facts, place }) => [
      {
        rule: 'the web server was asked for the file',
        good: facts.http.some(({ to, line }) => to.ip === place('web').ip && line.includes('file.bin')),
      },
      { rule: 'no peer took part', good: facts.talks.length === 0 },
    ],
  },
  {
    ...plain,
    name: 'private',
    code: 'P',
    title: 'a private torrent, with everything switched on and a watcher',
    needs: ['tcp', 'private'],
    use: ['tcp', 'tracker', 'dht', 'pex', 'lsd'],
    payload: 'private',
    play: withNode,
    judge: (evidence) => [
      handshakesFit(evidence),
      blocksWent(evidence, 'seeder', 'leecher'),
      ...nothingLeaks(evidence),
    ],
  },
];

function foundInDht(evidence: Evidence): Check[] {
  return [
    handshakesFit(evidence),
    announcedAndAsked(evidence),
    metadataCame(evidence),
    blocksWent(evidence, 'seeder', 'leecher'),
  ];
}

function foundThroughHub(evidence: Evidence): Check[] {
  const exchanged = evidence.facts.talks.some(({ voices }) => voices.some(({ messages }) => messages['ut_pex']));
  return [
    handshakesFit(evidence),
    blocksWent(evidence, 'hub', 'leecher', { least: 0, most: 0 }),
    blocksWent(evidence, 'seeder', 'leecher'),
    { rule: 'peers were exchanged (BEP 11)', good: exchanged },
  ];
}

/** Whoever is found by the other calls it, or is called: which of both is a matter of who was there first. */
function announcedAndAsked({ facts, place, infoHashes, scenario }: Evidence): Check {
  const sent = (who: 'seeder' | 'leecher', name: string) => {
    const ip = place(who)[familyOf(scenario)];
    return facts.dht.some(
      (message) => message.name === name && message.from.ip === ip && infoHashes.includes(message.infoHash),
    );
  };
  const found =
    (sent('seeder', 'announce_peer') && sent('leecher', 'get_peers')) ||
    (sent('leecher', 'announce_peer') && sent('seeder', 'get_peers'));
  return { rule: 'one announced itself in the DHT, and the other asked (BEP 5)', good: found };
}

/** BEP 27: peers of a private torrent come from its tracker and are told to nobody else. */
function nothingLeaks({ facts, infoHashes }: Evidence): Check[] {
  const inDht = facts.dht.filter(({ infoHash }) => infoHashes.includes(infoHash));
  const called = facts.discovery.filter((hash) => infoHashes.includes(hash));
  const exchanged = facts.talks.flatMap(({ voices }) => voices).filter(({ messages }) => messages['ut_pex']);
  return [
    { rule: 'the DHT was not told of it', good: inDht.length === 0, detail: inDht.map(({ name }) => name).join(', ') },
    { rule: 'the local network was not told of it', good: called.length === 0 },
    { rule: 'peers were not exchanged', good: exchanged.length === 0 },
  ];
}
