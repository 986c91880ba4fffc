/** Client × tracker × the ways to ask it: it finds a seeder of another kind through it and nothing else. */
import { blocksWent, familyOf, handshakesFit } from '../judgement.ts';
import type { Ability } from '../registry.ts';
import type { Check, Evidence, Play, Scenario } from '../scenario.ts';
import type { Actor } from '../stage.ts';
import { everybodyGave, onceEach, together } from './swarms.ts';

const ways = [
  { way: 'http', code: 'H', crowd: 'NH', title: 'announce over HTTP' },
  { way: 'udp', code: 'UD', crowd: 'NU', title: 'announce over UDP' },
  { way: 'http6', code: 'H6', crowd: 'NH6', title: 'announce over HTTP on IPv6' },
  { way: 'udp6', code: 'U6', crowd: 'NU6', title: 'announce over UDP on IPv6' },
] as const;

/** KiB a second: slow enough for the last to find the first still there. */
const SLOW = 250;

async function play(play: Play): Promise<void> {
  await play.seeder();
  await play.done(await play.leecher());
}

/** Everybody that can ask in this way, at once. */
async function playCrowd(play: Play, name: string, ability: Ability): Promise<void> {
  await play.seeder({ upRate: SLOW });
  await together(play, onceEach(play.everybody, name, ability));
}

export const trackers: readonly Scenario[] = ways.flatMap(({ way, code, title, crowd }) => {
  const ability: Ability = `tracker-${way}`;
  const six = way.endsWith('6') ? (['ipv6'] as const) : [];
  const plain = {
    needs: [ability, ...six],
    use: ['tcp', 'tracker', ...six],
    payload: 'file',
    tracker: 'tested',
    source: 'torrent',
  } as const satisfies Partial<Scenario>;
  return [
    {
      ...plain,
      name: `tracker-${way}`,
      code,
      title,
      shape: 'tracker',
      seconds: 90,
      play,
      judge: (evidence) => [
        blocksWent(evidence, 'seeder', 'leecher'),
        announced(evidence, 'seeder', way),
        announced(evidence, 'leecher', way),
      ],
    },
    {
      ...plain,
      name: `crowd-${way}`,
      code: crowd,
      title: `one of each at once, ${title}`,
      shape: 'crowd',
      seconds: 150,
      play: (play) => playCrowd(play, `tracker-${way}`, ability),
      judge: (evidence) => [handshakesFit(evidence), everybodyGave(evidence), ...everybodyMet(evidence)],
    },
  ] satisfies Scenario[];
});

/** Each of the crowd had a conversation with another one of it, not with the seeder alone. */
function everybodyMet({ facts, actors, scenario }: Evidence): Check[] {
  const crowd = actors.filter(({ name }) => name.startsWith('leecher'));
  const address = (actor: Actor) => actor[familyOf(scenario)];
  const ips = crowd.map(address);
  const lonely = crowd.filter((actor) => {
    const talks = facts.talks.filter(({ voices }) => voices.some(({ from }) => from.ip === address(actor)));
    return !talks.some(({ voices }) => voices.every(({ from }) => ips.includes(from.ip)));
  });
  const detail = lonely.map(({ name }) => name).join(', ');
  return [{ rule: 'everybody met another one', good: lonely.length === 0 || crowd.length < 2, detail }];
}

function announced({ facts, place }: Evidence, who: 'seeder' | 'leecher', way: string) {
  const family = way.endsWith('6') ? 'ip6' : 'ip';
  const [client, tracker] = [place(who)[family], place('tracker')[family]];
  const requests = facts.http.filter(
    ({ from, to, line }) => from.ip === client && to.ip === tracker && line.includes('/announce'),
  );
  const good = way.startsWith('http') ? requests.length > 0 : facts.udpTracker.includes(`${client} ${tracker}`);
  return { rule: `the ${who} asked the tracker over ${way.toUpperCase()}`, good };
}
