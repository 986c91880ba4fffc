/** BEP 29, selective ACK and extensions. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { UtpLink } from '../../probe/utp/link.ts';
import {
  type Extension,
  type Packet,
  selected,
  selectiveAck,
  selectiveAckOf,
  types,
  writePacket,
} from '../../probe/utp/packets.ts';
import type { WireTools } from '../wire/define.ts';
import { asking, blockAt, connected, defineCase, piecesOn, requestOf, stillSpeaks } from './define.ts';

const section = 'BEP 29, selective ACK';
const format = 'BEP 29, header format';
const unknown: Extension = { type: 9, bytes: Uint8Array.of(1, 2, 3, 4) };

export const selecting: readonly Case[] = [
  defineCase({
    id: 'bep29.sack.sent-on-gap',
    title: 'where a packet is missing, those behind it are acknowledged selectively',
    section,
    killedBy: { 'no-sack': 'non-strict' },
    async run(tools) {
      tools.strictly(ackOf(await gap(tools)) !== undefined, 'whether there is a selective ack').is(true);
    },
  }),

  defineCase({
    id: 'bep29.sack.bit-order',
    title: 'the lowest bit of the first byte is the second packet behind the ack',
    section,
    killedBy: { 'sack-turned': 'fail' },
    async run(tools) {
      const packet = await needed(tools);
      tools
        .expect(
          selected(packet).map((seq) => (seq - packet.ack) & 0xffff),
          'packets behind the ack',
        )
        .is([2, 4]);
    },
  }),

  defineCase({
    id: 'bep29.sack.first-bit-excludes-ack1',
    title: 'the packet that is missing has no bit',
    section,
    killedBy: { 'sack-from-next': 'fail' },
    async run(tools) {
      const packet = await needed(tools);
      tools.expect(ackOf(packet)![0]! & 1, 'the lowest bit, which is the second packet behind the ack').is(1);
    },
  }),

  defineCase({
    id: 'bep29.sack.length-multiple-4',
    title: 'a selective ack has four bytes, or a multiple of that',
    section,
    killedBy: { 'sack-of-a-byte': 'non-strict' },
    async run(tools) {
      tools.expect(ackOf(await needed(tools))!.length % 4, 'bytes beyond a multiple of four').is(0);
    },
  }),

  defineCase({
    id: 'bep29.sack.not-sent-without-gap',
    title: 'where nothing is missing there is no selective ack',
    section,
    killedBy: { 'always-sack': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools);
      await link.greet(client.fixture.infoHash);
      await stillSpeaks(tools, client);
      tools.expect(link.all.filter((each) => ackOf(each) !== undefined).length, 'selective acks').is(0);
    },
  }),

  defineCase({
    id: 'bep29.sack.received-fast-retransmit',
    title: 'a packet behind which three were acknowledged selectively comes again at once',
    section: 'BEP 29, packet loss',
    killedBy: { 'ignores-sack': 'fail' },
    async run(tools) {
      const { link, missing, held } = await flight(tools);
      link.state({ ack: missing - 1, extensions: [selectiveAckOf(missing - 1, held)] });
      await again(tools, link, missing);
    },
  }),

  defineCase({
    id: 'bep29.sack.triple-dup-ack',
    title: 'a packet behind which the same ack came three times comes again at once',
    section: 'BEP 29, packet loss',
    killedBy: { 'ignores-same-acks': 'fail' },
    async run(tools) {
      const { link, missing } = await flight(tools);
      for (let each = 0; each < 5; each++) link.state({ ack: missing - 1 });
      await again(tools, link, missing);
    },
  }),

  defineCase({
    id: 'bep29.sack.sack-outside-window',
    title: 'selective acks of what was not sent change nothing',
    section,
    killedBy: { 'dies-of-sack-beyond': 'crash' },
    async run(tools) {
      const { link } = await asking(tools);
      link.state({ extensions: [{ type: selectiveAck, bytes: new Uint8Array(32).fill(0xff) }] });
      link.data(requestOf(blockAt(0)));
      await link.until('the block', () => piecesOn(link) >= 1, 10_000);
    },
  }),

  defineCase({
    id: 'bep29.sack.unknown-extension',
    title: 'an unknown extension is skipped',
    section: format,
    killedBy: { 'drops-unknown-extensions': 'fail' },
    run: (tools) => read(tools, [unknown]),
  }),

  defineCase({
    id: 'bep29.sack.extension-chain',
    title: 'an extension may follow another one',
    section: format,
    killedBy: { 'dies-of-chains': 'crash' },
    run: (tools) => read(tools, [unknown, { type: selectiveAck, bytes: new Uint8Array(4) }]),
  }),

  defineCase({
    id: 'bep29.sack.extension-truncated',
    title: 'an extension that is longer than its packet does no harm',
    section: format,
    killedBy: { 'dies-of-truncated': 'crash' },
    async run(tools) {
      const { client, link } = await connected(tools);
      const packet = writePacket({
        type: types.state,
        id: link.id + 1,
        extensions: [{ type: 1, bytes: new Uint8Array(4) }],
      });
      packet[21] = 200;
      link.raw(packet);
      await stillSpeaks(tools, client);
      await link.greet(client.fixture.infoHash);
    },
  }),
];

function ackOf({ extensions }: Packet): Uint8Array | undefined {
  return extensions.find(({ type }) => type === selectiveAck)?.bytes;
}

/** The last packet after the second and the fourth of four came, and no others. */
async function gap(tools: Context & WireTools): Promise<Packet> {
  const { client, link } = await connected(tools);
  const greeting = link.greeting(client.fixture.infoHash);
  const { seq } = link;
  link.data(greeting.subarray(10, 20), { seq: seq + 1 });
  link.data(greeting.subarray(30, 40), { seq: seq + 3 });
  const isLast = (each: Packet) => selected(each).length >= 2;
  await link.until('acks', () => link.all.some(isLast), 2_000).catch(() => {});
  return link.all.findLast((each) => ackOf(each) !== undefined) ?? link.all.at(-1)!;
}

async function needed(tools: Context & WireTools): Promise<Packet> {
  const packet = await gap(tools);
  return ackOf(packet) === undefined ? tools.unsupported('it sends no selective acks') : packet;
}

interface Flight {
  readonly link: UtpLink;
  /** The number of the first packet that we do not acknowledge. */
  readonly missing: number;
  /** Those behind it. */
  readonly held: readonly number[];
}

/** At least five packets are under way, the first of which we pretend not to have got. */
async function flight(tools: Context & WireTools): Promise<Flight> {
  const { link } = await asking(tools, { pieces: 40 });
  // A few blocks first, so that more than one packet is sent at once.
  for (let each = 0; each < 12; each++) link.data(requestOf(blockAt(each)));
  await link.until('blocks', () => piecesOn(link) >= 12, 15_000);
  link.acknowledges = false;
  const missing = (link.ack + 1) & 0xffff;
  for (let each = 12; each < 30; each++) link.data(requestOf(blockAt(each)));
  const under = () => link.all.filter(({ type, seq }) => type === types.data && ((seq - missing) & 0xffff) < 1_000);
  await link.until('five packets at once', () => new Set(under().map(({ seq }) => seq)).size >= 5, 5_000);
  return {
    link,
    missing,
    held: under()
      .map(({ seq }) => seq)
      .filter((seq) => seq !== missing),
  };
}

/** Before the time is out after which it would come again anyhow: half a second at least, and four of them for our reference. */
async function again({ target }: Context, link: UtpLink, seq: number): Promise<void> {
  const before = link.all.length;
  const isIt = (each: Packet) => each.seq === seq && each.type === types.data;
  const ms = target.advance === undefined ? 400 : 3_000;
  await link.until('the missing packet, again', () => link.all.slice(before).some(isIt), ms);
}

async function read(tools: Context & WireTools, extensions: readonly Extension[]): Promise<void> {
  const { client, link } = await connected(tools);
  link.data(link.greeting(client.fixture.infoHash), { extensions });
  await link.until('a handshake over uTP', () => link.handshake !== undefined);
}
