/** BEP 42, addresses in answers and ids that belong to them; BEP 43, read-only nodes. */
import { isLocalNetwork } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { belongsTo } from '../../probe/dht/ids.ts';
import { asBytes, hex, type Message } from '../../probe/dht/krpc.ts';
import type { DhtLink } from '../../probe/dht/probe.ts';
import { writeCompact } from '../../probe/endpoint.ts';
import { defineCase, defineCase6, type Tools } from './define.ts';
import { becomesNamed, depthOf, idBeside, idOfTarget, isNamed, network } from './network.ts';

const bootstrapping = 'BEP 42, bootstrapping';
const readOnly = 'BEP 43, read-only state';

export const security: readonly Case[] = [
  defineCase({
    id: 'bep42.ip-field',
    title: 'an answer tells the asker its address and port, in six bytes beside r',
    section: bootstrapping,
    killedBy: { 'ip-inside-r': 'non-strict', 'no-ip': 'non-strict' },
    async run(tools) {
      const asker = await tools.dht.asker();
      tellsAddress(tools, await asker.ask('ping'), asker);
    },
  }),

  defineCase6({
    id: 'bep42.ip-field-v6',
    title: 'over IPv6 an answer tells the asker its address and port in eighteen bytes',
    section: bootstrapping,
    needs: ['ipv6'],
    gate: 'bep32.answers-over-v6',
    killedBy: { 'no-ip': 'non-strict' },
    async run(tools) {
      const asker = await tools.dht.asker();
      tellsAddress(tools, await asker.ask('ping'), asker);
    },
  }),

  defineCase({
    id: 'bep42.ip-in-errors',
    title: 'an error tells the asker its address too',
    section: bootstrapping,
    killedBy: { 'no-ip-in-errors': 'non-strict' },
    async run(tools) {
      const { dht, hash, quiet, alive, unsupported } = tools;
      const asker = await dht.asker();
      asker.query('get_peers', { info_hash: hash().subarray(1) });
      const [error] = await quiet(() => asker.answers(), alive);
      if (error?.type !== 'error') return unsupported('it does not answer a short info-hash with an error');
      tellsAddress(tools, error, asker);
    },
  }),

  defineCase({
    id: 'bep42.single-liar-ignored',
    title: 'one node that tells it another address does not make it take another id',
    section: bootstrapping,
    budget: 'normal',
    killedBy: { 'believes-one-liar': 'non-strict' },
    async run(tools) {
      const { node, alive, expect } = tools;
      const { dht } = await tools.fresh();
      const before = await idOfTarget(dht);
      const top = { ip: writeCompact({ ip: '124.31.75.21', port: dht.at.port }) };
      const liar = await node({ id: await idBeside(dht, tools), top });
      for (let time = 0; time < 5; time++) liar.greet(dht);
      await liar.queried('a question back').catch(() => {});
      await alive(dht);
      expect(hex(await idOfTarget(dht)), 'its id').is(hex(before));
    },
  }),

  defineCase({
    id: 'bep42.services-noncompliant',
    title: 'a node whose id does not belong to its address is answered',
    section: 'BEP 42, backwards compatibility and transition',
    killedBy: { 'refuses-odd-ids': 'fail' },
    async run({ dht, hash, random }) {
      const asker = await oddAsker({ dht, random });
      await asker.ask('find_node', { target: hash() });
      await asker.announce(hash(), 4_242);
    },
  }),

  defineCase({
    id: 'bep42.local-exempt',
    title: 'on a local network a node is taken whatever its id',
    section: 'BEP 42, enforcement',
    budget: 'normal',
    killedBy: { 'excludes-odd-ids': 'fail' },
    async run(tools) {
      if (!isLocalNetwork()) return tools.unsupported('this network is no local one');
      const { nodes, asker } = await network(tools, [[depthOf(tools.random.below(60))]]);
      const [node] = nodes;
      if (node === undefined || belongsTo(node.id, node.link.ip)) {
        return tools.unsupported('it did not ask the node that it was told of');
      }
      tools.expect(await becomesNamed(tools, asker, node.id), 'a node with an odd id is named').is(true);
    },
  }),

  defineCase({
    id: 'bep43.ro-served',
    title: 'a read-only node is answered like any other',
    section: readOnly,
    killedBy: { 'ignores-read-only': 'fail' },
    async run({ dht, hash }) {
      const asker = await dht.asker();
      await asker.ask('ping', {}, { ro: 1 });
      await asker.ask('find_node', { target: hash() }, { ro: 1 });
      await asker.ask('get_peers', { info_hash: hash() }, { ro: 1 });
    },
  }),

  defineCase({
    id: 'bep43.ro-not-added',
    title: 'a read-only node is not named to others, though it answers',
    section: readOnly,
    budget: 'normal',
    killedBy: { 'adds-read-only': 'non-strict' },
    async run(tools) {
      const { node, elapse, expect } = tools;
      const { dht } = await tools.fresh();
      const quietOne = await node({ id: await idBeside(dht, tools) });
      for (let second = 0; second < 3; second++) {
        quietOne.greet(dht, { ro: 1 });
        await elapse(1_000);
      }
      await tools.alive(dht);
      expect(await isNamed(await dht.asker(), quietOne.id), 'a read-only node is named').is(false);
    },
  }),

  defineCase({
    id: 'bep43.ro-not-pinged',
    title: 'a read-only node is asked nothing',
    section: readOnly,
    killedBy: { 'adds-read-only': 'non-strict' },
    async run(tools) {
      const { dht, node, quiet, alive, expect } = tools;
      const quietOne = await node({ id: await idBeside(dht, tools) });
      for (let time = 0; time < 3; time++) quietOne.greet(dht, { ro: 1 });
      const asked = await quiet(() => quietOne.asked, alive);
      expect(
        asked.map(({ method }) => method),
        'questions to a read-only node',
      ).is([]);
    },
  }),

  defineCase({
    id: 'bep43.ro-0-is-normal',
    title: 'a node that says that it is not read-only is taken like any other',
    section: readOnly,
    budget: 'normal',
    killedBy: { 'ro-by-presence': 'non-strict' },
    async run(tools) {
      const { dht, node, unsupported } = tools;
      const plain = await node({ id: await idBeside(dht, tools) });
      plain.greet(dht);
      if ((await plain.queried('a question back').catch(() => undefined)) === undefined) {
        return unsupported('it does not ask nodes back that ask it');
      }
      const zero = await node({ id: await idBeside(dht, tools) });
      zero.greet(dht, { ro: 0 });
      await zero.queried('a question to a node that says ro=0');
    },
  }),
];

function tellsAddress({ expect }: Tools, { top }: Message, asker: DhtLink): void {
  const told = asBytes(top.get('ip'));
  expect(told === undefined ? 'nothing' : hex(told), 'ip in the answer').is(hex(writeCompact(asker.at)));
}

/** Somebody whose id does not belong to where it is. */
async function oddAsker({ dht, random }: Pick<Tools, 'dht' | 'random'>): Promise<DhtLink> {
  const ip = dht.address();
  for (;;) {
    const id = random.bytes(20);
    if (!belongsTo(id, ip ?? dht.at.ip)) return dht.asker({ id, ...(ip !== undefined && { ip }) });
  }
}
