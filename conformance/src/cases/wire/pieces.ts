/** BEP 3, peer messages: blocks that are wrong, and whole downloads. */
import type { Case } from '../../case.ts';
import { allPieces, bytesOf } from '../../probe/wire/fixture.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { blockLength, ids } from '../../probe/wire/messages.ts';
import { sendBlock, upload } from '../../probe/wire/uploader.ts';
import { defineCase, firstBlock, type WireTools } from './define.ts';

const section = 'BEP 3, peer messages';
const flip = (byte: number) => byte ^ 0x55;

export const pieces: readonly Case[] = [
  defineCase({
    id: 'bep3.wire.piece.hash-failure-discard',
    title: 'a piece whose hash is wrong is fetched again',
    section: 'BEP 3, metainfo files',
    killedBy: { 'keeps-bad-data': 'fail' },
    async run({ leeching }) {
      const client = await leeching();
      let lies = 1;
      const answer = (_block: unknown, honest: Uint8Array) => (lies-- > 0 ? honest.map(flip) : honest);
      const liar = await client.dial();
      upload(liar, client.fixture, { answer });
      await liar.next(ids.request);
      // Who sent it may be avoided from now on.
      upload(await client.dial(), client.fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.wire.piece.hash-failure-ban',
    title: 'a peer that only lies does not keep a download from an honest one',
    section: 'BEP 3, metainfo files',
    killedBy: { 'trusts-first-peer': 'non-strict' },
    async run({ leeching, observe }) {
      const client = await leeching();
      const liar = await client.dial();
      const lies = upload(liar, client.fixture, { answer: (_block, honest) => honest.map(flip) });
      await liar.next(ids.request);
      upload(await client.dial(), client.fixture);
      await client.completes(20_000);
      observe('the liar', `${liar.isOpen ? 'kept' : 'hung up on'} after ${lies.length} requests`);
    },
  }),

  defineCase({
    id: 'bep3.wire.piece.unrequested',
    title: 'what was not requested is not believed',
    section,
    killedBy: { 'stores-unrequested': 'non-strict' },
    run: (tools) => completesDespite(tools, (link) => sendBlock(link, firstBlock, new Uint8Array(blockLength).fill(7))),
  }),

  defineCase({
    id: 'bep3.wire.piece.wrong-length',
    title: 'a block that is shorter than requested is not a whole one',
    section,
    killedBy: { 'believes-short-blocks': 'non-strict' },
    async run({ leeching }) {
      const client = await leeching();
      const link = await client.dial();
      upload(link, client.fixture, { answer: (_block, honest) => honest.subarray(0, 1_000) });
      await link.next(ids.request);
      await client.answers();
      link.close();
      upload(await client.dial(), client.fixture);
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep3.wire.piece.oversize-block',
    title: 'a block of 32 KiB does no harm',
    section,
    killedBy: { 'dies-of-oversize': 'crash' },
    run: (tools) => completesDespite(tools, (link) => sendBlock(link, firstBlock, new Uint8Array(2 * blockLength))),
  }),

  defineCase({
    id: 'bep3.wire.piece.bad-index-begin',
    title: 'a block of a piece that there is not, or beyond its end, does no harm',
    section,
    killedBy: { 'dies-of-bad-piece': 'crash' },
    run: (tools) =>
      completesDespite(tools, (link) => {
        sendBlock(link, { ...firstBlock, begin: 0x7fff_0000 }, new Uint8Array(blockLength));
        sendBlock(link, { ...firstBlock, index: 8 }, new Uint8Array(blockLength));
        sendBlock(link, { ...firstBlock, index: 0xffff_ffff }, new Uint8Array(blockLength));
      }),
  }),

  defineCase({
    id: 'bep3.wire.piece.empty-block',
    title: 'a block without data is no progress',
    section,
    killedBy: { 'believes-short-blocks': 'non-strict' },
    async run({ leeching }) {
      const client = await leeching();
      const link = await client.dial();
      upload(link, client.fixture, { answer: () => new Uint8Array() });
      await link.next(ids.request);
      await client.answers();
      link.close();
      upload(await client.dial(), client.fixture);
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep3.wire.piece.out-of-order',
    title: 'blocks may come in another order than requested',
    section,
    killedBy: { 'assumes-order': 'non-strict' },
    async run({ torrent, leeching }) {
      const client = await leeching(torrent({ pieces: 2, pieceLength: 2 * blockLength }));
      const { fixture } = client;
      const link = await client.dial();
      let answered = 0;
      const seen = upload(link, fixture, { answer: () => undefined });
      while (answered < 4) {
        await link.until('requests', () => seen.length > answered);
        const batch = seen.slice(answered).reverse();
        answered = seen.length;
        for (const block of batch) {
          sendBlock(link, block, bytesOf(fixture, block.index, block.begin, block.length));
        }
      }
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.wire.transfer.complete-from-one',
    title: 'a torrent is downloaded from one seed, and then served',
    section: 'BEP 3, peer protocol',
    killedBy: { 'stops-before-the-last': 'fail' },
    async run({ torrent, leeching }) {
      const client = await leeching(torrent({ pieces: 20, pieceLength: 65_536, missing: 77 }));
      upload(await client.dial(), client.fixture);
      await client.completes(20_000);
      await client.answers();
    },
  }),

  defineCase({
    id: 'bep3.wire.transfer.complete-from-many',
    title: 'a torrent is put together from three peers that have different parts',
    section: 'BEP 3, peer protocol',
    killedBy: { 'trusts-first-peer': 'fail' },
    async run({ torrent, leeching }) {
      const client = await leeching(torrent({ pieces: 30 }));
      for (const part of [0, 1, 2]) {
        const own = allPieces(client.fixture).filter((piece) => piece % 3 === part);
        upload(await client.dial(), client.fixture, { pieces: own });
      }
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep3.wire.transfer.piece-order-varied',
    title: 'pieces are not fetched from first to last',
    section: 'BEP 3, peer protocol',
    killedBy: { sequential: 'non-strict' },
    async run({ torrent, leeching, expect }) {
      const client = await leeching(torrent({ pieces: 40 }));
      const seen = upload(await client.dial(), client.fixture);
      await client.completes();
      const order = [...new Set(seen.map(({ index }) => index))];
      expect(order.join(' '), 'the order of pieces').isNot(allPieces(client.fixture).join(' '));
    },
  }),
];

/** A link does something odd while a download is on, and the file is right in the end. */
async function completesDespite({ leeching }: WireTools, odd: (link: PeerLink) => void): Promise<void> {
  const client = await leeching();
  const link = await client.dial();
  upload(link, client.fixture, { pieces: [] });
  odd(link);
  await client.answers();
  upload(await client.dial(), client.fixture);
  await client.completes();
}
