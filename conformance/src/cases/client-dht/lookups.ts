/** BEP 5, torrent peers; BEP 33: how a client finds peers by the DHT, and lets itself be found. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { compareDistance } from '../../probe/dht/ids.ts';
import { asBytes, type Message } from '../../probe/dht/krpc.ts';
import type { DhtNode } from '../../probe/dht/node.ts';
import type { Client, LaunchOptions } from '../../probe/wire/client.ts';
import type { Fixture } from '../../probe/wire/fixture.ts';
import type { WireTools } from '../wire/define.ts';
import { askedAbout, defineCase, entering, nodes } from './define.ts';

const section = 'BEP 5, DHT queries: get_peers and announce_peer';
const crowd = 24;
const nearest = 8;

export const lookups: readonly Case[] = [
  defineCase({
    id: 'bep5.lookup.get-peers-uses-values',
    title: 'the peers that the DHT names are called',
    section,
    killedBy: { 'ignores-values': 'fail' },
    async run(tools) {
      const call = await tools.awaiting();
      const network = await nodes(tools, 4, () => ({ values: [call.at] }));
      await entering(tools, network[0]!, tools.torrent());
      await call.link();
    },
  }),

  defineCase({
    id: 'bep5.lookup.announce-to-closest',
    title: 'who has found the nearest nodes announces to them, to each with the token that it gave',
    section,
    killedBy: { 'announces-to-any': 'fail', 'one-token-for-all': 'fail' },
    async run(tools) {
      const { sorted, announced, fixture } = await announcing(tools, (at) => ({ token: `token ${at}` }));
      const near = sorted.slice(0, nearest);
      for (const each of announced) {
        const [sent] = askedAbout(each, fixture, 'announce_peer');
        const own = each.token;
        tools
          .expect(Buffer.from(asBytes(sent!.body.get('token')) ?? []).toString(), 'the token that a node is told')
          .is(own);
      }
      const reached = near.filter((each) => announced.includes(each)).length;
      // A node more or less, because an answer may be late.
      tools.expect(reached, `of the ${nearest} nearest nodes that it announces to`).atLeast(nearest - 2);
    },
  }),

  defineCase({
    id: 'bep5.lookup.announce-port',
    title: 'the port that is announced is the one that takes peers, or is left to be seen',
    section,
    killedBy: { 'announces-port-9': 'fail' },
    async run(tools) {
      const { announced, fixture, client } = await announcing(tools);
      const { body } = askedAbout(announced[0]!, fixture, 'announce_peer')[0]!;
      if (body.get('implied_port') === 1) return;
      tools.expect(body.get('port'), 'the port').is(client.running.at.port);
    },
  }),

  defineCase({
    id: 'bep5.lookup.no-announce-without-token',
    title: 'nodes that gave no token are not announced to',
    section,
    killedBy: { 'announces-without-token': 'fail' },
    async run(tools) {
      const { announced } = await announcing(tools, (at) => ({ token: at % 2 === 0 ? 'token' : '' }));
      const wrong = announced.filter((each) => each.token === '');
      tools.expect(wrong.length, 'announces to nodes that gave no token').is(0);
    },
  }),

  defineCase({
    id: 'bep33.token-omission-respected',
    title:
      'a node that has taken enough announces of a torrent, and so gives peers without a token, is not announced to',
    section: 'BEP 33, changed announce accounting',
    killedBy: { 'announces-without-token': 'fail' },
    async run(tools) {
      const call = await tools.awaiting();
      // It is like any other node in all but that.
      const full = { token: '', values: [call.at] };
      const { announced } = await announcing(tools, (at) => (at % 2 === 0 ? {} : full));
      const wrong = announced.filter((each) => each.token === '');
      tools.expect(wrong.length, 'announces to nodes that gave no token').is(0);
    },
  }),

  defineCase({
    id: 'bep33.client-sends-seed',
    title: 'a seed says in its announce that it is one',
    section: 'BEP 33, DHT scrape',
    killedBy: { 'no-seed-flag': 'fail' },
    async run(tools) {
      const { announced, fixture } = await announcing(tools, () => ({}), { role: 'seeder' });
      const { body } = askedAbout(announced[0]!, fixture, 'announce_peer')[0]!;
      tools.expect(body.get('seed'), 'seed').is(1);
    },
  }),
];

interface Announcing {
  readonly client: Client;
  readonly fixture: Fixture;
  /** The nearest first. */
  readonly sorted: readonly DhtNode[];
  readonly announced: readonly DhtNode[];
}

/** Waits until somebody is announced to, and then as long as the others may take. */
async function announcing(
  tools: Context & Pick<WireTools, 'torrent'>,
  optionsOf: Parameters<typeof nodes>[2] = () => ({}),
  options: Partial<LaunchOptions> = {},
): Promise<Announcing> {
  const fixture = tools.torrent();
  const network = await nodes(tools, crowd, optionsOf);
  const sorted = network.toSorted((a, b) => compareDistance(fixture.infoHash, a.id, b.id));
  const client = await entering(tools, sorted.at(-1)!, fixture, options);
  const isIt = ({ method }: Message) => method === 'announce_peer';
  await Promise.any(network.map((each) => each.queried('an announce to a node', isIt))).catch(({ errors }) => {
    throw (errors as readonly unknown[])[0];
  });
  await tools.elapse(1_000);
  await tools.quiet(
    () => [],
    () => client.answers(),
  );
  const announced = network.filter((each) => askedAbout(each, fixture, 'announce_peer').length > 0);
  return { client, fixture, sorted, announced };
}
