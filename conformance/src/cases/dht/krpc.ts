/** BEP 5, KRPC protocol: what every answer has to be like. */
import type { Case } from '../../case.ts';
import { bytesIn } from '../../probe/dht/answer.ts';
import { sameEndpoint } from '../../probe/dht/contacts.ts';
import { readMessage, sameBytes, writeQuery } from '../../probe/dht/krpc.ts';
import { version } from '../../probe/dht/probe.ts';
import { defineCase } from './define.ts';
import { answerTo, anyAnswer } from './reaction.ts';

const section = 'BEP 5, KRPC protocol';

export const krpc: readonly Case[] = [
  defineCase({
    id: 'bep5.krpc.ping',
    title: 'a ping is answered with a response that has its transaction id and an id',
    section: 'BEP 5, ping',
    killedBy: { 'ping-wrong-transaction': 'fail' },
    async run({ dht, expect }) {
      const answer = await (await dht.asker()).ask('ping');
      expect(bytesIn(answer, 'id').length, 'bytes of the id').is(20);
    },
  }),

  defineCase({
    id: 'bep5.krpc.t-echo-any-length',
    title: 'a transaction id comes back as it was sent, whatever its length and bytes',
    section,
    killedBy: { 'two-byte-transactions': 'fail', 'text-transactions': 'fail' },
    async run({ dht }) {
      const samples = [
        [0x61],
        [0, 0xff],
        [0xff, 0, 0x80, 1],
        [...'sixteen bytes ok'].map((each) => each.charCodeAt(0)),
      ];
      for (const transaction of samples.map((bytes) => Uint8Array.from(bytes))) {
        const asker = await dht.asker();
        asker.datagrams.send(writeQuery(transaction, 'ping', { id: asker.id }, { v: version }));
        await asker.answer(transaction, `the answer to a ping with a transaction id of ${transaction.length} bytes`);
      }
    },
  }),

  defineCase({
    id: 'bep5.krpc.t-empty',
    title: 'a transaction id of no bytes is no trouble',
    section,
    alternatives: anyAnswer,
    killedBy: { 'dies-of-empty-transactions': 'crash' },
    async run(tools) {
      const asker = await tools.dht.asker();
      const query = writeQuery(new Uint8Array(0), 'ping', { id: asker.id }, { v: version });
      tools.outcome((await answerTo(asker, query, tools)).kind);
    },
  }),

  defineCase({
    id: 'bep5.krpc.id-stable',
    title: 'a node has the same id in each of its answers',
    section: 'BEP 5, overview',
    killedBy: { 'random-ids': 'fail' },
    async run({ dht, expect }) {
      const asker = await dht.asker();
      const first = bytesIn(await asker.ask('ping'), 'id');
      for (let ping = 1; ping < 10; ping++) {
        expect(bytesIn(await asker.ask('ping'), 'id'), 'the id in a later answer').is(first);
      }
    },
  }),

  defineCase({
    id: 'bep5.krpc.id-is-20',
    title: 'the id in an answer is twenty bytes, whatever was asked',
    section: 'BEP 5, DHT queries',
    killedBy: { 'hex-ids': 'fail' },
    async run({ dht, hash, expect }) {
      const asker = await dht.asker();
      for (const [method, body] of [
        ['ping', {}],
        ['find_node', { target: hash() }],
        ['get_peers', { info_hash: hash() }],
      ] as const) {
        expect(bytesIn(await asker.ask(method, body), 'id').length, `bytes of the id in answer to ${method}`).is(20);
      }
    },
  }),

  defineCase({
    id: 'bep5.krpc.reply-canonical',
    title: 'answers are bencoded as they have to be: keys sorted, nothing left over',
    section: 'BEP 3, bencoding; BEP 5, KRPC protocol',
    killedBy: { 'unsorted-replies': 'fail' },
    async run({ dht, hash, expect }) {
      const asker = await dht.asker();
      const answers = [
        await asker.ask('ping'),
        await asker.ask('find_node', { target: hash() }),
        await asker.ask('get_peers', { info_hash: hash() }),
        await asker.tryAsk('get_peers', { info_hash: hash().subarray(1) }),
      ];
      for (const { violations } of answers) expect(violations, 'what is not canonical in an answer').is([]);
    },
  }),

  defineCase({
    id: 'bep5.krpc.reply-source-port',
    title: 'an answer comes from the address and port that was asked',
    section,
    killedBy: { 'other-source-port': 'fail' },
    async run({ dht, expect }) {
      const asker = await dht.asker();
      const { from } = await asker.answerDatagram(asker.query('ping'), 'the answer to a ping');
      expect(from, 'where the answer comes from').satisfies(`${dht.at.ip}:${dht.at.port}`, sameEndpoint(from, dht.at));
    },
  }),

  defineCase({
    id: 'bep5.krpc.version-key-optional',
    title: 'a query need not say which program sends it, an answer says so in four bytes',
    section,
    killedBy: { 'needs-version': 'non-strict', 'no-version': 'non-strict' },
    async run({ dht, expect }) {
      const asker = await dht.asker();
      const transaction = asker.transaction();
      asker.datagrams.send(writeQuery(transaction, 'ping', { id: asker.id }));
      const { top } = await asker.answer(transaction, 'the answer to a ping without v');
      const own = top.get('v');
      expect(own instanceof Uint8Array ? own.length : undefined, 'bytes of v in the answer').is(4);
    },
  }),

  defineCase({
    id: 'bep5.krpc.unknown-extra-keys',
    title: 'keys that nobody has defined are not looked at',
    section,
    killedBy: { 'strict-keys': 'fail' },
    async run({ dht }) {
      const asker = await dht.asker();
      await asker.ask('ping', { future: 1, zeal: ['list'] }, { extra: { deep: 'yes' } });
    },
  }),

  defineCase({
    id: 'bep5.krpc.no-retry',
    title: 'one query gets one datagram in answer',
    section,
    killedBy: { 'answers-twice': 'non-strict' },
    async run({ dht, quiet, alive, expect }) {
      const asker = await dht.asker();
      const transaction = asker.query('ping');
      const answers = await quiet(() => asker.answers(), alive);
      const own = answers.filter((each) => sameBytes(each.transaction, transaction));
      expect(own.length, 'answers to one ping').is(1);
    },
  }),

  defineCase({
    id: 'bep5.krpc.oversized-packet',
    title: 'a query of two thousand bytes is no trouble',
    section,
    alternatives: anyAnswer,
    killedBy: { 'dies-of-long-packets': 'crash' },
    async run(tools) {
      const asker = await tools.dht.asker();
      const body = { id: asker.id, padding: new Uint8Array(1_900) };
      const { kind } = await answerTo(asker, writeQuery(asker.transaction(), 'ping', body, { v: version }), tools);
      tools.outcome(kind);
    },
  }),

  defineCase({
    id: 'bep5.krpc.query-storm',
    title: 'a thousand queries from one address do not end it, and others are still answered',
    section,
    alone: true,
    killedBy: { 'dies-of-storms': 'crash' },
    async run({ dht, alive, observe }) {
      const asker = await dht.asker();
      // A hundred at a time: what a socket's buffer drops has never reached the target.
      for (let hundred = 0; hundred < 10; hundred++) {
        for (let query = 0; query < 100; query++) asker.query('ping');
        await alive();
      }
      const answered = asker.datagrams.heard.filter(({ bytes }) => readMessage(bytes)?.type === 'response').length;
      observe('queries answered', answered > 950 ? 'nearly all' : answered > 0 ? 'some' : 'none');
    },
  }),
];
