/** BEP 5, torrent peers: the bit of the handshake, the port message; torrent file extensions: the nodes of a torrent. */
import type { Case } from '../../case.ts';
import { Dht } from '../../probe/dht/probe.ts';
import { Client } from '../../probe/wire/client.ts';
import { hasBit, ids, reservedWith } from '../../probe/wire/messages.ts';
import { defineCase as define } from '../wire/define.ts';
import { defineCase, entering, node } from './define.ts';

const section = 'BEP 5, BitTorrent protocol extension';
const reserved = reservedWith('dht');

export const ports: readonly Case[] = [
  define({
    id: 'bep5.wire.dht-bit',
    title: 'who has a DHT node sets the last bit of the reserved bytes',
    section,
    killedBy: { 'no-dht-bit': 'unimplemented' },
    async run(tools) {
      const client = await entering(tools, await node(tools), tools.torrent());
      const { theirs } = await client.dial({ reserved });
      if (!hasBit(theirs!.reserved, 'dht')) tools.unsupported('it does not say that it has a DHT node');
    },
  }),

  defineCase({
    id: 'bep5.wire.port-message',
    title: 'the port message has two bytes, and a DHT node answers at the port',
    section,
    killedBy: { 'long-port': 'non-strict' },
    async run(tools) {
      const client = await entering(tools, await node(tools), tools.torrent());
      const { payload } = await (await client.dial({ reserved })).next(ids.port);
      tools.expect(payload.length, 'bytes of the port').is(2);
      const port = (payload[0]! << 8) | payload[1]!;
      await (await new Dht(tools, 'dht', { ip: client.running.at.ip, port }).asker()).ask('ping');
    },
  }),

  defineCase({
    id: 'bep5.wire.port-message-triggers-ping',
    title: 'a node at the port that a peer tells is asked something',
    section,
    killedBy: { 'ignores-port': 'non-strict' },
    async run(tools) {
      const client = await entering(tools, await node(tools), tools.torrent());
      const link = await client.dial({ reserved });
      const own = await node(tools, { ip: link.ip });
      link.send(ids.port, Uint8Array.of(own.link.at.port >> 8, own.link.at.port & 0xff));
      await own.queried('a question to the node of a peer');
    },
  }),

  defineCase({
    id: 'bep5.wire.port-without-bit',
    title: 'a port message from a peer that did not set the bit does no harm',
    section,
    killedBy: { 'dies-of-port': 'crash' },
    async run(tools) {
      const client = await entering(tools, await node(tools), tools.torrent());
      const link = await client.dial();
      link.send(ids.port, Uint8Array.of(0x1a, 0xe1));
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
    },
  }),

  defineCase({
    id: 'bep5.wire.port-zero',
    title: 'port 0 does no harm',
    section,
    killedBy: { 'dies-of-port-zero-message': 'crash' },
    async run(tools) {
      const client = await entering(tools, await node(tools), tools.torrent());
      const link = await client.dial({ reserved });
      link.send(ids.port, new Uint8Array(2));
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
    },
  }),

  defineCase({
    id: 'bep5.wire.nodes-key-used',
    title: 'the nodes that a torrent names are asked',
    section: 'BEP 5, torrent file extensions',
    killedBy: { 'ignores-nodes-key': 'non-strict' },
    async run(tools) {
      const [entry, other] = [await node(tools), await node(tools)];
      const { ip, port } = other.link.at;
      await entering(tools, entry, tools.torrent(), { keys: { nodes: [[ip, port]] } });
      await other.queried('a question to the node of the torrent');
    },
  }),

  defineCase({
    id: 'bep5.wire.nodes-key-dns-and-ipv6',
    title: 'a node of a torrent may have a name or an IPv6 address',
    section: 'BEP 5, torrent file extensions',
    killedBy: { 'dies-of-node-names': 'crash' },
    async run(tools) {
      const entry = await node(tools);
      const listed = [
        ['localhost', entry.link.at.port],
        ['::1', entry.link.at.port],
        [entry.link.at.ip, entry.link.at.port],
      ];
      const options = {
        role: 'leecher',
        fixture: tools.torrent(),
        bootstrap: entry.link.at,
        keys: { nodes: listed },
      } as const;
      const client = await Client.launch(tools, options);
      await client.answers();
      await entry.queried('a question to the node of the torrent');
    },
  }),
];
