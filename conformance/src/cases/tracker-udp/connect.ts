/** BEP 15, connect: the packet that everything else needs. */
import type { Case } from '../../case.ts';
import { actions, packet, writeConnect } from '../../probe/udp-tracker/packets.ts';
import { defineCase } from './define.ts';

export const connect: readonly Case[] = [
  defineCase({
    id: 'bep15.tracker.connect',
    title: 'a connect request gets sixteen bytes: action 0, the same transaction id, a connection id',
    section: 'BEP 15, connect',
    killedBy: { 'connect-fields-swapped': 'fail' },
    async run({ tracker, expect }) {
      const link = await tracker.link();
      const reply = await link.connect();
      expect(reply.length, 'length of the connect reply').atLeast(16);
    },
  }),

  defineCase({
    id: 'bep15.tracker.connect-bad-magic',
    title: 'a connect request with another protocol id gets no connection id',
    section: 'BEP 15, connect',
    alternatives: { ignored: 'pass', error: 'pass', connected: 'fail' },
    killedBy: { 'any-protocol-id': 'non-strict' },
    async run({ tracker, quiet, outcome }) {
      const link = await tracker.link();
      link.datagrams.send(writeConnect(link.transaction(), 0x0123_4567_89ab_cdefn));
      const [reply] = await quiet(
        () => link.replies(),
        () => tracker.peer(),
      );
      outcome(reply === undefined ? 'ignored' : reply.type === 'error' ? 'error' : 'connected');
    },
  }),

  defineCase({
    id: 'bep15.tracker.connect-short',
    title: 'a connect request that is cut short is no trouble',
    section: 'BEP 15, connect',
    alternatives: { ignored: 'pass', error: 'pass', connected: 'fail' },
    killedBy: { 'dies-of-short-packets': 'crash' },
    async run({ tracker, quiet, outcome }) {
      const link = await tracker.link();
      link.datagrams.send(writeConnect(link.transaction()).subarray(0, 15));
      const [reply] = await quiet(
        () => link.replies(),
        () => tracker.peer(),
      );
      outcome(reply === undefined ? 'ignored' : reply.type === 'error' ? 'error' : 'connected');
    },
  }),

  defineCase({
    id: 'bep15.tracker.connect-long',
    title: 'a connect request with bytes after its sixteen is taken like any other',
    section: 'BEP 15, UDP tracker protocol',
    killedBy: { 'exact-size-only': 'fail' },
    async run({ tracker, random, expect }) {
      const link = await tracker.link();
      const transaction = link.transaction();
      link.datagrams.send(Buffer.concat([writeConnect(transaction), random.bytes(20)]));
      expect((await link.reply(transaction, 'the connect reply')).type, 'the reply').is('connect');
    },
  }),

  defineCase({
    id: 'bep15.tracker.transaction-echo',
    title: 'the transaction id comes back as it was sent, whichever it is',
    section: 'BEP 15, connect',
    killedBy: { 'signed-transaction': 'fail' },
    async run({ tracker }) {
      for (const transaction of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
        const link = await tracker.link();
        await link.connect(transaction);
      }
    },
  }),

  defineCase({
    id: 'bep15.tracker.amplification',
    title: 'nobody who has not connected gets more bytes than he sent',
    section: 'BEP 15, UDP connections and spoofing',
    privateOnly: true,
    killedBy: { amplifies: 'non-strict', 'answers-before-connecting': 'non-strict' },
    async run({ tracker, infoHash, quiet, expect }) {
      const link = await tracker.link();
      const connect = await link.connect();
      expect(connect.length, 'length of the answer to a connect request of 16 bytes').atMost(16);
      const stranger = await tracker.link();
      const scrape = packet(0n, actions.scrape, stranger.transaction(), infoHash());
      stranger.datagrams.send(scrape);
      const heard = await quiet(
        () => stranger.datagrams.heard,
        () => tracker.peer(),
      );
      const bytes = heard.reduce((sum, each) => sum + each.bytes.length, 0);
      expect(bytes, `bytes in answer to a scrape of ${scrape.length} without a connection id`).atMost(scrape.length);
    },
  }),
];
