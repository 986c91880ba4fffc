/** BEP 29, sequence numbers and acks: of packets, not of bytes. */
import type { Case } from '../../case.ts';
import type { UtpLink } from '../../probe/utp/link.ts';
import { isBefore, types } from '../../probe/utp/packets.ts';
import { ids, message } from '../../probe/wire/messages.ts';
import { asking, blockAt, connected, defineCase, greeted, piecesOn, requestOf, stillSpeaks } from './define.ts';

const section = 'BEP 29, overview and header format';

export const numbering: readonly Case[] = [
  defineCase({
    id: 'bep29.data.ack-nr',
    title: 'packets are acknowledged by the number of the last one',
    section,
    killedBy: { 'acks-bytes': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools);
      const greeting = link.greeting(client.fixture.infoHash);
      for (const part of [greeting.subarray(0, 10), greeting.subarray(10, 30), greeting.subarray(30)]) link.data(part);
      await link.until('an ack of the third packet', () => link.all.at(-1)?.ack === 4);
    },
  }),

  defineCase({
    id: 'bep29.data.state-no-seq-increment',
    title: 'packets without data have no number of their own',
    section,
    killedBy: { 'states-are-numbered': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools);
      const greeting = link.greeting(client.fixture.infoHash);
      for (let at = 0; at < 40; at += 10) {
        link.data(greeting.subarray(at, at + 10));
        await link.until('an ack', () => link.all.at(-1)?.ack === 2 + at / 10);
      }
      const seqs = link.all.slice(1).map(({ seq }) => seq);
      tools.expect(new Set(seqs).size, 'different numbers of its acks').is(1);
    },
  }),

  defineCase({
    id: 'bep29.data.data-increments',
    title: 'the number of each packet with data is one more than that of the last',
    section,
    killedBy: { 'skips-numbers': 'fail' },
    async run(tools) {
      const seqs = await numbersOfBlock(await asking(tools));
      for (const [at, seq] of seqs.entries()) {
        if (at > 0) tools.expect((seq - seqs[at - 1]!) & 0xffff, 'from one number to the next').is(1);
      }
    },
  }),

  defineCase({
    id: 'bep29.data.data-has-payload',
    title: 'packets of type data have data',
    section: 'BEP 29, packet types',
    killedBy: { 'empty-data': 'fail' },
    async run(tools) {
      const { link } = await asking(tools);
      const empty = link.all.filter(({ type, payload }) => type === types.data && payload.length === 0);
      tools.expect(empty.length, 'packets of type data without data').is(0);
    },
  }),

  defineCase({
    id: 'bep29.data.in-order-delivery',
    title: 'what comes in another order is put in order',
    section,
    killedBy: { 'delivers-at-once': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools);
      const greeting = link.greeting(client.fixture.infoHash);
      const first = link.seq;
      link.data(greeting.subarray(0, 20));
      link.data(greeting.subarray(40), { seq: first + 2 });
      link.data(greeting.subarray(20, 40), { seq: first + 1 });
      await link.until('a handshake over uTP', () => link.handshake !== undefined);
      tools.expect(link.handshake?.infoHash, 'the info-hash').is(client.fixture.infoHash);
    },
  }),

  defineCase({
    id: 'bep29.data.duplicate-data',
    title: 'what comes twice counts once, and is acknowledged again',
    section,
    killedBy: { 'delivers-twice': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools);
      const greeting = link.greeting(client.fixture.infoHash);
      link.data(greeting.subarray(0, 48), { seq: 2 });
      await link.until('an ack', () => link.all.some(({ ack }) => ack === 2));
      const before = link.all.length;
      link.data(greeting.subarray(0, 48), { seq: 2 });
      await link.until('a second ack', () => link.all.length > before);
      link.data(greeting.subarray(48), { seq: 3 });
      link.seq = 4;
      link.data(message(ids.interested));
      await link.until('an ack of the last packet', () => link.all.at(-1)?.ack === 4);
      await stillSpeaks(tools, client);
      tools
        .expect(
          link.all.some(({ type }) => type === types.reset || type === types.fin),
          'whether it ends',
        )
        .is(false);
    },
  }),

  defineCase({
    id: 'bep29.timing.duplicate-20pct',
    title: 'every fifth packet may come twice',
    section,
    killedBy: { 'delivers-twice': 'non-strict' },
    async run(tools) {
      const { client, link } = await asking(tools, { pieces: 40 });
      for (let each = 0; each < 40; each++) {
        const [seq, payload] = [link.seq, requestOf(blockAt(each))];
        link.data(payload);
        if (each % 5 === 0) link.data(payload, { seq });
      }
      const last = (link.seq - 1) & 0xffff;
      await link.until('an ack of the last packet', () => link.all.at(-1)?.ack === last);
      await link.until('a block for each request', () => piecesOn(link) >= 40, 20_000);
      await stillSpeaks(tools, client);
      tools
        .expect(
          link.all.some(({ type }) => type === types.reset || type === types.fin),
          'whether it ends',
        )
        .is(false);
      tools.expect(piecesOn(link), 'blocks of forty requests').atMost(40);
    },
  }),

  defineCase({
    id: 'bep29.data.future-data-window',
    title: 'a packet that is far ahead does no harm',
    section,
    killedBy: { 'dies-of-far-packets': 'crash' },
    async run(tools) {
      const { client, link } = await connected(tools);
      for (const ahead of [5_000, 20_000, 32_000]) link.data(Uint8Array.of(1), { seq: link.seq + ahead });
      await stillSpeaks(tools, client);
      await link.greet(client.fixture.infoHash);
    },
  }),

  defineCase({
    id: 'bep29.data.ack-wrap',
    title: 'the number after 65535 is 0',
    section,
    killedBy: { 'stops-at-wrap': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools, { seq: 65_530 });
      const greeting = link.greeting(client.fixture.infoHash);
      for (let at = 0; at < 68; at += 7) link.data(greeting.subarray(at, at + 7));
      await link.until('a handshake over uTP', () => link.handshake !== undefined);
      await link.until('an ack round the corner', () => link.all.at(-1)?.ack === ((link.seq - 1) & 0xffff));
    },
  }),

  defineCase({
    id: 'bep29.data.old-ack-ignored',
    title: 'an ack of what was acknowledged long ago changes nothing',
    section,
    killedBy: { 'old-acks-break': 'fail' },
    async run(tools) {
      const { link } = await asking(tools);
      link.acknowledges = false;
      link.data(requestOf(blockAt(0)));
      await link.until('data', () =>
        link.all.some(({ type, seq }) => type === types.data && isBefore(link.ack - 8, seq)),
      );
      const { ack } = link;
      link.state({ ack: (ack - 40) & 0xffff });
      link.acknowledges = true;
      link.state();
      link.data(requestOf(blockAt(1)));
      await link.until('both blocks', () => piecesOn(link) >= 2, 10_000);
    },
  }),

  defineCase({
    id: 'bep29.data.bogus-ack',
    title: 'an ack of what was never sent changes nothing',
    section,
    killedBy: { 'believes-any-ack': 'non-strict' },
    async run(tools) {
      const { link } = await asking(tools);
      link.state({ ack: (link.ack + 1_000) & 0xffff });
      link.data(requestOf(blockAt(0)));
      await link.until('the block', () => piecesOn(link) >= 1, 10_000);
    },
  }),

  defineCase({
    id: 'bep29.close.fin-acked',
    title: 'a FIN is acknowledged like data',
    section: 'BEP 29, packet types',
    killedBy: { 'fin-resets': 'fail' },
    async run(tools) {
      const { link } = await greeted(tools);
      const { seq } = link;
      link.fin();
      await link.until('an ack of the FIN', () =>
        link.all.some(({ type, ack }) => type !== types.reset && ack === seq),
      );
    },
  }),

  defineCase({
    id: 'bep29.close.fin-out-of-order',
    title: 'a FIN that comes before data waits for it',
    section: 'BEP 29, packet types',
    killedBy: { 'fin-overtakes': 'fail' },
    async run(tools) {
      const { client, link } = await connected(tools);
      const greeting = link.greeting(client.fixture.infoHash);
      const { seq } = link;
      link.fin({ seq: seq + 1 });
      await stillSpeaks(tools, client);
      const early = link.all.some(({ ack }) => ack === seq + 1);
      tools.expect(early, 'whether it acknowledges the FIN before the data').is(false);
      link.data(greeting, { seq });
      await link.until('an ack of both', () => link.all.some(({ ack }) => ack === seq + 1));
    },
  }),
];

/** The numbers of the packets that bring one block. */
async function numbersOfBlock({ link }: { readonly link: UtpLink }): Promise<readonly number[]> {
  link.data(requestOf(blockAt(0)));
  await link.until('the block', () => piecesOn(link) >= 1, 10_000);
  const seqs = link.all.filter(({ type }) => type === types.data).map(({ seq }) => seq);
  return [...new Set(seqs)];
}
