/** BEP 5, find_node: which nodes are named. */
import type { Case } from '../../case.ts';
import { bytesIn, nodesIn } from '../../probe/dht/answer.ts';
import { compareDistance, idNear } from '../../probe/dht/ids.ts';
import { hex } from '../../probe/dht/krpc.ts';
import type { DhtLink } from '../../probe/dht/probe.ts';
import { defineCase, type Tools } from './define.ts';
import { depthOf, isNamed, k, named, network } from './network.ts';

const section = 'BEP 5, find_node';

export const findNode: readonly Case[] = [
  defineCase({
    id: 'bep5.find-node.nodes-format',
    title: 'nodes are one string of twenty-six bytes each',
    section,
    killedBy: { 'nodes-as-list': 'fail' },
    async run({ dht, hash, expect }) {
      const nodes = bytesIn(await (await dht.asker()).ask('find_node', { target: hash() }), 'nodes');
      expect(nodes.length % 26, 'bytes after the last whole node').is(0);
    },
  }),

  defineCase({
    id: 'bep5.find-node.k-closest',
    title: 'at most eight nodes are named, and of all that it knows the nearest to the target',
    section,
    budget: 'normal',
    needs: ['second-address'],
    killedBy: { 'arbitrary-nodes': 'fail' },
    async run(tools) {
      const { random, expect, unsupported } = tools;
      const deep = depthOf(random.below(40));
      const layers = [Array(6).fill(deep), Array(6).fill(deep + 8), Array(6).fill(deep + 16)];
      const { nodes, asker } = await network(tools, layers);
      if (nodes.length <= k) return unsupported(`it asked ${nodes.length} of 18 nodes, too few to choose from`);
      const targets = nodes.map(({ id }) => id);
      const answers = await settled(tools, asker, targets);
      const ours = new Map(targets.map((id) => [hex(id), id]));
      const known = new Map(answers.flatMap(({ ids }) => ids.map((id) => [hex(id), id] as const)));
      const knownOfOurs = [...known].filter(([key]) => ours.has(key)).map(([, id]) => id);
      expect(knownOfOurs.length, 'nodes of ours that it names for any target').atLeast(1);
      for (const { target, ids } of answers) {
        expect(ids.length, 'nodes named').atMost(k);
        const farthest = ids.toSorted((a, b) => compareDistance(target, b, a))[0];
        const left = knownOfOurs.filter((id) => !ids.some((each) => hex(each) === hex(id)));
        const nearer = left.filter((id) => farthest === undefined || compareDistance(target, id, farthest) < 0);
        expect(nearer.map(hex), 'nodes that it knows, nearer than one it named').is([]);
        if (left.length > 0) expect(ids.length, 'nodes named, of more that it knows').is(k);
      }
    },
  }),

  defineCase({
    id: 'bep5.find-node.exact-target',
    title: 'a node that it knows is named when it is what is looked for',
    section,
    budget: 'normal',
    needs: ['second-address'],
    killedBy: { 'omits-the-target': 'fail' },
    async run(tools) {
      const { nodes, asker } = await network(tools, [[depthOf(tools.random.below(40))]]);
      const [node] = nodes;
      if (node === undefined) return tools.unsupported('it did not ask the node that it was told of');
      tools.expect(await isNamed(asker, node.id), 'the node that is looked for is named').is(true);
    },
  }),

  defineCase({
    id: 'bep5.find-node.own-id-not-listed',
    title: 'a node does not name itself',
    section,
    killedBy: { 'lists-itself': 'non-strict' },
    async run({ dht, random, expect }) {
      const asker = await dht.asker();
      const own = bytesIn(await asker.ask('ping'), 'id');
      for (const target of [own, idNear(own, 100, random), random.bytes(20)]) {
        const ids = (await named(asker, target)).map(({ id }) => hex(id));
        expect(ids, 'ids of the nodes that it names').excludes(hex(own));
      }
    },
  }),

  defineCase({
    id: 'bep5.find-node.empty-table',
    title: 'an answer has nodes, though they be none',
    section,
    killedBy: { 'no-nodes-when-empty': 'fail' },
    async run({ fresh, hash, expect, observe }) {
      const { dht } = await fresh();
      const answer = await (await dht.asker()).ask('find_node', { target: hash() });
      expect(answer.body.has('nodes'), 'nodes in the answer').is(true);
      observe('nodes named', nodesIn(answer).length);
    },
  }),
];

interface Named {
  readonly target: Uint8Array;
  readonly ids: readonly Uint8Array[];
}

/** What it names for each target, once it names the same twice: a node that has just started still learns. */
async function settled(tools: Tools, asker: DhtLink, targets: readonly Uint8Array[]): Promise<readonly Named[]> {
  let before = '';
  for (let round = 0; round < 10; round++) {
    const answers: Named[] = [];
    for (const target of targets) answers.push({ target, ids: (await named(asker, target)).map(({ id }) => id) });
    const now = JSON.stringify(answers.map(({ ids }) => ids.map(hex)));
    if (now === before) return answers;
    before = now;
    await tools.elapse(1_000);
  }
  return tools.unsupported('its table does not come to rest');
}
