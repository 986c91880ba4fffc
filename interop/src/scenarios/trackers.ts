/** Client × tracker × the ways to ask it: it finds a seeder of another kind through it and nothing else. */
import { blocksWent } from '../judgement.ts';
import type { Ability } from '../registry.ts';
import type { Evidence, Play, Scenario } from '../scenario.ts';

const ways = [
  { way: 'http', code: 'H', title: 'announce over HTTP' },
  { way: 'udp', code: 'UD', title: 'announce over UDP' },
  { way: 'http6', code: 'H6', title: 'announce over HTTP on IPv6' },
  { way: 'udp6', code: 'U6', title: 'announce over UDP on IPv6' },
] as const;

async function play(play: Play): Promise<void> {
  await play.seeder();
  await play.done(await play.leecher());
}

export const trackers: readonly Scenario[] = ways.map(({ way, code, title }) => ({
  name: `tracker-${way}`,
  code,
  title,
  shape: 'tracker',
  needs: [`tracker-${way}` as Ability, ...(way.endsWith('6') ? (['ipv6'] as const) : [])],
  use: ['tcp', 'tracker', ...(way.endsWith('6') ? (['ipv6'] as const) : [])],
  payload: 'file',
  tracker: 'tested',
  source: 'torrent',
  seconds: 90,
  play,
  judge: (evidence) => [
    blocksWent(evidence, 'seeder', 'leecher'),
    announced(evidence, 'seeder', way),
    announced(evidence, 'leecher', way),
  ],
}));

function announced({ facts, place }: Evidence, who: 'seeder' | 'leecher', way: string) {
  const family = way.endsWith('6') ? 'ip6' : 'ip';
  const [client, tracker] = [place(who)[family], place('tracker')[family]];
  const requests = facts.http.filter(
    ({ from, to, line }) => from.ip === client && to.ip === tracker && line.includes('/announce'),
  );
  const good = way.startsWith('http') ? requests.length > 0 : facts.udpTracker.includes(`${client} ${tracker}`);
  return { rule: `the ${who} asked the tracker over ${way.toUpperCase()}`, good };
}
