/** BEP 29, connection setup and header format: how a connection begins, and what is no beginning. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { DatagramLink } from '../../probe/datagrams.ts';
import { UtpLink } from '../../probe/utp/link.ts';
import { describePacket, type Packet, readPacket, types, writePacket } from '../../probe/utp/packets.ts';
import { punches, writePunch } from '../../probe/wire/holepunch.ts';
import { defineCase as define, type WireTools } from '../wire/define.ts';
import { extendedLink, needed } from '../wire/extended.ts';
import { callee, connected, defineCase, greeted, stillSpeaks } from './define.ts';

const section = 'BEP 29, connection setup';
const format = 'BEP 29, header format';
/** Some try TCP first, and uTP when that fails. */
const callMs = 15_000;
const starts = 5;

export const connecting: readonly Case[] = [
  define({
    id: 'bep29.connect.syn-answered',
    title: 'a SYN is answered with a packet of type state that acknowledges it, under the id of the SYN',
    section,
    killedBy: { 'no-utp': 'unimplemented', 'answers-with-next-id': 'fail' },
    async run(tools) {
      const client = await tools.seeding();
      const link = await UtpLink.open(tools, client.running.at, { seq: 77 });
      link.syn();
      const { bytes } = await link.datagrams
        .next('the answer to a SYN', ({ bytes: each }) => readPacket(each)?.type === types.state)
        .catch(() => tools.unsupported('it does not answer over uTP'));
      const { id, ack } = readPacket(bytes)!;
      tools.expect(id, 'the connection id').is(link.id);
      tools.expect(ack, 'the number that it acknowledges').is(77);
    },
  }),

  defineCase({
    id: 'bep29.connect.syn-format',
    title: 'who calls sends a SYN of version 1 and twenty bytes, with number 1',
    section: format,
    killedBy: { 'swapped-nibbles': 'fail' },
    async run(tools) {
      const { type, version, seq, payload } = await called(tools);
      tools.expect(type, 'the type').is(types.syn);
      tools.expect(version, 'the version').is(1);
      // The text begins with 1; many begin anywhere, so that nobody can guess the numbers.
      tools.strictly(seq, 'the number').is(1);
      tools.expect(payload.length, 'bytes behind the head').is(0);
    },
  }),

  defineCase({
    id: 'bep29.connect.syn-connection-ids',
    title: 'who called sends under the id after the one that it receives by',
    section,
    killedBy: { 'same-id-both-ways': 'fail' },
    async run(tools) {
      const datagrams = await callee(tools, ourAddress(231));
      await tools.leeching(undefined, { peers: () => [{ ip: ourAddress(231), port: datagrams.port }] });
      const first = await datagrams.next('a SYN', isFirst, callMs);
      const syn = readPacket(first.bytes)!;
      const state = { type: types.state, id: syn.id, seq: 500, ack: syn.seq, window: 100_000 };
      datagrams.send(writePacket(state), first.from);
      const later = await datagrams.next(
        'the packet after the SYN',
        ({ bytes }) => readPacket(bytes)?.type === types.data,
      );
      tools.expect(readPacket(later.bytes)?.id, 'the id of what it sends').is((syn.id + 1) & 0xffff);
    },
  }),

  defineCase({
    id: 'bep29.timing.timestamp-diff-initial-zero',
    title: 'the delay in a SYN is zero, because none was measured yet',
    section: format,
    killedBy: { 'garbage-first-difference': 'fail' },
    async run(tools) {
      tools.expect((await called(tools)).difference, 'the delay').is(0);
    },
  }),

  defineCase({
    id: 'bep55.target-dials-utp',
    title: 'who is told by a relay to connect calls by uTP',
    section: 'BEP 55, the holepunch extension',
    killedBy: { 'ignores-introductions': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const datagrams = await callee(tools, ourAddress(234));
      const relay = await extendedLink(client, { m: { ut_holepunch: 55 } });
      const id = needed(tools, relay, 'ut_holepunch');
      const at = { ip: ourAddress(234), port: datagrams.port };
      relay.link.sendRaw(writePunch(id, { type: punches.connect, at }), 'connect');
      await datagrams.next('a SYN', isFirst, callMs);
    },
  }),

  defineCase({
    id: 'bep29.connect.syn-random-seq',
    title: 'each connection begins with another number',
    section,
    killedBy: { 'constant-seq': 'fail' },
    async run(tools) {
      const client = await tools.seeding();
      const seqs = new Set<number>();
      for (let each = 0; each < starts; each++) {
        const link = await UtpLink.connect(tools, client.running.at);
        seqs.add(link.all[0]!.seq);
      }
      tools.expect(seqs.size, `different first numbers of ${starts} connections`).atLeast(2);
    },
  }),

  defineCase({
    id: 'bep29.connect.syn-duplicate',
    title: 'a SYN that comes twice opens one connection',
    section,
    killedBy: { 'resets-second-syn': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools);
      link.syn({ seq: 1 });
      await link.until('the second answer', () => link.all.length > 1);
      tools.expect(link.all.some(isReset), 'whether it resets').is(false);
      link.seq = 2;
      await link.greet(client.fixture.infoHash);
    },
  }),

  defineCase({
    id: 'bep29.connect.syn-id-collision',
    title: 'another SYN with the id of a connection changes nothing',
    section,
    killedBy: { 'resets-collisions': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools);
      link.syn({ seq: 9_999 });
      link.seq = 2;
      await stillSpeaks(tools, client);
      await link.greet(client.fixture.infoHash);
    },
  }),

  defineCase({
    id: 'bep29.connect.version-0',
    title: 'a SYN of version 0 is not answered',
    section: format,
    killedBy: { 'takes-version-0': 'non-strict' },
    async run(tools) {
      const client = await tools.seeding();
      const link = await UtpLink.open(tools, client.running.at);
      link.syn({ version: 0 });
      await stillSpeaks(tools, client);
      tools.expect(link.all.filter(({ type }) => type === types.state).length, 'answers').is(0);
    },
  }),

  defineCase({
    id: 'bep29.connect.version-2',
    title: 'a packet of version 2 does no harm',
    section: format,
    killedBy: { 'dies-of-version-2': 'crash' },
    run: (tools) => harmless(tools, (link) => link.syn({ version: 2 })),
  }),

  defineCase({
    id: 'bep29.connect.unknown-type',
    title: 'a packet of an unknown type does no harm',
    section: format,
    killedBy: { 'dies-of-unknown-types': 'crash' },
    run: (tools) => harmless(tools, (link) => link.syn({ type: 7 })),
  }),

  defineCase({
    id: 'bep29.connect.runt-packet',
    title: 'a packet of ten bytes does no harm',
    section: format,
    killedBy: { 'dies-of-runts': 'crash' },
    run: (tools) => harmless(tools, (link) => link.raw(Uint8Array.of(0x41, 0, 1, 2, 3, 4, 5, 6, 7, 8))),
  }),

  defineCase({
    id: 'bep29.connect.handshake-over-utp',
    title: 'the peer protocol is spoken over the connection',
    section,
    killedBy: { 'no-stream-over-utp': 'fail' },
    async run(tools) {
      const { client, link } = await greeted(tools);
      tools.expect(link.handshake?.infoHash, 'the info-hash').is(client.fixture.infoHash);
    },
  }),

  defineCase({
    id: 'bep29.connect.data-before-state',
    title: 'data that comes with the SYN does no harm, and counts when it comes again',
    section,
    killedBy: { 'resets-early-data': 'non-strict' },
    async run(tools) {
      const client = await tools.seeding();
      const link = await UtpLink.open(tools, client.running.at);
      const greeting = link.greeting(client.fixture.infoHash);
      link.syn();
      link.data(greeting);
      await link.next('the answer to a SYN', ({ type }) => type === types.state);
      link.data(greeting, { seq: 2 });
      await link.until('a handshake over uTP', () => link.handshake !== undefined);
    },
  }),

  defineCase({
    id: 'bep29.connect.multiplex',
    title: 'five connections from one address are told apart by their ids',
    section,
    killedBy: { 'mixes-connections': 'fail' },
    async run(tools) {
      const client = await tools.seeding();
      const datagrams = await DatagramLink.open(tools, client.running.at, describePacket, ourAddress(232));
      const links: UtpLink[] = [];
      for (let each = 0; each < 5; each++) {
        links.push(await UtpLink.connect(tools, client.running.at, { datagrams, id: 1_000 + 10 * each }));
      }
      // One peer of an address is enough for many programs; what is on the wire tells.
      for (const link of links) link.data(link.greeting(client.fixture.infoHash).subarray(0, 30));
      for (const link of links) {
        await link.until('an ack of each connection', () => link.all.some(({ ack }) => ack === 2));
      }
    },
  }),

  defineCase({
    id: 'bep29.reset.unknown-connection',
    title: 'data of a connection that there is not is answered with a reset',
    section: 'BEP 29, packet types',
    killedBy: { 'silent-for-unknown': 'non-strict' },
    async run(tools) {
      const client = await tools.seeding();
      const link = await UtpLink.open(tools, client.running.at);
      link.data(Uint8Array.of(1, 2, 3));
      const reset = await link.datagrams
        .next('a reset', ({ bytes }) => readPacket(bytes)?.type === types.reset, 1_000)
        .catch(() => undefined);
      await stillSpeaks(tools, client);
      tools.strictly(reset !== undefined, 'whether it resets').is(true);
    },
  }),

  defineCase({
    id: 'bep29.reset.reset-closes',
    title: 'a connection that was reset is over',
    section: 'BEP 29, packet types',
    killedBy: { 'ignores-resets': 'fail' },
    async run(tools) {
      const { client, link } = await greeted(tools);
      link.reset();
      await stillSpeaks(tools, client);
      const before = link.all.length;
      link.data(Uint8Array.of(0, 0, 0, 0));
      await stillSpeaks(tools, client);
      const alive = link.all.slice(before).filter(({ type }) => type !== types.reset);
      tools.expect(alive.length, 'packets of the connection afterwards').is(0);
    },
  }),

  defineCase({
    id: 'bep29.reset.reset-forged-id',
    title: 'a reset with another id closes nothing',
    section: 'BEP 29, packet types',
    killedBy: { 'believes-any-reset': 'non-strict' },
    async run(tools) {
      const { client, link } = await connected(tools);
      link.reset({ id: (link.id + 500) & 0xffff });
      await stillSpeaks(tools, client);
      await link.greet(client.fixture.infoHash);
    },
  }),

  defineCase({
    id: 'bep29.reset.reset-never-for-reset',
    title: 'a reset is not answered with a reset',
    section: 'BEP 29, packet types',
    killedBy: { 'resets-for-resets': 'non-strict' },
    async run(tools) {
      const client = await tools.seeding();
      const link = await UtpLink.open(tools, client.running.at);
      link.reset();
      await stillSpeaks(tools, client);
      tools.expect(link.datagrams.heard.length, 'answers').is(0);
    },
  }),
];

/** The first packet of a client that is led to us. */
async function called(tools: Context & WireTools): Promise<Packet> {
  const datagrams = await callee(tools, ourAddress(233));
  await tools.leeching(undefined, { peers: () => [{ ip: ourAddress(233), port: datagrams.port }] });
  return readPacket((await datagrams.next('a packet of who calls', undefined, callMs)).bytes)!;
}

async function harmless(tools: Context & WireTools, send: (link: UtpLink) => void): Promise<void> {
  const client = await tools.seeding();
  send(await UtpLink.open(tools, client.running.at));
  await stillSpeaks(tools, client);
}

function isFirst({ bytes }: { readonly bytes: Uint8Array }): boolean {
  return readPacket(bytes)?.type === types.syn;
}

function isReset({ type }: Packet): boolean {
  return type === types.reset;
}
