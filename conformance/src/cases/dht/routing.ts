/** BEP 5, routing table: who gets in. A node that asks has to be asked back, because only those that answer are good. */
import type { Case } from '../../case.ts';
import { idNear } from '../../probe/dht/ids.ts';
import { hex, writeResponse } from '../../probe/dht/krpc.ts';
import { defineCase } from './define.ts';
import { becomesNamed, depthOf, idBeside, idOfTarget, isNamed, named, network, place } from './network.ts';

const section = 'BEP 5, routing table';

export const routing: readonly Case[] = [
  defineCase({
    id: 'bep5.routing.queries-us-back',
    title: 'a node that asks is asked back before it is named to others',
    section,
    budget: 'normal',
    killedBy: { 'lists-askers': 'non-strict' },
    async run(tools) {
      const { node, elapse, observe, expect } = tools;
      const { dht } = await tools.fresh();
      const stranger = await node({ id: await idBeside(dht, tools) });
      stranger.greet(dht);
      const asker = await dht.asker();
      for (let second = 0; second < 5; second++) {
        const isListed = await isNamed(asker, stranger.id);
        if (isListed) expect(stranger.asked.length, 'questions to a node before it is named').atLeast(1);
        if (isListed || stranger.asked.length > 0) break;
        await elapse(1_000);
      }
      observe('it asks back', stranger.asked[0]?.method ?? 'not within five seconds');
    },
  }),

  defineCase({
    id: 'bep5.routing.not-listing-nonresponder',
    title: 'a node that asks and never answers is not named to others',
    section,
    budget: 'normal',
    killedBy: { 'lists-askers': 'fail' },
    async run(tools) {
      const { node, elapse, expect } = tools;
      const { dht } = await tools.fresh();
      const mute = await node({ id: await idBeside(dht, tools), mute: true });
      const asker = await dht.asker();
      for (let second = 0; second < 5; second++) {
        mute.greet(dht);
        expect(await isNamed(asker, mute.id), 'a node that never answers is named').is(false);
        await elapse(1_000);
      }
      expect(await isNamed(asker, mute.id), 'a node that never answers is named').is(false);
    },
  }),

  defineCase({
    id: 'bep5.routing.listing-responder',
    title: 'a node that answers comes to be named to those who look near it',
    section,
    budget: 'normal',
    killedBy: { 'never-adds': 'fail' },
    async run(tools) {
      const { nodes, asker, dht } = await network(tools, [[depthOf(tools.random.below(60))]]);
      const [node] = nodes;
      if (node === undefined) return tools.unsupported('it did not ask the node that it was told of');
      tools.expect(await becomesNamed(tools, asker, node.id), 'a node that answers is named').is(true);
      await tools.alive(dht);
    },
  }),

  defineCase({
    id: 'bep5.routing.bucket-full-keeps-good',
    title: 'good nodes keep their places when another one comes',
    section,
    budget: 'normal',
    needs: ['second-address'],
    killedBy: { 'evicts-good-nodes': 'fail' },
    async run(tools) {
      const { random, unsupported, expect, node } = tools;
      const depth = depthOf(random.below(60));
      const { nodes, asker, dht, own } = await network(tools, [Array(8).fill(depth)]);
      const before = [];
      for (const each of nodes) if (await isNamed(asker, each.id)) before.push(each.id);
      if (before.length < 4) return unsupported(`it took ${before.length} of eight nodes into its table`);
      for (let another = 0; another < 3; another++) {
        const late = await node({ id: idNear(own, depth, random) }, dht);
        late.greet(dht);
        if (another === 0) await late.queried('a question back').catch(() => {});
      }
      await tools.alive(dht);
      for (const id of before) expect(await isNamed(asker, id), `the good node ${hex(id)} is still named`).is(true);
    },
  }),

  defineCase({
    id: 'bep5.routing.one-node-per-ip',
    title: 'fifty nodes at one address do not fill the table',
    section: 'no text; what deployed nodes do against floods of ids',
    budget: 'normal',
    needs: ['second-address'],
    killedBy: { sybil: 'non-strict' },
    async run(tools) {
      const { dht, node, random, elapse, observe, expect } = tools;
      const own = await idOfTarget(dht);
      const ip = dht.address();
      const ids = Array.from({ length: 50 }, (_, at) => idNear(own, depthOf(60) + Math.floor(at / 5), random));
      for (const id of ids) {
        const each = await node({ id, ...(ip !== undefined && { ip }) });
        each.greet(dht);
      }
      for (let second = 0; second < 3; second++) await elapse(1_000);
      const listed = new Set<string>();
      for (const id of ids.filter((_, at) => at % 5 === 0)) {
        const nodes = await named(await dht.asker(), id);
        for (const each of nodes) if (each.at.ip === ip) listed.add(hex(each.id));
      }
      observe('nodes named of fifty at one address', listed.size);
      expect(listed.size, 'nodes named of fifty at one address').atMost(8);
    },
  }),

  defineCase({
    id: 'bep5.routing.id-change-handled',
    title: 'a node that has another id now is no longer named with the old one',
    section: 'no text; what keeps a table free of nodes that are not there',
    budget: 'normal',
    killedBy: { 'keeps-changed-ids': 'non-strict' },
    async run(tools) {
      const { random, unsupported, elapse, expect } = tools;
      const depth = depthOf(random.below(60));
      const { nodes, asker, own, dht } = await network(tools, [[depth]]);
      const [node] = nodes;
      if (node === undefined || !(await becomesNamed(tools, asker, node.id))) {
        return unsupported('it did not take the node that it was told of');
      }
      const old = node.id;
      node.id = idNear(own, depth + 3, random);
      let isListed = true;
      for (let second = 0; second < 5 && isListed; second++) {
        node.greet(dht);
        await elapse(1_000);
        await tools.alive(dht);
        isListed = await isNamed(asker, old);
      }
      expect(isListed, 'a node is named with the id that it had before').is(false);
    },
  }),

  defineCase({
    id: 'bep5.krpc.unsolicited-response',
    title: 'an answer to what was never asked puts nobody into the table',
    section,
    killedBy: { 'believes-unasked-answers': 'non-strict' },
    async run(tools) {
      const { expect, alive } = tools;
      const { dht } = await tools.fresh();
      const liar = await dht.asker({ id: await idBeside(dht, tools) });
      for (let time = 0; time < 3; time++) {
        liar.datagrams.send(writeResponse(liar.transaction(), { id: liar.id }));
      }
      await alive(dht);
      expect(await isNamed(await dht.asker(), liar.id), 'a node that nobody asked is named').is(false);
    },
  }),

  defineCase({
    id: 'bep5.krpc.response-wrong-source',
    title: 'an answer from somebody else than who was asked is not taken for one',
    section,
    budget: 'normal',
    killedBy: { 'any-source': 'non-strict' },
    async run(tools) {
      const { node, fresh, random, alive, expect, unsupported } = tools;
      const mute = await node({ mute: true });
      const entry = await node({
        names: (sought) => {
          place(mute, sought, 30, { random });
          return [mute.contact];
        },
      });
      const { dht, isFresh } = await fresh({ bootstrap: entry.link.at });
      if (!isFresh) {
        mute.id = await idBeside(dht, tools);
        mute.greet(dht);
      }
      const question = await mute.queried('a question back').catch(() => undefined);
      if (question?.transaction === undefined) return unsupported('it does not ask the node that it was told of');
      const liar = await dht.asker({ id: await idBeside(dht, tools) });
      for (const id of [mute.id, liar.id]) liar.datagrams.send(writeResponse(question.transaction, { id }));
      await alive(dht);
      const asker = await dht.asker();
      for (const id of [mute.id, liar.id])
        expect(await isNamed(asker, id), 'a node that never answered is named').is(false);
    },
  }),
];
