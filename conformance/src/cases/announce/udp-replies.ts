/** BEP 15: what a client makes of the replies of a UDP tracker. */
import type { Case } from '../../case.ts';
import { announceReply, connectReply, errorReply, type UdpSpy } from '../../probe/announce/udp-spy.ts';
import { alive, defineCase } from './define.ts';

const section = 'BEP 15, UDP tracker protocol';

/** An announce to this tracker would be one to somebody who only guesses. */
const announces = (tracker: UdpSpy): number => tracker.packets.all.filter(({ action }) => action === 1).length;

export const udpReplies: readonly Case[] = [
  defineCase({
    id: 'bep15.client.peers-used',
    title: 'the peers of a reply are called',
    section,
    killedBy: { 'http-only': 'fail' },
    async run({ udp, start, peer }) {
      const [tracker, callee] = [await udp(), await peer(206)];
      tracker.announce = ({ transaction }) => [announceReply(transaction, [callee.at])];
      await start({ announce: tracker.url });
      await callee.calls.next();
    },
  }),
  defineCase({
    id: 'bep15.client.wrong-tid-ignored',
    title: 'a reply with another transaction id is ignored',
    section,
    killedBy: { 'any-transaction': 'fail' },
    async run({ udp, start, peer, meanwhile, expect }) {
      const [tracker, wrong, right] = [await udp(), await peer(207), await peer(208)];
      tracker.announce = ({ transaction }) => [
        announceReply((transaction ^ 0x55) >>> 0, [wrong.at]),
        announceReply(transaction, [right.at]),
      ];
      const session = await start({ announce: tracker.url });
      await right.calls.next();
      await meanwhile(session);
      expect(wrong.calls.all.length, 'calls to the peer of the wrong reply').is(0);
    },
  }),
  defineCase({
    id: 'bep15.client.wrong-action-ignored',
    title: 'a reply to a connect request with another action is ignored',
    section,
    killedBy: { 'any-action': 'fail' },
    async run({ udp, start, meanwhile, expect }) {
      const tracker = await udp();
      tracker.connect = ({ transaction }) => [connectReply(transaction, 1)];
      const session = await start({ announce: tracker.url });
      await tracker.connected();
      await meanwhile(session);
      expect(announces(tracker), 'announces').is(0);
    },
  }),
  defineCase({
    id: 'bep15.client.short-reply-ignored',
    title: 'a reply that is too short is ignored, and does no harm',
    section,
    killedBy: { 'dies-of-short-replies': 'crash' },
    async run({ udp, start, meanwhile, expect }) {
      const first = await udp();
      first.connect = ({ transaction }) => [connectReply(transaction).subarray(0, 15)];
      const one = await start({ announce: first.url });
      await first.connected();
      await meanwhile(one);
      expect(announces(first), 'announces').is(0);
      const second = await udp();
      second.announce = ({ transaction }) => [announceReply(transaction, []).subarray(0, 19)];
      const two = await start({ announce: second.url });
      await second.announced();
      await meanwhile(two);
      await alive(two);
    },
  }),
  defineCase({
    id: 'bep15.client.long-reply-accepted',
    title: 'a reply may be longer than what is known of it',
    section,
    killedBy: { 'exact-replies': 'fail' },
    async run({ udp, start }) {
      const tracker = await udp();
      tracker.connect = ({ transaction }) => [Buffer.concat([connectReply(transaction), new Uint8Array(8)])];
      await start({ announce: tracker.url });
      await tracker.announced();
    },
  }),
  defineCase({
    id: 'bep15.client.partial-peer-tail',
    title: 'half a peer at the end of a reply does no harm',
    section,
    killedBy: { 'dies-of-half-peers': 'crash' },
    async run({ udp, start, meanwhile, peer }) {
      const [tracker, callee] = [await udp(), await peer(209)];
      tracker.announce = ({ transaction }) => [
        Buffer.concat([announceReply(transaction, [callee.at]), Uint8Array.of(127, 0, 0)]),
      ];
      const session = await start({ announce: tracker.url });
      await tracker.announced();
      await meanwhile(session);
      await alive(session);
    },
  }),
  defineCase({
    id: 'bep15.client.error-reply',
    title: 'a tracker may say that it failed; it is not asked again at once',
    section,
    killedBy: { hammers: 'fail' },
    async run({ udp, start, meanwhile, expect }) {
      const tracker = await udp();
      tracker.announce = ({ transaction }) => [errorReply(transaction, 'not now')];
      const session = await start({ announce: tracker.url });
      await tracker.announced();
      await meanwhile(session);
      expect(announces(tracker), 'announces in three seconds').atMost(3);
    },
  }),
  defineCase({
    id: 'bep15.client.reply-from-other-address',
    title: 'a reply from another port than the one that was asked is ignored',
    section: 'no text; anybody can send a datagram',
    killedBy: { 'any-sender': 'non-strict' },
    async run({ udp, start, peer, meanwhile, expect }) {
      const [tracker, stranger, wrong] = [await udp(), await udp(), await peer(209)];
      tracker.announce = ({ transaction, from }) => {
        stranger.send(announceReply(transaction, [wrong.at]), from);
        return [];
      };
      const session = await start({ announce: tracker.url });
      await tracker.announced();
      await meanwhile(session);
      expect(wrong.calls.all.length, 'calls to the peer of the stranger').is(0);
    },
  }),
];
