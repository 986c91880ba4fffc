/** BEP 3, peer messages: what a downloader requests. */
import type { Case } from '../../case.ts';
import { bytesOf, sizeOfPiece } from '../../probe/wire/fixture.ts';
import { type Block, bitsOf, blockLength, ids } from '../../probe/wire/messages.ts';
import { keyOf, requestsAmong, sendBlock, upload } from '../../probe/wire/uploader.ts';
import { defineCase, told } from './define.ts';

const section = 'BEP 3, peer messages';
/** Two pieces of four blocks, the last block of which is an odd one. */
const odd = { pieces: 2, pieceLength: 4 * blockLength, missing: 5_001 };

export const requests: readonly Case[] = [
  defineCase({
    id: 'bep3.wire.request.length-16k',
    title: 'requests are for 16 KiB, but for the last of the torrent',
    section,
    killedBy: { 'asks-32k': 'non-strict' },
    async run({ torrent, leeching, expect }) {
      const client = await leeching(torrent(odd));
      const seen = upload(await client.dial(), client.fixture);
      await client.completes();
      const last = client.fixture.data.length % blockLength;
      for (const { length } of seen) expect(length, 'bytes requested').oneOf([blockLength, last]);
    },
  }),

  defineCase({
    id: 'bep3.wire.request.last-block',
    title: 'the last request is for what remains',
    section,
    killedBy: { 'overreads-end': 'fail' },
    async run({ torrent, leeching, expect }) {
      const client = await leeching(torrent(odd));
      const link = await client.dial();
      upload(link, client.fixture);
      const begin = 3 * blockLength;
      await link.until('the last request', () => requestsAmong(link.all).some(isLast));
      const last = requestsAmong(link.all).find(isLast)!;
      expect(last.length, 'bytes of the last request').is(sizeOfPiece(client.fixture, 1) - begin);
    },
  }),

  defineCase({
    id: 'bep3.wire.request.bounds',
    title: 'no request goes beyond the end of its piece',
    section,
    killedBy: { 'overreads-end': 'fail' },
    async run({ torrent, leeching, expect }) {
      const client = await leeching(torrent(odd));
      const link = await client.dial();
      const { fixture } = client;
      const seen = upload(link, fixture);
      const enough = () => new Set(seen.map(keyOf)).size >= 8;
      await link.until('requests for all eight blocks', () => enough() || seen.some(isBeyond));
      expect(seen.filter(isBeyond).map(keyOf), 'requests beyond an end').is([]);

      function isBeyond({ index, begin, length }: Block): boolean {
        return index >= fixture.pieceCount || begin + length > sizeOfPiece(fixture, index);
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.request.only-available',
    title: 'only pieces that a peer has are requested from it',
    section,
    killedBy: { 'asks-for-unavailable': 'fail' },
    async run({ leeching, quiet, expect }) {
      const client = await leeching();
      const link = await client.dial();
      const seen = upload(link, client.fixture, { pieces: [1, 6] });
      await link.until('two requests', () => seen.length >= 2);
      await quiet(
        () => [],
        () => client.answers(),
      );
      expect([...new Set(seen.map(({ index }) => index))].sort(), 'pieces requested').is([1, 6]);
    },
  }),

  defineCase({
    id: 'bep3.wire.request.pipelining',
    title: 'several requests are on their way at once',
    section: 'BEP 3, peer protocol',
    killedBy: { 'one-at-a-time': 'non-strict' },
    async run({ leeching, observe }) {
      const client = await leeching();
      const link = await client.dial();
      const seen = upload(link, client.fixture, { answer: () => undefined });
      await link.until('a second request before the first was answered', () => seen.length >= 2);
      observe('outstanding at least', seen.length);
    },
  }),

  defineCase({
    id: 'bep3.wire.request.duplicate-to-same-peer',
    title: 'a request that is not answered for five seconds is not repeated to the same peer',
    section,
    killedBy: { 'asks-again': 'non-strict' },
    async run({ torrent, leeching, elapse, expect }) {
      const client = await leeching(torrent({ pieces: 2 }));
      const link = await client.dial();
      const seen = upload(link, client.fixture, { answer: () => undefined });
      await link.next(ids.request);
      await elapse(5_000);
      await client.answers();
      const keys = seen.map(keyOf);
      expect(keys.length - new Set(keys).size, 'repeated requests').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.request.rerequest-after-choke',
    title: 'what was not answered before a choke is requested again after the unchoke',
    section,
    killedBy: { 'forgets-after-choke': 'fail' },
    async run({ torrent, leeching }) {
      const client = await leeching(torrent({ pieces: 2 }));
      const link = await client.dial();
      let choked = false;
      upload(link, client.fixture, { answer: (_block, honest) => (choked ? honest : undefined) });
      await link.next(ids.request);
      link.send(ids.choke);
      await client.answers();
      choked = true;
      link.send(ids.unchoke);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.wire.request.timeout-reassign',
    title: 'what one peer does not give is asked of another within two minutes',
    section,
    killedBy: { 'waits-for-slow-peers': 'non-strict' },
    async run({ torrent, leeching, elapse }) {
      const client = await leeching(torrent({ pieces: 2 }));
      const stalling = await client.dial();
      upload(stalling, client.fixture, { answer: () => undefined });
      await stalling.next(ids.request);
      upload(await client.dial(), client.fixture);
      await elapse(120_000);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.wire.piece.unrequested-after-choke-race',
    title: 'a block that crosses a choke is no offence',
    section,
    killedBy: { 'closes-on-unrequested': 'fail' },
    async run({ torrent, leeching, quiet, expect }) {
      const client = await leeching(torrent({ pieces: 2 }));
      const link = await client.dial();
      // Only one of the pieces: seeds are hung up on by seeds.
      let late = false;
      const answer = (_block: Block, honest: Uint8Array) => (late ? honest : undefined);
      const seen = upload(link, client.fixture, { pieces: [0], answer });
      await link.next(ids.request);
      link.send(ids.choke);
      await client.answers();
      const block = seen[0]!;
      sendBlock(link, block, bytesOf(client.fixture, block.index, block.begin, block.length));
      late = true;
      link.send(ids.unchoke);
      await quiet(
        () => [],
        () => client.answers(),
      );
      expect(link.isOpen, 'the connection is open').is(true);
    },
  }),

  defineCase({
    id: 'bep3.wire.cancel.no-cancel-outside',
    title: 'a download from one peer needs no cancels',
    section,
    killedBy: { 'cancel-storm': 'non-strict' },
    async run({ torrent, leeching, expect }) {
      const client = await leeching(torrent({ pieces: 64 }));
      const link = await client.dial();
      upload(link, client.fixture);
      await client.completes();
      expect(link.take(ids.cancel).length, 'cancels in 64 requests').atMost(6);
    },
  }),

  defineCase({
    id: 'bep3.wire.cancel.endgame',
    title: 'at the end a block is asked of a second peer, and who is slower is told to leave it',
    section,
    killedBy: { 'waits-for-slow-peers': 'fail' },
    async run({ torrent, leeching, elapse }) {
      const client = await leeching(torrent({ pieces: 1 }));
      const slow = await client.dial();
      upload(slow, client.fixture, { answer: () => undefined });
      await slow.next(ids.request);
      upload(await client.dial(), client.fixture);
      await elapse(120_000);
      await client.completes();
      await slow.settles(() => slow.heard.some(({ id }) => id === ids.cancel));
      if (slow.isOpen) await slow.next(ids.cancel);
    },
  }),

  defineCase({
    id: 'bep3.wire.transfer.reciprocal',
    title: 'a piece that is here is served while others are still missing',
    section: 'BEP 3, peer protocol',
    killedBy: { 'no-upload-while-leeching': 'fail' },
    async run({ leeching, expect }) {
      const client = await leeching();
      const giver = await client.dial();
      upload(giver, client.fixture, { pieces: [4] });
      const taker = await client.dial();
      taker.send(ids.bitfield, bitsOf([5], 8));
      await told(taker, 4);
      taker.send(ids.interested);
      await taker.next(ids.unchoke, undefined, client.within(45_000));
      taker.send(ids.request, 4, 0, blockLength);
      const { payload } = await taker.next(ids.piece);
      expect(payload.subarray(8), 'the block').is(bytesOf(client.fixture, 4, 0, blockLength));
    },
  }),
];

function isLast({ index, begin }: Block): boolean {
  return index === 1 && begin === 3 * blockLength;
}
