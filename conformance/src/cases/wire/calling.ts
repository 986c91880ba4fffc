/** BEP 3, peer protocol: the handshake of the side that calls. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import { protocol } from '../../probe/wire/messages.ts';
import { upload } from '../../probe/wire/uploader.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, peer protocol';

export const calling: readonly Case[] = [
  defineCase({
    id: 'bep3.wire.handshake.initiator-layout',
    title: 'who calls says its handshake first, with the info-hash',
    section,
    killedBy: { 'bitfield-before-handshake': 'fail' },
    async run({ torrent, leeching, awaiting, expect }) {
      const fixture = torrent();
      const call = await awaiting();
      await leeching(fixture, { peers: () => [call.at] });
      const theirs = await (await call.link()).handshake();
      expect(theirs.protocol, 'the first twenty bytes').is(protocol);
      expect(theirs.infoHash, 'the info-hash').is(fixture.infoHash);
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.info-hash-mismatch-outgoing',
    title: 'a peer that answers with another info-hash is hung up on',
    section,
    killedBy: { 'ignores-answered-hash': 'fail' },
    async run({ leeching, awaiting, random }) {
      const call = await awaiting();
      const client = await leeching(undefined, { peers: () => [call.at] });
      const link = await call.link();
      await link.handshake();
      link.greet(client.greeting({ infoHash: random.bytes(20) }));
      await link.closed('the answer to another info-hash');
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.self-connect',
    title: 'who is led to itself notices, and ends it',
    section,
    killedBy: { 'talks-to-itself': 'non-strict' },
    async run({ leeching, awaiting, expect }) {
      const call = await awaiting();
      const client = await leeching(undefined, { peers: () => [call.at] });
      const calling = await call.link();
      const called = await PeerLink.dial(client.context, client.running.at, ourAddress(250));
      calling.pipe(called);
      called.pipe(calling);
      const ended = () => !calling.isOpen || !called.isOpen;
      await called.settles(ended);
      await calling.settles(ended);
      expect(ended(), 'that a link to itself ends').is(true);
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.simultaneous-open',
    title: 'two peers that call each other at the same time end up with one link that works',
    section,
    killedBy: { 'both-close-duplicates': 'non-strict' },
    async run({ leeching, awaiting, random }) {
      const call = await awaiting();
      const client = await leeching(undefined, { peers: () => [call.at] });
      const peerId = random.bytes(20);
      const incoming = await call.link();
      const outgoing = await client.open();
      outgoing.greet(client.greeting({ peerId }));
      incoming.greet(client.greeting({ peerId }));
      for (const link of [incoming, outgoing]) upload(link, client.fixture);
      await client.completes(20_000);
    },
  }),
];
