/** BEP 29: how much is sent, in which packets, and what they tell of time. */
import type { Case } from '../../case.ts';
import { nowMicroseconds, type Packet, types } from '../../probe/utp/packets.ts';
import { bytesOf } from '../../probe/wire/fixture.ts';
import { carriedBy, ids } from '../../probe/wire/messages.ts';
import { asking, blockAt, defineCase, greeted, piecesOn, requestOf } from './define.ts';

const format = 'BEP 29, header format';
/** Of an Ethernet, without the heads of IP and UDP. */
const mostLength = 1_472;
const smallWindow = 3_000;
const samples = 6;

export const sending: readonly Case[] = [
  defineCase({
    id: 'bep29.data.transfer-1mb-clean',
    title: 'a mebibyte comes over uTP as it is',
    section: 'BEP 29',
    budget: 'normal',
    killedBy: { 'skips-numbers': 'fail' },
    async run(tools) {
      const { client, link } = await asking(tools, { pieces: 64 });
      for (let each = 0; each < 64; each++) link.data(requestOf(blockAt(each)));
      await link.until('all blocks', () => piecesOn(link) >= 64, 30_000);
      for (const each of link.messages.filter(({ id }) => id === ids.piece)) {
        const { index, begin, length, data } = carriedBy(each);
        const isRight = Buffer.compare(data, bytesOf(client.fixture, index, begin, length)) === 0;
        tools.expect(isRight, `whether block ${index} is right`).is(true);
      }
    },
  }),

  defineCase({
    id: 'bep29.data.tiny-window',
    title: 'no more is under way than the window of the peer allows',
    section: 'BEP 29, overview',
    killedBy: { 'ignores-windows': 'fail' },
    async run(tools) {
      const { client, link } = await asking(tools);
      link.window = smallWindow;
      link.acknowledges = false;
      link.state();
      const before = link.all.length;
      for (let each = 0; each < 4; each++) link.data(requestOf(blockAt(each)));
      const sent = () => link.all.slice(before).filter(({ type }) => type === types.data);
      const underWayNow = () => {
        const lengths = new Map(sent().map(({ seq, payload }) => [seq, payload.length]));
        return [...lengths.values()].reduce((sum, each) => sum + each, 0);
      };
      await link.until('data', () => sent().length > 0, 10_000);
      await link.until('more than that', () => underWayNow() > smallWindow, 500).catch(() => {});
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
      const underWay = underWayNow();
      tools.expect(underWay, 'bytes under way').atMost(smallWindow);
    },
  }),

  defineCase({
    id: 'bep29.data.packet-size-range',
    title: 'no packet is longer than an Ethernet takes',
    section: 'BEP 29, packet sizes',
    killedBy: { 'large-packets': 'non-strict' },
    async run(tools) {
      const { link } = await asking(tools, { pieces: 16 });
      for (let each = 0; each < 16; each++) link.data(requestOf(blockAt(each)));
      await link.until('blocks', () => piecesOn(link) >= 16, 15_000);
      tools.expect(Math.max(...link.lengths), 'bytes of the longest packet').atMost(mostLength);
    },
  }),

  defineCase({
    id: 'bep29.timing.timestamp-present',
    title: 'packets tell when they were sent',
    section: format,
    killedBy: { 'no-timestamps': 'fail' },
    async run(tools) {
      const { link } = await greeted(tools);
      const different = new Set(link.all.map(({ timestamp }) => timestamp));
      tools.expect(different.size, 'different times').atLeast(2);
    },
  }),

  defineCase({
    id: 'bep29.timing.timestamp-diff-correct',
    title: 'the delay is the clock of the receiver less the time in the packet, in microseconds',
    section: format,
    killedBy: { milliseconds: 'fail' },
    async run(tools) {
      const { link } = await greeted(tools);
      const offset = 5_000_000;
      const least: number[] = [];
      let first: number | undefined;
      for (const skew of [0, offset]) {
        const delays: number[] = [];
        // The least of several, because this machine may be busy.
        for (let each = 0; each < samples; each++) {
          const { seq } = link;
          // A keep-alive, so that there is something to acknowledge.
          link.data(new Uint8Array(4), { timestamp: nowMicroseconds() + skew });
          const isAck = ({ ack }: Packet) => ack === seq;
          await link.until('an ack', () => link.all.some(isAck));
          const { difference } = link.all.find(isAck)!;
          first ??= difference;
          delays.push((difference - first) | 0);
        }
        least.push(Math.min(...delays));
      }
      const less = least[0]! - least[1]!;
      tools.expect(Math.abs(less - offset), 'microseconds that the two delays are off').atMost(100_000);
    },
  }),
];
