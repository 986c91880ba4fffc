/** BEP 32: the DHT over IPv6, and which nodes and peers an answer has. */
import type { Case } from '../../case.ts';
import { bytesIn, rawValuesIn } from '../../probe/dht/answer.ts';
import { readContacts } from '../../probe/dht/contacts.ts';
import { hex, writeQuery } from '../../probe/dht/krpc.ts';
import { Dht, type DhtLink, version } from '../../probe/dht/probe.ts';
import { crowd } from './crowd.ts';
import { defineCase, defineCase6, type Tools } from './define.ts';
import { idBeside } from './network.ts';

const section = 'BEP 32, find_nodes and get_peers';
const gate = 'bep32.answers-over-v6';
const datagramMost = 1_024;

export const ipv6: readonly Case[] = [
  defineCase6({
    id: 'bep32.answers-over-v6',
    title: 'a node answers over IPv6',
    section: 'BEP 32, operation',
    needs: ['ipv6'],
    killedBy: { 'silent-over-v6': 'fail' },
    async run({ dht, expect }) {
      expect(bytesIn(await (await dht.asker()).ask('ping'), 'id').length, 'bytes of the id').is(20);
    },
  }),

  defineCase6({
    id: 'bep32.nodes6-default-v6',
    title: 'whoever asks over IPv6 and says no wish gets nodes6, thirty-eight bytes each',
    section,
    needs: ['ipv6'],
    gate,
    killedBy: { 'nodes-over-v6': 'non-strict' },
    async run({ dht, hash, expect }) {
      const answer = await (await dht.asker()).ask('find_node', { target: hash() });
      expect(bytesIn(answer, 'nodes6').length % 38, 'bytes after the last whole node').is(0);
    },
  }),

  defineCase({
    id: 'bep32.nodes-default-v4',
    title: 'whoever asks over IPv4 and says no wish gets nodes, and no nodes6',
    section,
    killedBy: { 'always-both-families': 'non-strict' },
    run: (tools) => wished(tools, undefined, { nodes: true, nodes6: false }),
  }),

  defineCase({
    id: 'bep32.want-n4',
    title: 'whoever wants n4 gets nodes, and no nodes6',
    section,
    killedBy: { 'want-means-both': 'non-strict' },
    run: (tools) => wished(tools, ['n4'], { nodes: true, nodes6: false }),
  }),

  defineCase({
    id: 'bep32.want-n6',
    title: 'whoever wants n6 gets nodes6, also over IPv4',
    section,
    killedBy: { 'ignores-want': 'non-strict' },
    run: (tools) => wished(tools, ['n6'], { nodes6: true }),
  }),

  defineCase({
    id: 'bep32.want-both',
    title: 'whoever wants n4 and n6 gets both',
    section,
    killedBy: { 'want-first-only': 'non-strict' },
    run: (tools) => wished(tools, ['n4', 'n6'], { nodes: true, nodes6: true }),
  }),

  defineCase({
    id: 'bep32.want-unknown',
    title: 'a wish that nobody knows is not looked at, and the others are fulfilled',
    section: 'BEP 32, want',
    killedBy: { 'refuses-unknown-want': 'fail' },
    run: (tools) => wished(tools, ['n9', 'n4'], { nodes: true }),
  }),

  defineCase6({
    id: 'bep32.values-family',
    title: 'peers that announced over IPv6 are listed over IPv6, and those of IPv4 over IPv4',
    section,
    needs: ['ipv6'],
    gate,
    killedBy: { 'mixes-values': 'non-strict' },
    async run(tools) {
      const { lengths4, lengths6 } = await peersOfBoth(tools);
      tools.expect(lengths4, 'bytes of the values over IPv4').is([6]);
      tools.expect(lengths6, 'bytes of the values over IPv6').is([18]);
    },
  }),

  defineCase6({
    id: 'bep32.values-no-hybrid-v4',
    title: 'over IPv4 no peer of IPv6 is listed to whoever says no wish',
    section: 'BEP 32, values',
    needs: ['ipv6'],
    gate,
    killedBy: { 'mixes-values': 'fail' },
    async run(tools) {
      const { lengths4 } = await peersOfBoth(tools);
      tools.expect(lengths4, 'bytes of the values over IPv4').excludes(18);
    },
  }),

  defineCase({
    id: 'bep32.max-1024',
    title: 'no datagram has more than 1,024 bytes, however many peers there are and whatever is wanted',
    section: 'BEP 32, maximum packet size',
    budget: 'normal',
    needs: ['second-address'],
    gate: 'bep32.want-n6',
    killedBy: { fragments: 'fail' },
    async run(tools) {
      const infoHash = tools.hash();
      await crowd(tools, infoHash, 200);
      const body = { info_hash: infoHash, want: ['n4', 'n6'] };
      const answer = await (await tools.dht.asker()).ask('get_peers', body);
      tools.observe('peers listed', rawValuesIn(answer).length);
      tools.expect(answer.length, 'bytes of the answer').atMost(datagramMost);
    },
  }),

  defineCase({
    id: 'bep32.accepts-1024',
    title: 'a query of 1,024 bytes is answered like any other',
    section: 'BEP 32, maximum packet size',
    killedBy: { 'reads-512': 'fail' },
    async run({ dht }) {
      const asker = await dht.asker();
      const transaction = asker.transaction();
      const query = (padding: number) =>
        writeQuery(transaction, 'ping', { id: asker.id, padding: new Uint8Array(padding) }, { v: version });
      const whole = query(900);
      asker.datagrams.send(query(900 + datagramMost - whole.length));
      await asker.answer(transaction, 'the answer to a ping of 1,024 bytes');
    },
  }),

  defineCase6({
    id: 'bep32.separate-tables',
    title: 'nodes of IPv6 are not named among those of IPv4',
    section: 'BEP 32, operation',
    budget: 'normal',
    needs: ['ipv6'],
    gate,
    killedBy: { 'one-table': 'fail' },
    async run(tools) {
      const { dht, node, alive, unsupported, expect } = tools;
      const six = await node({ id: await idBeside(dht, tools) });
      six.greet(dht);
      const asked = await six.queried('a question back').catch(() => undefined);
      if (asked === undefined) return unsupported('it does not ask nodes of IPv6 back');
      await alive();
      const asker = await over4(tools).asker();
      const answer = await asker.ask('find_node', { target: six.id });
      const nodes = readContacts(bytesIn(answer, 'nodes'));
      expect(
        nodes.map(({ id }) => hex(id)),
        'ids of nodes over IPv4',
      ).excludes(hex(six.id));
    },
  }),

  defineCase6({
    id: 'bep32.same-id-both',
    title: 'a node has the same id over IPv4 and IPv6',
    section: 'BEP 32, operation',
    needs: ['ipv6'],
    gate,
    killedBy: { 'two-ids': 'non-strict' },
    async run(tools) {
      const six = bytesIn(await (await tools.dht.asker()).ask('ping'), 'id');
      const four = bytesIn(await (await over4(tools).asker()).ask('ping'), 'id');
      tools.expect(hex(six), 'the id over IPv6').is(hex(four));
    },
  }),
];

async function wished(
  { dht, hash, expect }: Tools,
  want: readonly string[] | undefined,
  given: { readonly nodes?: boolean; readonly nodes6?: boolean },
): Promise<void> {
  const wish = want === undefined ? {} : { want };
  for (const [method, body] of [
    ['find_node', { target: hash() }],
    ['get_peers', { info_hash: hash() }],
  ] as const) {
    const answer = await (await dht.asker()).ask(method, { ...body, ...wish });
    for (const [key, isGiven] of Object.entries(given)) {
      expect(answer.body.has(key), `${key} in the answer to ${method}`).is(isGiven);
    }
  }
}

/** One peer over each, of the same torrent, and what is listed over each. */
async function peersOfBoth(
  tools: Tools,
): Promise<{ readonly lengths4: readonly number[]; readonly lengths6: readonly number[] }> {
  const infoHash = tools.hash();
  const four = over4(tools);
  await (await tools.dht.asker()).announce(infoHash, 4_242);
  await (await four.asker()).announce(infoHash, 4_243);
  const lengths = async (link: DhtLink) =>
    rawValuesIn(await link.ask('get_peers', { info_hash: infoHash })).map(({ length }) => length);
  return { lengths4: await lengths(await four.asker()), lengths6: await lengths(await tools.dht.asker()) };
}

function over4(tools: Tools): Dht {
  if (tools.target.endpoints.dht === undefined) return tools.unsupported('it has no address of IPv4 to compare with');
  return new Dht(tools, 'dht');
}
