/** BEP 42 and 43, about the node itself: the id that belongs to its address, and what it is to be silent about. */
import { isLocalNetwork } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { initiativeMs } from '../../context.ts';
import { limits } from '../../limits.ts';
import { bytesIn } from '../../probe/dht/answer.ts';
import { belongsTo, idNear } from '../../probe/dht/ids.ts';
import { type Fields, hex, type Message, writeQuery } from '../../probe/dht/krpc.ts';
import type { DhtNode } from '../../probe/dht/node.ts';
import { type Dht, version } from '../../probe/dht/probe.ts';
import { writeCompact } from '../../probe/endpoint.ts';
import { defineErrandCase, defineStartCase, type Tools } from './define.ts';
import { k } from './network.ts';
import { stateFolder } from './start.ts';

const restriction = 'BEP 42, node ID restriction';
const readOnly = 'BEP 43, read-only state';
/** Addresses, and the numbers in the last byte, of the examples in BEP 42, node ID restriction; the first 21 bits of the ids. */
const examples = [
  { ip: '124.31.75.21', random: 1, prefix: '5fbfb8' },
  { ip: '21.75.31.124', random: 86, prefix: '5a3ce8' },
  { ip: '65.23.51.170', random: 22, prefix: 'a5d430' },
  { ip: '84.124.73.14', random: 65, prefix: '1b0320' },
  { ip: '43.213.53.83', random: 90, prefix: 'e56f68' },
];
/** How many have to agree before a node believes them is nowhere said. */
const voters = 16;

export const ownPlace: readonly Case[] = [
  defineStartCase({
    id: 'bep42.own-id-valid',
    title: 'a node that many tell the same address of takes an id that belongs to it',
    section: restriction,
    budget: 'normal',
    needs: ['second-address'],
    // Who does not even tell others their address has nothing of this.
    gate: 'bep42.ip-field',
    killedBy: { 'any-own-id': 'fail' },
    async run(tools) {
      const { ip } = examples[tools.random.below(examples.length)]!;
      const nodes: DhtNode[] = [];
      const names = () => nodes.map(({ contact }) => contact);
      for (let each = 0; each < voters; each++)
        nodes.push(await tools.node({ names, top: { ip: writeCompact({ ip, port: 6_881 }) } }));
      const folder = await stateFolder(tools);
      const first = await tools.fresh({ bootstrap: nodes[0]!.link.at, folder });
      if (!first.isFresh) tools.unsupported('it cannot be started');
      let id = await becomesIdOf(tools, first.dht, ip);
      if (!belongsTo(id, ip)) {
        await first.stop();
        const second = await tools.fresh({ bootstrap: nodes[0]!.link.at, folder });
        id = await becomesIdOf(tools, second.dht, ip);
      }
      tools.expect(hex(id), 'its id').satisfies(`one that belongs to ${ip}`, belongsTo(id, ip));
    },
  }),

  defineErrandCase({
    id: 'bep42.id-vectors',
    title: 'ids for the addresses of the examples are those of the examples',
    section: restriction,
    means: 'node-id',
    killedBy: { 'crc-of-zlib': 'fail' },
    async run({ target, expect }) {
      for (const { ip, random, prefix } of examples) {
        const { output } = await target.run!('node-id', { ip, random: String(random) });
        const [id = 'none'] = output.match(/[0-9a-f]{40}/i) ?? [];
        const leading = Number.parseInt(id.slice(0, 6), 16) & 0xff_fff8;
        expect(leading.toString(16).padStart(6, '0'), `the first 21 bits of the id for ${ip}`).is(prefix);
        expect(Number.parseInt(id.slice(-2), 16), `the last byte of the id for ${ip}`).is(random);
      }
    },
  }),

  defineErrandCase({
    id: 'bep42.lookup-termination',
    title: 'a search goes on past nodes whose ids do not belong to their addresses, however near they are',
    section: 'BEP 42, enforcement',
    budget: 'normal',
    needs: ['second-address'],
    killedBy: { 'counts-odd-ids': 'non-strict' },
    async run({ node, random, hash, target, expect, unsupported }) {
      if (target.advance === undefined && isLocalNetwork())
        return unsupported('on a local network a node may have any id; --network 203 asks it elsewhere');
      const wanted = hash();
      const fair: DhtNode[] = [];
      const odd: DhtNode[] = [];
      const contacts = (nodes: readonly DhtNode[]) => nodes.map(({ contact }) => contact);
      const half = k / 2;
      // Honest nodes name some of both kinds, the odd ones only each other. Whoever begins knows four fair nodes, which know four more.
      const honest = (from: number) => () => contacts([...odd.slice(0, half), ...fair.slice(from, from + half)]);
      for (let each = 0; each < k; each++) fair.push(await node({ names: honest(half) }));
      // Some programs ask the twenty nearest.
      for (let each = 0; each < 3 * k; each++) {
        const names = () => contacts(each % 2 === 0 ? odd.slice(2 * k) : odd.slice(k, 2 * k));
        odd.push(await node({ names, id: idNear(wanted, 32 + each, random) }));
      }
      const entry = await node({ names: honest(0) });
      await target.run!('get', { target: hex(wanted), bootstrap: `${entry.link.at.ip}:${entry.link.at.port}` });
      // A search of its own before that one may ask everybody, but for something else.
      const asked = fair.slice(half).filter((each) => each.asked.some(({ method }) => method === 'get'));
      expect(asked.length, 'of four nodes with right ids, farther away, those that are asked').atLeast(2);
    },
  }),

  defineStartCase({
    id: 'bep43.ro-mode-sends-flag',
    title: 'a read-only node says so at the top of each of its questions',
    section: readOnly,
    budget: 'normal',
    killedBy: { 'ro-among-arguments': 'fail' },
    async run(tools) {
      const { entry, other } = await readOnlyNode(tools);
      const asked = [...entry.asked, ...other.asked];
      const plain = asked.filter(({ top }) => top.get('ro') !== 1).map(({ method }) => method);
      tools.expect(plain, 'questions without ro=1 at the top').is([]);
    },
  }),

  defineStartCase({
    id: 'bep43.ro-mode-silent',
    title: 'a read-only node answers nobody',
    section: readOnly,
    budget: 'normal',
    killedBy: { 'answers-though-read-only': 'fail' },
    async run(tools) {
      const { heard } = await readOnlyNode(tools);
      tools
        .expect(
          heard.map(({ type }) => type),
          'answers to a ping, find_node and get_peers',
        )
        .is([]);
    },
  }),
];

/** Its id as soon as it is one of this address, or as it is in the end. */
async function becomesIdOf({ patience, target, signal }: Tools, dht: Dht, ip: string): Promise<Uint8Array> {
  const until = performance.now() + (target.advance === undefined ? initiativeMs(patience) : patience.replyMs);
  const asker = await dht.asker();
  for (;;) {
    const id = bytesIn(await asker.ask('ping'), 'id');
    if (belongsTo(id, ip) || performance.now() > until || signal.aborted) return id;
    await new Promise((resolve) => setTimeout(resolve, limits.lookMs));
  }
}

/**
 * A read-only node that has been asked three questions before the node that it enters by answered its first one. It has then gone on to
 * another node, so it was there, and had the questions.
 */
async function readOnlyNode(tools: Tools): Promise<{
  readonly entry: DhtNode;
  readonly other: DhtNode;
  readonly heard: readonly Message[];
}> {
  const { node, fresh, dht, hash, quiet } = tools;
  const other = await node();
  const asker = await dht.asker();
  const questions: [method: string, body: Fields][] = [
    ['ping', {}],
    ['find_node', { target: hash() }],
    ['get_peers', { info_hash: hash() }],
  ];
  const entry: DhtNode = await node({
    names: () => {
      for (const [method, body] of questions.splice(0)) {
        const query = writeQuery(asker.transaction(), method, { id: asker.id, ...body }, { v: version });
        asker.datagrams.send(query, entry.link.datagrams.heard.at(-1)!.from);
      }
      return [other.contact];
    },
  });
  await fresh({ bootstrap: entry.link.at, readOnly: true });
  const heard = await quiet(
    () => asker.answers(),
    () => other.queried('a question to the node that it was told of'),
  );
  return { entry, other, heard };
}
