/** BEP 9, magnet URI format: whom a link names, and how peers are found where it names no tracker. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { awaitCalls, awaitCallsByName } from '../../probe/announce/session.ts';
import { asBytes, type Message, sameBytes } from '../../probe/dht/krpc.ts';
import type { DhtNode } from '../../probe/dht/node.ts';
import type { Fixture } from '../../probe/wire/fixture.ts';
import { gate as dhtGate, nodes } from '../client-dht/define.ts';
import { defineCase, linkTo } from './define.ts';

const section = 'BEP 9, magnet URI format';

export const peers: readonly Case[] = [
  defineCase({
    id: 'magnet.xpe-ipv4',
    title: 'a peer that the link names is called',
    section,
    killedBy: { 'ignores-x-pe': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent();
      const { at, calls } = await awaitCalls(tools, ourAddress(9), fixture, false);
      await tools.start(`${linkTo(fixture)}&x.pe=${at.ip}:${at.port}`);
      const { infoHash } = await (await calls.next()).handshake();
      tools.expect(infoHash, 'the info-hash of its handshake').is(fixture.infoHash);
    },
  }),

  defineCase({
    id: 'magnet.xpe-ipv6-and-host',
    title: 'a peer may be named by an IPv6 address in brackets, or by a host name',
    section,
    needs: ['ipv6'],
    killedBy: { 'x-pe-ends-at-first-colon': 'non-strict', 'x-pe-needs-address': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent();
      const six = await awaitCalls(tools, '::1');
      const named = await awaitCallsByName(tools);
      await tools.start(`${linkTo(fixture)}&x.pe=[::1]:${six.at.port}&x.pe=localhost:${named.at.port}`);
      await Promise.all([six.calls.next('by IPv6 address'), named.calls.next('by host name')]);
    },
  }),

  defineCase({
    id: 'magnet.no-tracker-uses-dht',
    title: 'the DHT is asked for peers where the link names no tracker',
    section,
    gate: dhtGate,
    killedBy: { 'links-need-trackers': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent();
      const network = await nodes(tools, 8);
      await tools.start(linkTo(fixture), { bootstrap: network[0]!.link.at });
      await searched(network, fixture);
    },
  }),
];

/** Waits until one of the nodes is asked for peers: some ask the first nodes for something like it, and only those near it for the torrent itself. */
async function searched(network: readonly DhtNode[], { infoHash }: Fixture): Promise<void> {
  const isIt = ({ method, body }: Message) =>
    method === 'get_peers' && sameBytes(asBytes(body.get('info_hash')), infoHash);
  const asked = network.map((each) => each.queried('a search for the torrent', isIt));
  await Promise.any(asked).catch(({ errors }) => {
    throw (errors as readonly unknown[])[0];
  });
}
