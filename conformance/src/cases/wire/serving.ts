/** BEP 3, peer messages: what a request gets, right ones and wrong ones. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { bytesOf } from '../../probe/wire/fixture.ts';
import { type Block, blockLength, carriedBy, ids, type Message } from '../../probe/wire/messages.ts';
import { requestBlock } from '../../probe/wire/uploader.ts';
import { asking, defineCase, firstBlock, type WireTools } from './define.ts';

const section = 'BEP 3, peer messages';
const large = { pieces: 2, pieceLength: 2_097_152 };

export const serving: readonly Case[] = [
  defineCase({
    id: 'bep3.wire.request.served-exactly',
    title: 'a request gets the bytes that it names, with its index and begin',
    section,
    killedBy: { 'wrong-offset': 'fail' },
    run: (tools) => served(tools, { index: 1, begin: blockLength, length: blockLength }),
  }),

  defineCase({
    id: 'bep3.wire.request.served-any-alignment',
    title: 'a request may begin anywhere',
    section,
    killedBy: { 'aligned-only': 'non-strict' },
    run: (tools) => served(tools, { index: 1, begin: 1, length: 1_000 }),
  }),

  defineCase({
    id: 'bep3.wire.request.served-small',
    title: 'a request may be for one byte',
    section,
    killedBy: { 'whole-blocks-only': 'non-strict' },
    run: (tools) => served(tools, { index: 0, begin: 0, length: 1 }),
  }),

  defineCase({
    id: 'bep3.wire.request.length-zero',
    title: 'a request for no bytes does not bring a storm of blocks',
    section,
    killedBy: { 'empty-piece-storm': 'non-strict' },
    async run(tools) {
      const blocks = await blocksFor(tools, [{ index: 0, begin: 0, length: 0 }]);
      tools.expect(blocks.length, 'blocks').atMost(1);
    },
  }),

  defineCase({
    id: 'bep3.wire.request.over-16k',
    title: 'what requests of 32, 64 and 128 KiB get',
    section,
    killedBy: { 'dies-of-32k': 'crash' },
    async run(tools) {
      const client = await tools.seeding(tools.torrent(large));
      for (const length of [32_768, 65_536, 131_072]) {
        const link = await asking(client);
        requestBlock(link, { index: 0, begin: 0, length });
        await link.settles(() => link.heard.some(({ id }) => id === ids.piece), 1_000);
        const block = link.take(ids.piece)[0];
        const what = block === undefined ? (link.isOpen ? 'ignored' : 'hung up on') : 'served';
        tools.observe(`${length / 1_024} KiB`, what);
        if (block !== undefined) tools.expect(carriedBy(block).length, 'bytes of the block').is(length);
      }
      await client.answers();
    },
  }),

  defineCase({
    id: 'bep3.wire.request.over-128k',
    title: 'requests of more than 128 KiB are not served',
    section,
    killedBy: { 'serves-anything': 'non-strict' },
    async run(tools) {
      const client = await tools.seeding(tools.torrent(large));
      for (const length of [131_073, 1_048_576]) {
        const link = await asking(client);
        requestBlock(link, { index: 0, begin: 0, length });
        const heard = await tools.quiet(
          () => link.take(ids.piece),
          () => client.answers(),
        );
        tools.expect(heard.length, `blocks for a request of ${length} bytes`).is(0);
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.request.past-piece-end',
    title: 'a request beyond the end of a piece is not served',
    section,
    killedBy: { 'reads-on': 'non-strict' },
    async run(tools) {
      const blocks = await blocksFor(tools, [{ index: 0, begin: blockLength + 1, length: blockLength }]);
      tools.expect(blocks.length, 'blocks').is(0);
    },
  }),

  defineCase({
    id: 'bep3.wire.request.index-out-of-range',
    title: 'a request for a piece that there is not does no harm',
    section,
    killedBy: { 'dies-of-bad-request': 'crash' },
    async run(tools) {
      for (const index of [4, 0xffff_ffff]) {
        const blocks = await blocksFor(tools, [{ ...firstBlock, index }]);
        tools.expect(blocks.length, 'blocks').is(0);
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.request.duplicate-requests',
    title: 'how many blocks two equal requests get',
    section,
    killedBy: { 'answers-doubles-once': 'info' },
    async run(tools) {
      const blocks = await blocksFor(tools, [firstBlock, firstBlock]);
      tools.observe('blocks for two equal requests', blocks.length);
    },
  }),

  defineCase({
    id: 'bep3.wire.cancel.unknown',
    title: 'a cancel of what was never requested changes nothing',
    section,
    killedBy: { 'closes-on-unknown-cancel': 'non-strict' },
    async run({ seeding }) {
      const client = await seeding();
      const link = await asking(client);
      link.send(ids.cancel, 0, 0, blockLength);
      requestBlock(link, { ...firstBlock, index: 1 });
      await link.next(ids.piece);
    },
  }),

  defineCase({
    id: 'bep3.wire.cancel.honoured',
    title: 'of many requests, most of them cancelled before they could be served, few are served',
    section,
    killedBy: { 'ignores-cancel': 'fail' },
    async run({ torrent, seeding, expect, quiet }) {
      const pieceLength = 1_048_576;
      const client = await seeding(torrent({ pieces: 32, pieceLength }));
      const link = await asking(client);
      // We do not read, so that what is not cancelled piles up behind what the system buffers.
      link.pause();
      const blocks = Array.from({ length: 2_000 }, (_, at) => blockAt(at));
      for (const block of blocks) requestBlock(link, block);
      for (const { index, begin, length } of blocks.slice(1)) link.send(ids.cancel, index, begin, length);
      await quiet(
        () => [],
        () => client.answers(),
      );
      link.resume();
      link.send(ids.request, 31, 0, 1);
      await link.next(ids.piece, ({ payload }) => payload.length === 9, client.within(20_000));
      expect(link.all.filter(({ id }) => id === ids.piece).length, 'blocks of 2000 that were cancelled').atMost(1_500);

      function blockAt(at: number): Block {
        return { index: Math.floor(at / 64), begin: (at % 64) * blockLength, length: blockLength };
      }
    },
  }),

  defineCase({
    id: 'bep3.wire.transfer.seed-to-many',
    title: 'five peers at once get the whole torrent',
    section: 'BEP 3, peer protocol',
    killedBy: { 'one-leecher-only': 'fail' },
    async run({ seeding, expect }) {
      const client = await seeding();
      const { fixture } = client;
      await Promise.all(
        Array.from({ length: 5 }, async () => {
          const link = await asking(client);
          for (let index = 0; index < fixture.pieceCount; index++) requestBlock(link, { ...firstBlock, index });
          await link.until('all blocks', () => link.heard.filter(({ id }) => id === ids.piece).length >= 8);
          for (const piece of link.take(ids.piece)) {
            const { index, begin, length, data } = carriedBy(piece);
            expect(data, 'a block').is(bytesOf(fixture, index, begin, length));
          }
        }),
      );
    },
  }),

  defineCase({
    id: 'bep3.wire.transfer.corrupt-disk-at-seed',
    title: 'a seed whose file is changed under it lives on',
    section: 'BEP 3, peer protocol',
    killedBy: { 'dies-of-changed-files': 'crash' },
    async run({ seeding, random, observe, quiet }) {
      const client = await seeding();
      const { fixture } = client;
      const link = await asking(client);
      client.overwrite(random.bytes(fixture.data.length));
      for (let index = 0; index < fixture.pieceCount; index++) requestBlock(link, { ...firstBlock, index });
      // It may stop the torrent: then it takes connections, and nobody for the torrent.
      const blocks = await quiet(
        () => link.take(ids.piece),
        async () => (await client.open()).close(),
      );
      const isRight = (block: Message) => {
        const { index, begin, length, data } = carriedBy(block);
        return Buffer.compare(data, bytesOf(fixture, index, begin, length)) === 0;
      };
      observe('blocks as they were', blocks.filter(isRight).length);
      observe('blocks as they are now', blocks.filter((each) => !isRight(each)).length);
      const answers = await client.answers().then(
        () => 'are taken',
        () => 'are turned away',
      );
      observe('new peers', answers);
    },
  }),
];

/** Four pieces of two blocks. */
const small = { pieces: 4, pieceLength: 2 * blockLength };

async function served({ torrent, seeding, expect }: Context & WireTools, block: Block): Promise<void> {
  const client = await seeding(torrent(small));
  const link = await asking(client);
  requestBlock(link, block);
  const { index, begin, data } = carriedBy(await link.next(ids.piece));
  expect({ index, begin }, 'the place of the block').is({ index: block.index, begin: block.begin });
  expect(data, 'the block').is(bytesOf(client.fixture, index, begin, block.length));
}

/** All blocks that come back, judged after somebody else was answered. */
async function blocksFor(tools: Context & WireTools, asked: readonly Block[]): Promise<readonly Block[]> {
  const client = await tools.seeding(tools.torrent(small));
  const link = await asking(client);
  for (const block of asked) requestBlock(link, block);
  const heard = await tools.quiet(
    () => link.take(ids.piece),
    () => client.answers(),
  );
  return heard.map(carriedBy);
}
