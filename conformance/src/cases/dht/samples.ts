/** BEP 51: samples of the info-hashes that a node stores peers of. */
import type { Case } from '../../case.ts';
import { bytesIn, integerIn } from '../../probe/dht/answer.ts';
import { targetOfValue } from '../../probe/dht/items.ts';
import { hex, type Message } from '../../probe/dht/krpc.ts';
import type { Dht } from '../../probe/dht/probe.ts';
import { makeFixture } from '../../probe/wire/fixture.ts';
import { manyTorrents } from './crowd.ts';
import { defineCase, type Tools } from './define.ts';
import { orSilence } from './reaction.ts';

const section = 'BEP 51, sampling RPC';
const gate = 'bep51.samples-present';
/** Many more than fit a datagram. */
const many = 200;

export const samples: readonly Case[] = [
  defineCase({
    id: 'bep51.samples-present',
    title: 'the samples are the info-hashes that are stored, twenty bytes each, and num says how many there are',
    section,
    killedBy: { 'samples-incomplete': 'fail' },
    async run(tools) {
      const { fresh, expect, unsupported } = tools;
      const { dht, isFresh } = await fresh();
      const stored = [];
      for (let torrent = 0; torrent < 3; torrent++) {
        stored.push(tools.hash());
        await (await dht.asker()).announce(stored[torrent]!, 4_242);
      }
      const answer = await orSilence((await dht.asker()).ask('sample_infohashes', { target: tools.hash() }));
      if (answer === undefined || !answer.body.has('samples')) return unsupported('it has no samples');
      const sampled = hashesIn(answer);
      expect(bytesIn(answer, 'samples').length % 20, 'bytes after the last whole info-hash').is(0);
      if (!isFresh) return expect(integerIn(answer, 'num'), 'num').atLeast(3);
      expect(integerIn(answer, 'num'), 'num').is(3);
      expect(sampled.toSorted(), 'samples').is(stored.map(hex).toSorted());
    },
  }),

  defineCase({
    id: 'bep51.samples-empty',
    title: 'a node that stores nothing gives samples of no bytes, and num 0',
    section,
    gate,
    killedBy: { 'no-samples-when-empty': 'non-strict' },
    async run(tools) {
      const { dht, isFresh } = await tools.fresh();
      if (!isFresh) return tools.unsupported('it runs already, and stores what it stores');
      const answer = await sampled(tools, dht);
      tools.expect(bytesIn(answer, 'samples').length, 'bytes of the samples').is(0);
      tools.expect(integerIn(answer, 'num'), 'num').is(0);
    },
  }),

  defineCase({
    id: 'bep51.private-excluded',
    title: 'whether the info-hash of a private torrent is sampled, of which a node hears no more than of any other',
    section: 'BEP 51; BEP 27, private torrents',
    gate,
    killedBy: { 'samples-incomplete': 'info' },
    async run(tools) {
      const { dht, isFresh } = await tools.fresh();
      if (!isFresh) return tools.unsupported('it runs already, and stores what it stores');
      const { infoHash } = makeFixture(tools.random, { info: { private: 1 } });
      await (await dht.asker()).announce(infoHash, 4_242);
      const isListed = hashesIn(await sampled(tools, dht)).includes(hex(infoHash));
      tools.observe('the info-hash of a private torrent', isListed ? 'is sampled' : 'is not sampled');
    },
  }),

  defineCase({
    id: 'bep51.interval-range',
    title: 'the interval is between 0 and 21,600 seconds',
    section,
    gate,
    killedBy: { 'negative-interval': 'fail' },
    async run(tools) {
      const interval = integerIn(await sampled(tools, tools.dht), 'interval');
      tools.observe('interval', interval);
      tools.expect(interval, 'interval').atLeast(0);
      tools.expect(interval, 'interval').atMost(21_600);
    },
  }),

  defineCase({
    id: 'bep51.nodes-included',
    title: 'an answer has nodes, so that one who collects samples can go on',
    section: 'BEP 51, message format',
    gate,
    killedBy: { 'no-nodes-in-samples': 'fail' },
    async run(tools) {
      tools.expect((await sampled(tools, tools.dht)).body.has('nodes'), 'nodes in the answer').is(true);
    },
  }),

  defineCase({
    id: 'bep51.num-ge-samples',
    title: 'num is not less than the samples',
    section,
    gate,
    killedBy: { 'num-zero': 'fail' },
    async run(tools) {
      await (await tools.dht.asker()).announce(tools.hash(), 4_242);
      const answer = await sampled(tools, tools.dht);
      tools.expect(integerIn(answer, 'num'), 'num').atLeast(hashesIn(answer).length);
    },
  }),

  defineCase({
    id: 'bep51.only-get-peers-store',
    title: 'items are not among the samples',
    section,
    gate,
    killedBy: { 'samples-items': 'fail' },
    async run(tools) {
      const { dht } = await tools.fresh();
      const value = hex(tools.random.bytes(10));
      const target = targetOfValue(value);
      const answer = await (await dht.asker()).put(target, { v: value });
      if (answer.type === 'error') return tools.unsupported('it stores no items');
      tools.expect(hashesIn(await sampled(tools, dht)), 'samples').excludes(hex(target));
    },
  }),

  defineCase({
    id: 'bep51.subset-random',
    title: 'of more info-hashes than fit, the samples are some by chance',
    section,
    budget: 'normal',
    needs: ['second-address'],
    gate,
    killedBy: { 'first-samples-always': 'non-strict' },
    async run(tools) {
      const { dht } = await tools.fresh();
      const stored = (await manyTorrents(tools, dht, many)).map(hex);
      const answer = await sampled(tools, dht);
      const chosen = new Set(hashesIn(answer));
      tools.expect(integerIn(answer, 'num'), 'num').atLeast(many);
      const ours = stored.filter((hash) => chosen.has(hash));
      if (ours.length === many || ours.length === 0) return tools.observe('of ours there are', ours.length);
      const first = stored.slice(0, ours.length);
      const last = stored.slice(-ours.length);
      const isEnd = [first, last].some((end) => end.every((hash) => chosen.has(hash)));
      tools.expect(isEnd, 'the samples are just those that were stored first, or last').is(false);
    },
  }),

  defineCase({
    id: 'bep51.subset-stable-in-interval',
    title: 'before the interval is over the samples stay the same',
    section,
    budget: 'normal',
    needs: ['second-address'],
    gate,
    killedBy: { 'unstable-samples': 'fail' },
    async run(tools) {
      const { dht } = await tools.fresh();
      await manyTorrents(tools, dht, many);
      const first = await sampled(tools, dht);
      tools.observe('interval', integerIn(first, 'interval'));
      if (integerIn(first, 'interval') === 0) return;
      const second = await sampled(tools, dht);
      tools.expect(hashesIn(second).toSorted(), 'samples of the second answer').is(hashesIn(first).toSorted());
    },
  }),

  defineCase({
    id: 'bep51.packet-limit',
    title: 'however many info-hashes there are, the answer fits one datagram that passes everywhere',
    section,
    budget: 'normal',
    needs: ['second-address'],
    gate,
    killedBy: { fragments: 'non-strict' },
    async run(tools) {
      const { dht } = await tools.fresh();
      await manyTorrents(tools, dht, many);
      tools.expect((await sampled(tools, dht)).length, 'bytes of the answer').atMost(1_400);
    },
  }),
];

async function sampled({ hash }: Tools, dht: Dht): Promise<Message> {
  return (await dht.asker()).ask('sample_infohashes', { target: hash() });
}

function hashesIn(answer: Message): readonly string[] {
  const bytes = bytesIn(answer, 'samples');
  return Array.from({ length: Math.floor(bytes.length / 20) }, (_, at) => hex(bytes.subarray(20 * at, 20 * at + 20)));
}
