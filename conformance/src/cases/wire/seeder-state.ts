/** BEP 3, peer protocol: choking and the bitfield of somebody who has something. */
import type { Case } from '../../case.ts';
import { dataWith } from '../../probe/wire/fixture.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { bitsOf, ids, indexOf, piecesIn } from '../../probe/wire/messages.ts';
import { requestBlock } from '../../probe/wire/uploader.ts';
import { defineCase, firstBlock, unchoked } from './define.ts';

const section = 'BEP 3, peer protocol';
const messages = 'BEP 3, peer messages';
const held = [0, 8, 10];

export const seederState: readonly Case[] = [
  defineCase({
    id: 'bep3.wire.state.no-data-while-choking',
    title: 'a request before the unchoke is not served',
    section,
    killedBy: { 'uploads-to-choked': 'fail' },
    async run({ seeding, quiet, expect }) {
      const client = await seeding();
      const link = await client.dial();
      requestBlock(link, firstBlock);
      const heard = await quiet(
        () => link.all,
        () => client.answers(),
      );
      // Some unchoke everybody at once, and may serve from then on.
      const unchoke = heard.findIndex(({ id }) => id === ids.unchoke);
      const before = unchoke < 0 ? heard : heard.slice(0, unchoke);
      expect(before.filter(({ id }) => id === ids.piece).length, 'blocks for a choked peer').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.state.unchoke-interested-seed',
    title: 'a seed with nobody else to serve unchokes a peer that is interested, within half a minute',
    section,
    killedBy: { 'never-unchokes': 'fail' },
    async run({ seeding }) {
      const client = await seeding();
      await unchoked(client, await client.dial());
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.length-and-order',
    title: 'the highest bit of the first byte of a bitfield is piece 0, and there is one bit a piece',
    section: messages,
    killedBy: { 'bitfield-lsb-first': 'fail' },
    async run({ torrent, seeding, quiet, expect }) {
      const fixture = torrent({ pieces: 11 });
      const client = await seeding(fixture, { data: dataWith(fixture, held) });
      const link = await client.dial();
      const bitfield = await link.next(ids.bitfield);
      expect(bitfield.payload.length, 'bytes of the bitfield').is(2);
      // Some tell of a part of what they have by haves.
      const haves = await quiet(
        () => link.take(ids.have),
        () => client.answers(),
      );
      const told = new Set([...piecesIn(bitfield.payload), ...haves.map(indexOf)]);
      expect(
        [...told].sort((a, b) => a - b),
        'the pieces that it has',
      ).is(held);
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.spare-bits-zero',
    title: 'the bits of a bitfield behind the last piece are zero',
    section: messages,
    killedBy: { 'spare-bits-ones': 'fail' },
    async run({ torrent, seeding, expect }) {
      const client = await seeding(torrent({ pieces: 11 }));
      const { payload } = await (await client.dial()).next(ids.bitfield);
      expect((payload.at(-1) ?? 0) & 0x1f, 'the five spare bits').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.first-message',
    title: 'nothing but extended messages comes before the bitfield',
    section: messages,
    killedBy: { 'have-before-bitfield': 'fail' },
    async run({ seeding, expect }) {
      const link = await (await seeding()).dial();
      await link.settles(() => link.heard.some(({ id }) => id === ids.bitfield));
      expect(firstOf(link), 'the id of the first message').is(ids.bitfield);
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.omitted-when-empty',
    title: 'who has nothing sends no bitfield, or one of zeros',
    section: messages,
    killedBy: { 'bitfield-all-ones': 'fail' },
    async run({ leeching, quiet, expect }) {
      const client = await leeching();
      const link = await client.dial();
      const bitfields = await quiet(
        () => link.take(ids.bitfield),
        () => client.answers(),
      );
      const claimed = bitfields.flatMap(({ payload }) => piecesIn(payload));
      expect(claimed, 'pieces of somebody who has none').is([]);
    },
  }),

  defineCase({
    id: 'bep3.wire.request.piece-not-held',
    title: 'a piece that was not advertised is not served',
    section: messages,
    killedBy: { 'serves-zeros': 'non-strict' },
    async run({ torrent, seeding, quiet, expect }) {
      const fixture = torrent({ pieces: 11 });
      const client = await seeding(fixture, { data: dataWith(fixture, held) });
      const link = await client.dial();
      await unchoked(client, link);
      requestBlock(link, { ...firstBlock, index: 5 });
      const heard = await quiet(
        () => link.take(ids.piece),
        () => client.answers(),
      );
      expect(heard.length, 'blocks of a piece that it does not have').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.too-long',
    title: 'a bitfield that is a byte too long ends the connection',
    section: messages,
    killedBy: { 'any-bitfield-length': 'non-strict' },
    async run({ leeching }) {
      const client = await leeching();
      const link = await client.dial();
      link.send(ids.bitfield, bitsOf([], 16));
      await link.closed('the answer to a bitfield that is too long');
    },
  }),

  defineCase({
    id: 'bep3.wire.bitfield.too-short',
    title: 'a bitfield that is a byte too short ends the connection',
    section: messages,
    killedBy: { 'any-bitfield-length': 'non-strict' },
    async run({ torrent, leeching }) {
      const client = await leeching(torrent({ pieces: 11 }));
      const link = await client.dial();
      link.send(ids.bitfield, bitsOf([0], 8));
      await link.closed('the answer to a bitfield that is too short');
    },
  }),
];

function firstOf(link: PeerLink): number | undefined {
  return link.all.find(({ id }) => id !== undefined && id !== ids.extended)?.id;
}
