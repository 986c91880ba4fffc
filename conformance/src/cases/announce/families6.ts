/** Trackers and peers over IPv6: BEP 15, IPv6; BEP 7, announce response. */
import type { Case } from '../../case.ts';
import { dictionaries, listing } from '../../probe/announce/http-spy.ts';
import { announceReply } from '../../probe/announce/udp-spy.ts';
import { alive, defineCase } from './define.ts';

const needs = ['ipv6'] as const;

export const families6: readonly Case[] = [
  defineCase({
    id: 'bep15.client.ipv6-stride',
    title: 'a reply over IPv6 lists eighteen bytes a peer',
    section: 'BEP 15, IPv6',
    needs,
    killedBy: { 'six-byte-peers': 'fail' },
    async run({ udp, start, peer6 }) {
      const [tracker, callee] = [await udp('::1'), await peer6()];
      tracker.announce = ({ transaction }) => [announceReply(transaction, [callee.at])];
      await start({ announce: tracker.url });
      await callee.calls.next();
    },
  }),
  defineCase({
    id: 'bep3.announce.peers-dict-ipv6',
    title: 'a peer in a dictionary may have an IPv6 address',
    section: 'BEP 3, trackers',
    needs,
    killedBy: { 'no-ipv6-in-dictionaries': 'non-strict' },
    async run({ http, start, peer6 }) {
      const [tracker, callee] = [await http(), await peer6()];
      tracker.answer = () => listing([], { peers: dictionaries([callee.at]) });
      await start({ announce: tracker.url });
      await callee.calls.next();
    },
  }),
  defineCase({
    id: 'bep7.bad-peers6-length',
    title: 'peers6 of seventeen bytes does no harm',
    section: 'BEP 7, announce response',
    killedBy: { 'dies-of-odd-peers6': 'crash' },
    async run({ http, start, meanwhile }) {
      const tracker = await http();
      tracker.answer = () => listing([], { peers6: new Uint8Array(17).fill(1) });
      const session = await start({ announce: tracker.url });
      await tracker.asked.next();
      await meanwhile(session);
      await alive(session);
    },
  }),
];
