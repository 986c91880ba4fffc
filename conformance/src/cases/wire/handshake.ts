/** BEP 3, peer protocol: the handshake, as the side that answers. BEP 20: the peer id in it. */
import type { Case } from '../../case.ts';
import { latin1 } from '../../probe/bencode.ts';
import { bytesOf } from '../../probe/wire/fixture.ts';
import { carriedBy, handshakeLength, ids, message, protocol, writeHandshake } from '../../probe/wire/messages.ts';
import { requestBlock } from '../../probe/wire/uploader.ts';
import { asking, defineCase, firstBlock, unchoked } from './define.ts';

const section = 'BEP 3, peer protocol';
/** What belongs to the extended and the fast handshake, DHT and other known uses is left out. */
const undefinedBits = Uint8Array.of(0x7f, 0xff, 0xf7, 0xff, 0xff, 0xec, 0xff, 0xe0);
const optional = [9, 13, 14, 15, 16, 17, 20, 21, 22, 23];

export const handshake: readonly Case[] = [
  defineCase({
    id: 'bep3.wire.handshake.layout',
    title: 'a handshake is 19, the name of the protocol, eight bytes, the info-hash and a peer id',
    section,
    killedBy: { 'handshake-fields-swapped': 'fail' },
    async run({ seeding, expect }) {
      const client = await seeding();
      const link = await client.open();
      link.greet(client.greeting());
      const theirs = await link.handshake();
      expect(theirs.protocol, 'the first twenty bytes').is(protocol);
      expect(theirs.infoHash, 'the info-hash').is(client.fixture.infoHash);
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.unknown-reserved-bits',
    title: 'reserved bits that nobody has defined change nothing',
    section,
    killedBy: { 'drops-unknown-reserved': 'fail' },
    async run({ seeding, expect }) {
      const client = await seeding();
      const link = await asking(client, undefinedBits);
      requestBlock(link, firstBlock);
      const piece = carriedBy(await link.next(ids.piece));
      expect(piece.data, 'the block').is(bytesOf(client.fixture, 0, 0, firstBlock.length));
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.reserved-zero',
    title: 'a peer that sets no reserved bit is sent no message of an extension',
    section,
    killedBy: { 'extended-without-bit': 'fail' },
    async run({ seeding, quiet, expect }) {
      const client = await seeding();
      const link = await asking(client);
      const heard = await quiet(
        () => link.all,
        () => client.answers(),
      );
      expect(
        heard.filter(({ id }) => optional.includes(id ?? -1)).map(({ id }) => id),
        'ids of extensions',
      ).is([]);
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.unknown-info-hash',
    title: 'who asks for a torrent that is not here is not answered, and the connection ends',
    section,
    killedBy: { 'any-info-hash': 'fail' },
    async run({ seeding, random, expect }) {
      const client = await seeding();
      const link = await client.open();
      link.greet(client.greeting({ infoHash: random.bytes(20) }));
      await link.closed('the answer to an unknown info-hash');
      expect(link.theirs?.infoHash, 'the info-hash of an answer').is(undefined);
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.multi-torrent-single-port',
    title: 'of two torrents at one port each peer gets the one that it asked for',
    section,
    killedBy: { 'first-torrent-only': 'fail' },
    async run({ seeding, torrent, expect }) {
      const [first, second] = [torrent(), torrent()];
      const client = await seeding(first, { also: second });
      for (const { infoHash, data } of [second, first]) {
        const link = await client.dial({ infoHash });
        expect(link.theirs?.infoHash, 'the info-hash of the answer').is(infoHash);
        await unchoked(client, link);
        requestBlock(link, firstBlock);
        const piece = carriedBy(await link.next(ids.piece));
        expect(piece.data, 'the first block').is(data.subarray(0, firstBlock.length));
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.wrong-protocol-string',
    title: 'another protocol of the same length is hung up on',
    section,
    killedBy: { 'any-protocol-string': 'fail' },
    async run({ seeding, random, expect }) {
      const client = await seeding();
      const link = await client.open();
      link.greet(client.greeting({ protocol: Buffer.from('\x13BitTorment protocol', 'latin1') }));
      // Bytes enough for whoever takes it for the begin of encryption.
      link.sendRaw(random.bytes(1_200));
      await link.closed('the answer to another protocol');
      expect(latin1(link.theirs?.protocol ?? link.rest).slice(0, 20), 'the answer').isNot(latin1(protocol));
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.wrong-pstrlen',
    title: 'a first byte other than 19 is no handshake',
    section,
    killedBy: { 'any-protocol-length': 'fail' },
    async run({ seeding, random, expect }) {
      const client = await seeding();
      for (const first of [18, 20, 255]) {
        const link = await client.open();
        const name = Buffer.from(protocol);
        name[0] = first;
        link.greet(client.greeting({ protocol: name }));
        link.sendRaw(random.bytes(1_200));
        await link.closed(`the answer to a first byte of ${first}`);
        expect(latin1(link.theirs?.protocol ?? link.rest).slice(0, 20), 'the answer').isNot(latin1(protocol));
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.http-request-on-port',
    title: 'a browser that comes by is hung up on, and does no harm',
    section,
    killedBy: { 'dies-of-http': 'crash' },
    async run({ seeding }) {
      const client = await seeding();
      const link = await client.open();
      const head = `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${'x'.repeat(1_200)}\r\n\r\n`;
      link.sendRaw(Buffer.from(head));
      await link.closed('the answer to an HTTP request');
      await client.answers();
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.byte-by-byte',
    title: 'a handshake may come in any number of packets',
    section,
    killedBy: { 'assumes-one-read': 'non-strict' },
    async run({ seeding }) {
      const client = await seeding();
      const link = await client.open();
      const bytes = writeHandshake(client.greeting());
      await link.trickle(Array.from(bytes, (byte) => Uint8Array.of(byte)));
      await link.handshake();
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.coalesced',
    title: 'messages in one packet with the handshake count',
    section,
    killedBy: { 'drops-bytes-behind-handshake': 'non-strict' },
    async run({ seeding }) {
      const client = await seeding();
      const link = await client.open();
      const bytes = Buffer.concat([writeHandshake(client.greeting()), message(ids.interested)]);
      link.sendRaw(bytes, 'handshake and interested');
      await link.next(ids.unchoke, undefined, client.within(35_000));
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.hash-first',
    title: 'a handshake up to the info-hash is no reason to hang up',
    section,
    killedBy: { 'closes-on-partial-handshake': 'non-strict' },
    async run({ seeding, quiet, expect, observe }) {
      const client = await seeding();
      const link = await client.open();
      const bytes = writeHandshake(client.greeting());
      link.sendRaw(bytes.subarray(0, 48), 'the first 48 bytes of a handshake');
      await quiet(
        () => [],
        () => client.answers(),
      );
      observe('answered before the peer id', link.theirs !== undefined || link.rest.length > 0);
      expect(link.isOpen, 'the connection is open').is(true);
      link.sendRaw(bytes.subarray(48, handshakeLength), 'the rest');
      await link.handshake();
    },
  }),

  defineCase({
    id: 'bep3.wire.handshake.duplicate-peer-id',
    title: 'of two connections with one peer id at most one is kept',
    section,
    alternatives: { 'one kept': 'pass', 'both kept': 'non-strict', 'none kept': 'non-strict' },
    killedBy: { 'keeps-duplicates': 'non-strict', 'both-close-duplicates': 'non-strict' },
    async run({ seeding, random, quiet, outcome }) {
      const client = await seeding();
      const peerId = random.bytes(20);
      const links = [await client.dial({ peerId }), await client.open()];
      links[1]!.greet(client.greeting({ peerId }));
      await links[1]!.settles(() => links[1]!.theirs !== undefined);
      await quiet(
        () => [],
        () => client.answers(),
      );
      const kept = links.filter(({ isOpen }) => isOpen).length;
      outcome(kept === 2 ? 'both kept' : kept === 1 ? 'one kept' : 'none kept');
    },
  }),

  defineCase({
    id: 'bep20.azureus-or-mainline',
    title: 'a peer id begins with the name and version of the client, in one of the two ways that are in use',
    section: 'BEP 20, peer id conventions',
    killedBy: { 'odd-peer-id': 'non-strict' },
    async run({ seeding, expect, observe }) {
      const { theirs } = await (await seeding()).dial();
      const start = latin1(theirs!.peerId).slice(0, 8);
      observe('peer id', start.replace(/[^ -~]/g, '?'));
      expect(start, 'the beginning').satisfies(
        'like -XX0000- or M1-2-3--',
        /^-[A-Za-z~]{2}[0-9A-Za-z]{4}-|^[A-Za-z]\d+-\d+-\d+-/.test(start),
      );
    },
  }),

  defineCase({
    id: 'bep20.suffix-random',
    title: 'what follows the name in a peer id differs from start to start',
    section: 'BEP 20, peer id conventions',
    killedBy: { 'constant-peer-id': 'non-strict' },
    async run({ seeding, expect }) {
      const first = await (await seeding()).dial();
      const second = await (await seeding()).dial();
      expect(latin1(first.theirs!.peerId).slice(8), 'the last twelve bytes').isNot(
        latin1(second.theirs!.peerId).slice(8),
      );
    },
  }),

  defineCase({
    id: 'bep3.wire.transfer.seed-seed',
    title: 'what a seed does with another seed',
    section,
    killedBy: { 'closes-seeds': 'info' },
    async run({ seeding, quiet, observe }) {
      const client = await seeding();
      const link = await client.dial();
      link.send(ids.bitfield, Uint8Array.of(0xff));
      await quiet(
        () => [],
        () => client.answers(),
      );
      observe('another seed', link.isOpen ? 'kept' : 'hung up on');
    },
  }),

  defineCase({
    id: 'bep3.wire.state.request-without-interest',
    title: 'what a request gets from somebody who is unchoked and no longer interested',
    section,
    killedBy: { 'ignores-uninterested': 'info' },
    async run({ seeding, observe }) {
      const client = await seeding();
      const link = await client.dial();
      await unchoked(client, link);
      link.send(ids.notInterested);
      requestBlock(link, firstBlock);
      const answered = () => link.heard.some(({ id }) => id === ids.piece || id === ids.choke);
      const came = await link.settles(answered);
      const first = link.heard.find(({ id }) => id === ids.piece || id === ids.choke)?.id;
      observe('the request', !came ? 'ignored' : first === ids.piece ? 'served' : 'choked');
    },
  }),
];
