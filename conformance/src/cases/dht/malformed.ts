/** BEP 5, errors: queries that are wrong, and what may come back for them. */
import type { Case } from '../../case.ts';
import { writeBencode } from '../../probe/bencode.ts';
import { type Fields, writeQuery } from '../../probe/dht/krpc.ts';
import type { DhtLink } from '../../probe/dht/probe.ts';
import { defineCase, type Tools } from './define.ts';
import { answerTo } from './reaction.ts';
import { refusal } from './refusal.ts';

const section = 'BEP 5, errors';
const notAnswered = { refused: 'pass', ignored: 'pass', answered: 'fail' } as const;

export const malformed: readonly Case[] = [
  defineCase({
    id: 'bep5.krpc.method-unknown',
    title: 'a method that nobody knows is refused with code 204',
    section,
    killedBy: { 'unknown-methods-generic': 'fail', 'silent-about-unknown-methods': 'non-strict' },
    async run(tools) {
      await refusal(tools, { code: 204, method: 'vote', body: {} });
    },
  }),

  defineCase({
    id: 'bep5.krpc.method-unknown-with-target',
    title: 'a method that nobody knows is refused, or answered with nodes near the target that it names',
    section,
    alternatives: {
      'refused with 204': 'pass',
      nodes: 'pass',
      'refused otherwise': 'non-strict',
      ignored: 'non-strict',
    },
    killedBy: { 'dies-of-unknown-methods': 'crash' },
    async run(tools) {
      const { dht, hash, outcome, expect } = tools;
      const asker = await dht.asker();
      for (const body of [{ info_hash: hash() }, { target: hash() }] as readonly Fields[]) {
        const { kind, message } = await answerTo(asker, query(asker, 'vote', body), tools);
        if (kind === 'ignored') return outcome('ignored');
        if (kind === 'refused' && message?.code !== 204) return outcome('refused otherwise');
        if (kind === 'refused') outcome('refused with 204');
        else {
          expect(message?.body.has('nodes'), 'nodes in the answer').is(true);
          outcome('nodes');
        }
        asker.datagrams.heard.length = 0;
      }
    },
  }),

  defineCase({
    id: 'bep5.krpc.malformed-bencode',
    title: 'packets that are not bencoded are no trouble, and no response comes back for them',
    section,
    alternatives: notAnswered,
    killedBy: { 'dies-of-garbage': 'crash' },
    async run(tools) {
      const asker = await tools.dht.asker();
      const whole = query(asker, 'ping');
      const samples = [
        whole.subarray(0, whole.length - 1),
        whole.subarray(0, 20),
        tools.random.bytes(64),
        Buffer.from('d1:ad2:id20:short'),
        Buffer.from('i1e'),
        Buffer.from('99999999999:'),
        Buffer.from('l'.repeat(1_000)),
        new Uint8Array(0),
      ];
      await noneAnswered(asker, samples, tools);
    },
  }),

  defineCase({
    id: 'bep5.krpc.missing-args',
    title: 'a query without an argument that it needs is refused with code 203',
    section,
    killedBy: { 'dies-of-missing-args': 'crash', 'generic-errors': 'fail' },
    async run(tools) {
      await refusal(tools, { code: 203, method: 'find_node', body: {} });
      await refusal(tools, { code: 203, method: 'get_peers', body: {} });
    },
  }),

  defineCase({
    id: 'bep5.krpc.short-id',
    title: 'a node whose id is not of twenty bytes is not answered as if it had one',
    section: 'BEP 5, ping',
    alternatives: { refused: 'pass', ignored: 'pass', answered: 'non-strict' },
    killedBy: { 'accepts-short-ids': 'non-strict' },
    async run(tools) {
      const asker = await tools.dht.asker();
      const { kind } = await answerTo(asker, query(asker, 'ping', { id: asker.id.subarray(1) }), tools);
      tools.outcome(kind);
    },
  }),

  defineCase({
    id: 'bep5.krpc.missing-y-q',
    title: 'messages that do not say what they are, or what they ask, are no trouble',
    section,
    alternatives: notAnswered,
    killedBy: { 'dies-of-missing-keys': 'crash' },
    async run(tools) {
      const asker = await tools.dht.asker();
      const t = asker.transaction();
      const a = { id: asker.id };
      const samples = [
        { t, q: 'ping', a },
        { t, y: 'q', a },
        { t, y: 'x', q: 'ping', a },
        { t, y: 'q', q: 'ping' },
        {},
      ];
      await noneAnswered(asker, samples.map(writeBencode), tools);
    },
  }),

  defineCase({
    id: 'bep5.krpc.wrong-types',
    title: 'keys of another type than they have to be are no trouble',
    section,
    alternatives: notAnswered,
    killedBy: { 'dies-of-wrong-types': 'crash' },
    async run(tools) {
      const asker = await tools.dht.asker();
      const t = asker.transaction();
      const { id } = asker;
      const samples = [
        { t, y: 'q', q: 'ping', a: [id] },
        { t, y: 'q', q: 'ping', a: { id: 7 } },
        { t, y: 'q', q: 7, a: { id } },
        { t, y: 'q', q: 'find_node', a: { id, target: [id] } },
        { t, y: 'q', q: 'get_peers', a: { id, info_hash: { id } } },
        { t, y: 'q', q: 'announce_peer', a: { id, info_hash: tools.hash(), port: 'high', token: 7 } },
        { t, y: 'r', r: 7 },
        { t, y: 'e', e: 'no list' },
      ];
      await noneAnswered(asker, samples.map(writeBencode), tools);
    },
  }),

  defineCase({
    id: 'bep5.krpc.error-format',
    title: 'an error is a list of an integer and a text',
    section,
    killedBy: { 'errors-as-dictionaries': 'fail', 'errors-reversed': 'fail' },
    async run(tools) {
      const { dht, hash, expect, unsupported } = tools;
      const asker = await dht.asker();
      const wrong = [
        query(asker, 'find_node'),
        query(asker, 'get_peers', { info_hash: hash().subarray(1) }),
        query(asker, 'announce_peer', { info_hash: hash(), port: 4_242, token: 'made up' }),
      ];
      const reactions = [];
      for (const bytes of wrong) {
        reactions.push(await answerTo(asker, bytes, tools));
        asker.datagrams.heard.length = 0;
      }
      const errors = reactions.filter(({ kind }) => kind === 'refused').map(({ message }) => message?.top.get('e'));
      if (errors.length === 0) return unsupported('it keeps silent about three kinds of mistakes');
      for (const error of errors) {
        const [code, text, ...more] = Array.isArray(error) ? (error as readonly unknown[]) : [];
        const isRight = typeof code === 'number' && text instanceof Uint8Array && more.length === 0;
        expect(error, 'e of an error').satisfies('a list of an integer and a string', isRight);
      }
    },
  }),
];

function query(asker: DhtLink, method: string, body: Fields = {}): Uint8Array {
  return writeQuery(asker.transaction(), method, { id: asker.id, ...body });
}

/** None of these gets a response; an error or silence is right. */
async function noneAnswered(asker: DhtLink, samples: readonly Uint8Array[], tools: Tools): Promise<void> {
  for (const sample of samples) asker.datagrams.send(sample);
  const answers = await tools.quiet(() => asker.answers(), tools.alive);
  const responses = answers.filter(({ type }) => type !== 'error');
  tools.outcome(responses.length > 0 ? 'answered' : answers.length > 0 ? 'refused' : 'ignored');
}
