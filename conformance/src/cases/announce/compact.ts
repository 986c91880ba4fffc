/** BEP 23, 7 and 24: compact peers, and what else may be in an answer; BEP 3: the peer id that is promised. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { dictionaries, listing } from '../../probe/announce/http-spy.ts';
import { ipBytes, writeCompact } from '../../probe/endpoint.ts';
import { defineCase } from './define.ts';
import { calls, survives } from './told.ts';

export const compact: readonly Case[] = [
  calls(
    {
      id: 'bep23.client-accepts-list',
      title: 'a list of peers is read although compact was asked for',
      section: 'BEP 23, compact announce',
      killedBy: { 'compact-only': 'fail' },
    },
    (at) => listing([], { peers: dictionaries([at]) }),
  ),
  calls(
    {
      id: 'bep23.client-accepts-compact',
      title: 'compact peers are read',
      section: 'BEP 23, compact announce',
      killedBy: { 'dictionaries-only': 'fail' },
    },
    (at) => listing([at]),
  ),
  survives(
    {
      id: 'bep23.client-odd-length',
      title: 'compact peers that do not fit six bytes do no harm',
      section: 'BEP 23, compact announce',
      killedBy: { 'dies-of-odd-compact': 'crash' },
    },
    () => listing([], { peers: Uint8Array.of(127, 0, 0, 1, 0, 9, 1) }),
  ),
  calls(
    {
      // Nobody can listen at port 0, so what is seen is what becomes of the others.
      id: 'bep23.client-port-zero',
      title: 'a peer with port 0 does not keep the one behind it from being called',
      section: 'BEP 23, compact announce',
      killedBy: { 'stops-at-port-zero': 'non-strict' },
    },
    (at) => listing([{ ip: ourAddress(246), port: 0 }, at]),
  ),
  survives(
    {
      id: 'bep23.client-empty',
      title: 'there may be no peers',
      section: 'BEP 23, compact announce',
      killedBy: { 'empty-is-failure': 'crash' },
    },
    () => listing([]),
    () => listing([], { peers: [] }),
  ),
  survives(
    {
      id: 'bep24.external-ip-tolerated',
      title: 'an own address of any length does no harm',
      section: 'BEP 24, tracker returns external IP',
      killedBy: { 'dies-of-external-ip': 'crash' },
    },
    () => listing([], { 'external ip': Uint8Array.of(127, 0, 0, 1) }),
    () => listing([], { 'external ip': ipBytes('::1') }),
    () => listing([], { 'external ip': new Uint8Array(5) }),
  ),
  defineCase({
    id: 'bep3.announce.peer-id-mismatch',
    title: 'a peer with another peer id than the tracker says is hung up on',
    section: 'BEP 3, peer protocol',
    killedBy: { 'any-peer-id': 'non-strict' },
    async run({ http, peer, torrent, start }) {
      const [tracker, fixture] = [await http(), torrent()];
      const callee = await peer(200, fixture, false);
      const promised = { ...callee.at, id: Buffer.from('-XX0001-cccccccccccc') };
      tracker.answer = () => listing([], { peers: dictionaries([promised]) });
      await start({ fixture, announce: tracker.url });
      await (await callee.calls.next()).closed('the handshake with another peer id');
    },
  }),
  defineCase({
    id: 'bep7.client-reads-peers6',
    title: 'peers6 is read',
    section: 'BEP 7, announce response',
    needs: ['ipv6'],
    killedBy: { 'no-peers6': 'fail' },
    async run({ http, peer6, start }) {
      const [tracker, callee] = [await http(), await peer6()];
      tracker.answer = () => listing([], { peers6: writeCompact(callee.at) });
      await start({ announce: tracker.url });
      await callee.calls.next();
    },
  }),
];
