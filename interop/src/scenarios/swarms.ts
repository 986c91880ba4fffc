/** More than two, or not all the time: kills, restarts, liars, slow peers, and one of each at once. */
import { blocksWent, deliveries, handshakesFit } from '../judgement.ts';
import type { Ability, Implementation } from '../registry.ts';
import type { Check, Evidence, Play, Scenario } from '../scenario.ts';
import type { Actor } from '../stage.ts';
import type { Delivery } from '../wire/facts.ts';

const plain = {
  shape: 'pair',
  needs: ['tcp'],
  use: ['tcp', 'tracker'],
  payload: 'file',
  tracker: 'opentracker',
  source: 'torrent',
  seconds: 90,
} as const satisfies Partial<Scenario>;

/** KiB a second: slow enough to be caught in the middle. */
const SLOW = 500;
const CRAWL = 16;
const MIDDLE = 1_500_000;
const PATIENCE_S = 40;

export const swarms: readonly Scenario[] = [
  {
    ...plain,
    name: 'resume',
    code: 'R',
    title: 'the leecher is killed and goes on',
    play: async (play) => {
      await play.seeder({ upRate: SLOW });
      const first = await play.leecher();
      await play.seen(MIDDLE);
      await play.kill(first);
      await play.done(await play.leecher({ again: first }));
    },
    judge: (evidence) => [
      handshakesFit(evidence),
      blocksWent(evidence, 'seeder', 'leecher', { most: 2 * evidence.length }),
      wentOn(evidence),
    ],
  },
  {
    ...plain,
    name: 'seeder-restart',
    code: 'S',
    title: 'the seeder is killed and comes back',
    play: async (play) => {
      const first = await play.seeder({ upRate: SLOW });
      const leecher = await play.leecher();
      await play.seen(MIDDLE);
      await play.kill(first);
      await play.seeder({ again: first });
      await play.done(leecher);
    },
    judge: (evidence) => [
      handshakesFit(evidence),
      blocksWent(evidence, 'seeder', 'leecher'),
      {
        rule: 'both lives of the seeder served',
        good: served(evidence).length > 1,
        detail: `${served(evidence).length} conversations with blocks`,
      },
    ],
  },
  {
    ...plain,
    name: 'corrupt',
    code: 'C',
    title: 'a third peer sends garbage',
    seconds: 45,
    play: async (play) => {
      await play.seeder({ upRate: SLOW });
      await play.script('corruptor', {});
      await play.done(await play.leecher());
    },
    judge: (evidence) => [
      handshakesFit(evidence),
      blocksWent(evidence, 'corruptor', 'leecher', { least: 1, most: 4 * evidence.length }),
      blocksWent(evidence, 'seeder', 'leecher', { most: 2 * evidence.length }),
    ],
  },
  {
    ...plain,
    name: 'end-game',
    code: 'EG',
    title: 'one of two seeders is slow to the end',
    play: async (play) => {
      await play.seeder({ name: 'slow', upRate: CRAWL });
      // Some unchoke nobody in their first ten seconds: by then it must not be over.
      await play.seeder({ upRate: SLOW / 2 });
      await play.done(await play.leecher());
    },
    judge: (evidence) => [
      handshakesFit(evidence),
      blocksWent(evidence, 'slow', 'leecher', { least: 1, most: evidence.length / 2 }),
      notHeldUp(evidence),
    ],
  },
  {
    ...plain,
    name: 'mixed',
    code: 'N',
    title: 'one leecher of each at once',
    shape: 'swarm',
    seconds: 150,
    play: async (play) => {
      await play.seeder({ upRate: 2 * SLOW });
      await together(play, play.everybody);
    },
    judge: (evidence) => [handshakesFit(evidence), everybodyGave(evidence)],
  },
  {
    ...plain,
    name: 'mixed-dht',
    code: 'ND',
    title: "one leecher of each at once, in one DHT that begins with ferro's node",
    shape: 'swarm',
    needs: ['tcp', 'magnet', 'dht'],
    use: ['tcp', 'dht'],
    tracker: 'none',
    source: 'magnet',
    seconds: 180,
    play: async (play) => {
      await play.node('ferro');
      await play.seeder({ upRate: SLOW });
      await together(play, onceEach(play.everybody, 'dht-only', 'magnet', 'dht'));
    },
    judge: (evidence) => [handshakesFit(evidence), ...everybodyHeard(evidence)],
  },
];

/** Of each program the older version, if it can do this, and is known to do it on its own. */
export function onceEach(
  all: readonly Implementation[],
  alone: string,
  ...words: readonly Ability[]
): Implementation[] {
  return all.filter(
    ({ suite, can, gaps }) =>
      suite === 'bookworm' && words.every((word) => can.includes(word)) && gaps?.[`${alone}/leecher`] === undefined,
  );
}

/** One leecher of each, until all are done. */
export async function together(play: Play, crowd: readonly Implementation[]): Promise<void> {
  const names = crowd.map((by) => ({ by, name: `leecher-${by.name}` }));
  const leechers = await Promise.all(names.map((options) => play.leecher(options)));
  await Promise.all(leechers.map((leecher) => play.done(leecher)));
}

const leechersOf = ({ actors }: Evidence) => actors.filter(({ name }) => name.startsWith('leecher'));

/**
 * Each was told of another one, or another one was told of it: which of both is a matter of who was there first, and how many
 * each was told of is shown.
 */
function everybodyHeard({ facts, actors }: Evidence): Check[] {
  const peers = actors.filter(({ name }) => name === 'seeder' || name.startsWith('leecher'));
  const told = (one: Actor, other: Actor) =>
    one !== other && facts.dht.some(({ to, peers: named }) => to.ip === one.ip && named.includes(other.ip));
  const count = (list: readonly Actor[], check: (other: Actor) => boolean) => list.filter(check).length;
  const links = peers.map((one) => ({
    ...{ name: one.name, heard: count(peers, (other) => told(one, other)) },
    found: count(peers, (other) => told(other, one)),
  }));
  const detail = links.map(({ name, heard, found }) => `${name} was told of ${heard}, and ${found} of it`).join('; ');
  const good = links.every(({ heard, found }) => heard + found > 0);
  return [{ rule: 'everybody was found in the DHT, or found others there (BEP 5)', good, detail }];
}

const served = (evidence: Evidence) => deliveries(evidence, 'seeder', 'leecher');

/** The second life asks for what the first had not got: most of what came before the kill is not asked for again. */
function wentOn(evidence: Evidence) {
  const { actors, length } = evidence;
  const second = actors.findLast(({ name }) => name.startsWith('leecher'))!.startedAt;
  const sum = (list: readonly Delivery[]) => list.reduce((total, { bytes }) => total + bytes, 0);
  const first = sum(served(evidence).filter(({ startedAt }) => startedAt < second));
  const after = sum(served(evidence)) - first;
  const detail = `${first} bytes before, ${after} after the kill, ${length} in all`;
  return { rule: 'what was there is kept', good: first > 0 && after > 0 && after <= length - first / 2, detail };
}

function notHeldUp({ facts, place }: Evidence) {
  const times = facts.talks
    .flatMap(({ voices }) => voices)
    .filter(({ from }) => [place('seeder').ip, place('slow').ip].includes(from.ip))
    .flatMap(({ firstBlockAt, lastBlockAt }) => [firstBlockAt ?? Infinity, lastBlockAt ?? -Infinity]);
  const seconds = Math.max(...times.filter(Number.isFinite)) - Math.min(...times.filter(Number.isFinite));
  return { rule: 'the slow one did not hold it up', good: seconds < PATIENCE_S, detail: `${seconds.toFixed(1)} s` };
}

/** Leechers serve each other, too: more blocks moved between them than none. */
export function everybodyGave(evidence: Evidence): Check {
  const { facts, place } = evidence;
  const voices = facts.talks.flatMap(({ voices }) => voices);
  const fromSeeder = voices.filter(({ from }) => from.ip === place('seeder').ip);
  const sum = (list: typeof voices) => list.reduce((total, { payload }) => total + payload, 0);
  const among = sum(voices) - sum(fromSeeder);
  const count = leechersOf(evidence).length;
  return { rule: 'leechers served each other', good: among > 0 || count < 2, detail: `${among} bytes among ${count}` };
}
