/** BEP 15: what a client says to a UDP tracker, and what it makes of replies. BEP 41: where options have no place. */
import { createHash } from 'node:crypto';
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import { announceReply, connectionId, errorReply } from '../../probe/announce/udp-spy.ts';
import { fromLatin1, writeBencode } from '../../probe/bencode.ts';
import { actions, protocolId } from '../../probe/udp-tracker/packets.ts';
import { makeFixture } from '../../probe/wire/fixture.ts';
import { defineCase } from './define.ts';

const section = 'BEP 15, UDP tracker protocol';

export const udpRequests: readonly Case[] = [
  defineCase({
    id: 'bep15.client.connect-format',
    title: 'a connect request is the magic number, action 0 and a transaction id',
    section,
    killedBy: { 'wrong-magic': 'fail' },
    async run({ udp, start, expect }) {
      const tracker = await udp();
      await start({ announce: tracker.url });
      const { bytes } = await tracker.connected();
      expect(bytes.length, 'bytes').is(16);
      expect(bytes.readBigUInt64BE(0), 'the magic number').is(protocolId);
      expect(bytes.readUInt32BE(8), 'the action').is(actions.connect);
    },
  }),
  defineCase({
    id: 'bep15.client.transaction-random',
    title: 'each request has a transaction id of its own',
    section,
    killedBy: { 'counts-transactions': 'fail' },
    async run({ udp, start, expect }) {
      const tracker = await udp();
      await start({ announce: tracker.url });
      const { transaction } = await tracker.connected();
      expect((await tracker.announced()).transaction, 'the transaction id of the announce').isNot(transaction);
    },
  }),
  defineCase({
    id: 'bep15.client.announce-format',
    title: 'an announce has 98 bytes or more: the connection id that was given, the info-hash, the numbers',
    section,
    killedBy: { 'announce-shifted': 'fail' },
    async run({ udp, start, expect }) {
      const tracker = await udp();
      const { fixture } = await start({ announce: tracker.url });
      const { bytes } = await tracker.announced();
      expect(bytes.length, 'bytes').atLeast(98);
      expect(bytes.readBigUInt64BE(0), 'the connection id').is(connectionId);
      expect(new Uint8Array(bytes.subarray(16, 36)), 'the info-hash').is(fixture.infoHash);
      expect(Number(bytes.readBigUInt64BE(64)), 'left').is(fixture.data.length);
    },
  }),
  defineCase({
    id: 'bep15.client.announce-same-peer-id',
    title: 'the peer id is the one that HTTP trackers are told',
    section,
    killedBy: { 'another-peer-id': 'fail' },
    async run({ http, udp, start, expect }) {
      const [first, second] = [await http(), await udp()];
      first.answer = () => ({ status: 503, body: new Uint8Array() });
      second.announce = ({ transaction }) => [errorReply(transaction, 'not now')];
      await start({ announce: first.url, tiers: [[first.url], [second.url]] });
      const id = fromLatin1((await first.asked.next()).query.get('peer_id') ?? '');
      const { bytes } = await second.announced();
      expect(new Uint8Array(bytes.subarray(36, 56)), 'the peer id').is(id);
    },
  }),
  defineCase({
    id: 'bep15.client.announce-event-codes',
    title: 'started is 2, completed is 1, stopped is 3',
    section,
    killedBy: { 'events-as-listed': 'fail' },
    async run({ udp, start, torrent, peer, expect }) {
      const [tracker, fixture] = [await udp(), torrent()];
      const { at } = await peer(204, fixture);
      tracker.announce = ({ transaction }) => [announceReply(transaction, [at])];
      const session = await start({ fixture, announce: tracker.url });
      expect((await tracker.announced()).event, 'the first event').is(2);
      await tracker.announced(1);
      await session.stop();
      await tracker.announced(3);
    },
  }),
  defineCase({
    id: 'bep15.client.announce-left-64bit',
    title: 'left has 64 bits: six gibibytes are announced as they are',
    section,
    killedBy: { 'left-32': 'fail' },
    async run({ udp, start, random, expect }) {
      const length = 6 * 2 ** 30;
      const pieceLength = 2 ** 24;
      const pieces = random.bytes((20 * length) / pieceLength);
      const fixture = makeFixture(random, { pieces: 1 });
      const info = writeBencode({ length, name: fixture.name, 'piece length': pieceLength, pieces });
      const infoHash = new Uint8Array(createHash('sha1').update(info).digest());
      const tracker = await udp();
      await start({ fixture: { ...fixture, info, infoHash }, announce: tracker.url });
      expect(Number((await tracker.announced()).bytes.readBigUInt64BE(64)), 'left').is(length);
    },
  }),
  defineCase({
    id: 'bep15.client.announce-port',
    title: 'the port that is announced takes peers',
    section,
    killedBy: { 'announces-another-port': 'fail' },
    async run({ udp, start, greeted }) {
      const tracker = await udp();
      const session = await start({ announce: tracker.url });
      const { bytes } = await tracker.announced();
      await greeted(session, { ip: ourAddress(), port: bytes.readUInt16BE(96) });
    },
  }),
  defineCase({
    id: 'bep15.client.announce-numwant',
    title: 'who starts asks for peers: -1, or a number',
    section,
    killedBy: { 'wants-none': 'non-strict' },
    async run({ udp, start, expect }) {
      const tracker = await udp();
      await start({ announce: tracker.url });
      expect((await tracker.announced()).bytes.readInt32BE(92), 'the number of wanted peers').isNot(0);
    },
  }),
  defineCase({
    id: 'bep15.client.announce-key-stable',
    title: 'the key is the same in each announce',
    section,
    killedBy: { 'new-keys': 'non-strict' },
    async run({ udp, start, torrent, peer, expect }) {
      const [tracker, fixture] = [await udp(), torrent()];
      const { at } = await peer(205, fixture);
      tracker.announce = ({ transaction }) => [announceReply(transaction, [at])];
      await start({ fixture, announce: tracker.url });
      const key = (await tracker.announced(2)).bytes.readUInt32BE(88);
      expect((await tracker.announced(1)).bytes.readUInt32BE(88), 'the key').is(key);
    },
  }),
  defineCase({
    id: 'bep41.client-only-announce',
    title: 'options stand behind announces, not behind connect requests',
    section: 'BEP 41, extension format',
    killedBy: { 'options-in-connect': 'fail' },
    async run({ udp, start, expect }) {
      const tracker = await udp();
      await start({ announce: `${tracker.url}?passkey=abc` });
      expect((await tracker.connected()).bytes.length, 'bytes of a connect request').is(16);
    },
  }),
];
