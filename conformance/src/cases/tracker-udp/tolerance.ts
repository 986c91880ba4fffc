/** BEP 15, announce and errors: wishes and packets that are out of the ordinary. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { packet, writeAnnounce } from '../../probe/udp-tracker/packets.ts';
import type { UdpTrackerLink } from '../../probe/udp-tracker/probe.ts';
import { crowd } from './crowd.ts';
import { defineCase, type UdpTools } from './define.ts';

const section = 'BEP 15, announce';
/** What fits an Ethernet frame behind the heads of IPv4 and UDP. */
const datagramLength = 1_472;
const anyAnswer = { answered: 'pass', error: 'pass', ignored: 'pass' } as const;

export const tolerance: readonly Case[] = [
  defineCase({
    id: 'bep15.tracker.announce-numwant-minus1',
    title: 'a wish of -1 peers is a wish for as many as usual',
    section,
    killedBy: { 'minus-one-is-none': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await crowd(await tracker.peer(), hash, 3);
      const { peers } = await (await tracker.peer()).announce(hash, { numWant: -1 });
      expect(peers.length, 'peers listed of three').atLeast(1);
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-numwant-zero',
    title: 'a wish for no peers is answered, with the counters',
    section,
    killedBy: { 'dies-of-numwant-zero': 'crash', 'seeds-as-leechers': 'non-strict' },
    async run({ tracker, infoHash, expect, observe }) {
      const hash = infoHash();
      await (await tracker.peer()).announce(hash, { left: 0 });
      const { seeders, peers } = await (await tracker.peer()).announce(hash, { numWant: 0 });
      observe('peers listed', peers.length);
      expect(seeders, 'seeders of a swarm with one').is(1);
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-numwant-cap',
    title: 'whatever number is wanted, the answer fits one datagram',
    section,
    privateOnly: true,
    budget: 'normal',
    killedBy: { fragments: 'non-strict' },
    async run({ tracker, infoHash, expect, observe }) {
      const hash = infoHash();
      const link = await tracker.peer();
      await crowd(link, hash, 300);
      const reply = await (await tracker.peer()).announce(hash, { numWant: 0x7fff_ffff });
      observe('peers listed of 300', reply.peers.length);
      expect(reply.length, 'bytes of the answer').atMost(datagramLength);
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-short',
    title: 'an announce that is cut short is not taken for one',
    section,
    alternatives: { error: 'pass', ignored: 'pass', answered: 'fail' },
    killedBy: { 'parses-short-announces': 'non-strict' },
    async run(tools) {
      const link = await tools.tracker.peer();
      const whole = writeAnnounce(link.connection, link.transaction(), link.announceOf(tools.infoHash()));
      tools.outcome(await answerTo(whole.subarray(0, 97), link, tools));
    },
  }),

  defineCase({
    id: 'bep15.tracker.announce-bad-event',
    title: 'an event that nobody has defined is no trouble',
    section,
    alternatives: anyAnswer,
    killedBy: { 'dies-of-unknown-events': 'crash' },
    async run(tools) {
      const link = await tools.tracker.peer();
      const announce = link.announceOf(tools.infoHash(), { event: 99 });
      tools.outcome(await answerTo(writeAnnounce(link.connection, link.transaction(), announce), link, tools));
    },
  }),

  defineCase({
    id: 'bep15.tracker.unknown-action',
    title: 'an action that nobody has defined is no trouble',
    section: 'BEP 15, UDP tracker protocol',
    alternatives: { ...anyAnswer, answered: 'non-strict' },
    killedBy: { 'dies-of-unknown-actions': 'crash' },
    async run(tools) {
      const link = await tools.tracker.peer();
      tools.outcome(await answerTo(packet(link.connection, 7, link.transaction()), link, tools));
    },
  }),

  defineCase({
    id: 'bep15.tracker.error-format',
    title: 'an error is action 3 with the transaction id of the request and a text',
    section: 'BEP 15, errors',
    killedBy: { 'errors-lose-the-transaction': 'fail' },
    async run({ tracker, infoHash, quiet, expect, observe, unsupported }) {
      const link = await tracker.peer();
      const transactions = [link.transaction(), link.transaction(), link.transaction()];
      const announce = writeAnnounce(link.connection, transactions[0]!, link.announceOf(infoHash()));
      const stranger = writeAnnounce(~link.connection & 0xffff_ffffn, transactions[1]!, link.announceOf(infoHash()));
      for (const wrong of [announce.subarray(0, 97), stranger, packet(link.connection, 7, transactions[2]!)]) {
        link.datagrams.send(wrong);
      }
      const replies = await quiet(
        () => link.replies(),
        () => tracker.peer(),
      );
      const errors = replies.filter((reply) => reply.type === 'error');
      if (errors.length === 0) return unsupported('it keeps silent about three kinds of mistakes, as it may');
      observe('messages', errors.map(({ message }) => message).join(', '));
      for (const { transaction } of errors) expect(transaction, 'transaction of an error').oneOf(transactions);
    },
  }),
];

/** What comes back for a packet, judged after somebody else's connect was answered. */
async function answerTo(
  bytes: Uint8Array,
  link: UdpTrackerLink,
  { tracker, quiet }: Context & UdpTools,
): Promise<string> {
  link.datagrams.send(bytes);
  const [reply] = await quiet(
    () => link.replies(),
    () => tracker.peer(),
  );
  return reply === undefined ? 'ignored' : reply.type === 'error' ? 'error' : 'answered';
}
