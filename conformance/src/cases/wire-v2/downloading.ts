/** BEP 52: what a downloader believes, of blocks and of hashes. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { pieceLayerOf } from '../../probe/files/merkle.ts';
import { bytesOf } from '../../probe/wire/fixture.ts';
import { type HashRange, rangeMessage } from '../../probe/wire/hashes.ts';
import { type Block, blockLength, ids, indexOf, reservedWith } from '../../probe/wire/messages.ts';
import { keyOf, sendBlock } from '../../probe/wire/uploader.ts';
import { firstBlock, type WireTools } from '../wire/define.ts';
import { defineCase, largest, rangeOf, torrent2 } from './define.ts';
import { giver } from './giving.ts';

const messages = 'BEP 52, peer messages';
const fetchMs = 25_000;

export const downloading: readonly Case[] = [
  defineCase({
    id: 'bep52.wire.download-v2',
    title: 'blocks that do not fit the hash tree are not believed, and those that do complete the torrent',
    section: 'BEP 52, metainfo files: pieces root',
    killedBy: { 'keeps-bad-data': 'fail' },
    async run(tools) {
      const fixture = torrent2(tools);
      const client = await tools.leeching(fixture);
      const { link, requests } = await giver(client, fixture, { answer: (_block, honest) => flipped(honest) });
      await link.settles(() => requests.length >= 4);
      await client.answers();
      link.close();
      await giver(client, fixture);
      await client.completes(fetchMs);
    },
  }),

  defineCase({
    id: 'bep52.wire.corrupt-block-v2',
    title: 'after a wrong block only its piece, or less, is fetched again',
    section: 'BEP 52, metainfo files: pieces root',
    killedBy: { 'fetches-files-again': 'fail' },
    async run(tools) {
      const outside = await fetchedAgain(tools);
      tools.expect(outside, 'requests for other pieces, once they were there').is([]);
    },
  }),

  defineCase({
    id: 'bep52.wire.unsolicited-hashes',
    title: 'hashes that nobody asked for change nothing',
    section: messages,
    killedBy: { 'takes-unsolicited-hashes': 'non-strict' },
    async run(tools) {
      const fixture = torrent2(tools);
      const client = await tools.leeching(fixture);
      const link = await client.dial();
      const file = largest(fixture);
      const pieces = { base: pieceLayerOf(fixture.pieceLength), length: 8, proofs: 0 };
      for (const range of [rangeOf(file, pieces), rangeOf(file, { length: 16, proofs: 0 })]) {
        link.sendRaw(rangeMessage(ids.hashes, range, ...wrongFor(tools, range)), 'hashes that nobody asked for');
      }
      await client.answers();
      link.close();
      await giver(client, fixture);
      await client.completes(fetchMs);
    },
  }),

  defineCase({
    id: 'bep52.wire.unsolicited-piece',
    title: 'a block that was never requested ends the connection',
    section: messages,
    alternatives: { closed: 'pass', ignored: 'non-strict' },
    killedBy: { 'keeps-unrequested': 'non-strict', 'stores-unrequested': 'non-strict' },
    async run(tools) {
      const fixture = torrent2(tools);
      const client = await tools.leeching(fixture);
      const link = await client.dial({ reserved: reservedWith('fast') });
      link.send(ids.haveNone);
      sendBlock(link, firstBlock, flipped(bytesOf(fixture, 0, 0, blockLength)));
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
      const { isOpen } = link;
      link.close();
      await giver(client, fixture);
      await client.completes(fetchMs);
      tools.outcome(isOpen ? 'ignored' : 'closed');
    },
  }),
];

/** One block of the piece that is asked for last comes wrong, when all others are there: the requests for those that follow. */
async function fetchedAgain(tools: Context & WireTools): Promise<readonly string[]> {
  const fixture = torrent2(tools, {
    files: [{ path: ['four.bin'], length: 16 * blockLength }],
    pieceLength: 4 * blockLength,
  });
  const client = await tools.leeching(fixture);
  const order = new Set<number>();
  const isLast = ({ index }: Block) => [...order].indexOf(index) === fixture.pieceCount - 1;
  let mayHaveLast = false;
  const { link, requests } = await giver(client, fixture, {
    answer: (block, honest) => {
      order.add(block.index);
      return isLast(block) && !mayHaveLast ? undefined : honest;
    },
  });
  const waiting = () => [...new Map(requests.filter(isLast).map((block) => [keyOf(block), block])).values()];
  const told = () => new Set(link.all.filter(({ id }) => id === ids.have).map(indexOf));
  await link.until('requests for all of the last piece', () => waiting().length === 4, client.within(fetchMs));
  await link.settles(() => told().size === fixture.pieceCount - 1);
  await client.answers();
  mayHaveLast = true;
  const before = requests.length;
  for (const [at, block] of waiting().entries()) {
    const honest = bytesOf(fixture, block.index, block.begin, block.length);
    sendBlock(link, block, at === 2 ? flipped(honest) : honest);
  }
  const other = await giver(client, fixture);
  await client.completes(fetchMs);
  return [...requests.slice(before), ...other.requests].filter((block) => !isLast(block)).map(keyOf);
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}

function wrongFor({ random }: Pick<Context, 'random'>, { length }: HashRange): readonly Uint8Array[] {
  return Array.from({ length }, () => random.bytes(32));
}
