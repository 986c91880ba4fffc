/** BEP 9, metadata: peers that are wrong about it. */
import type { Case } from '../../case.ts';
import { memoryOfListener } from '../../probe/memory.ts';
import { blockLength } from '../../probe/wire/messages.ts';
import { defineCase } from '../wire/define.ts';
import { extendedLink } from '../wire/extended.ts';
import { fetcher, forged, give, longTorrent, metadataPiece, types } from './define.ts';

const section = 'BEP 9, metadata';
/** A quarter of what was promised, and far more than anything else that happens meanwhile takes. */
const mostMemory = 2 ** 29;

export const trouble: readonly Case[] = [
  defineCase({
    id: 'bep9.fetch-wrong-size',
    title: 'a peer that is wrong about the size does not keep the metadata from coming from another',
    section,
    killedBy: { 'keeps-first-size': 'non-strict' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      await give(client, { says: { metadata_size: 20_000 }, answer: () => undefined });
      await give(client);
      await client.completes(40_000);
    },
  }),

  defineCase({
    id: 'bep9.fetch-size-huge',
    title: 'metadata of two gibibytes is not fetched, and no memory is taken for it',
    section: 'BEP 9, extension header',
    killedBy: { 'any-metadata-size': 'non-strict' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      const before = memoryOfListener(client.running.at.port);
      const { asked } = await give(client, { says: { metadata_size: 2 ** 31 - 1 }, answer: () => undefined });
      await tools.elapse(2_000);
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
      const after = memoryOfListener(client.running.at.port);
      if (before === undefined || after === undefined) tools.timeline.note('case', 'its memory cannot be seen here');
      else tools.safely(after - before, 'bytes of memory that it has taken').atMost(mostMemory);
      tools.expect(asked.length, 'requests for pieces of such metadata').is(0);
    },
  }),

  defineCase({
    id: 'bep9.fetch-size-zero-or-missing',
    title: 'a size of zero, none, and a negative one do no harm',
    section: 'BEP 9, extension header',
    killedBy: { 'dies-of-no-size': 'crash' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      // They give nothing, so that nothing can be finished meanwhile.
      const answer = () => undefined;
      for (const says of [{ metadata_size: 0 }, {}, { metadata_size: -1 }]) await give(client, { says, answer });
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
    },
  }),

  defineCase({
    id: 'bep9.fetch-reject-retry',
    title: 'after a reject another peer is asked',
    section: 'BEP 9, extension message',
    killedBy: { 'gives-up-after-reject': 'non-strict' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      const { extended, asked } = await give(client, { answer: () => undefined });
      await extended.link.settles(() => asked.length > 0);
      await client.answers();
      await give(client);
      await client.completes(40_000);
    },
  }),

  defineCase({
    id: 'bep9.fetch-total-size-odd',
    title: 'a total size that is the length of the piece does no harm',
    section: 'BEP 9, extension message',
    killedBy: { 'dies-of-odd-total': 'crash' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      const { extended, asked } = await give(client, { totalSize: blockLength });
      await extended.link.settles(() => asked.length >= 3);
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
    },
  }),

  defineCase({
    id: 'bep9.fetch-unsolicited-data',
    title: 'metadata that nobody requested is not used',
    section,
    killedBy: { 'takes-unsolicited': 'non-strict' },
    async run(tools) {
      const fixture = longTorrent(tools);
      const client = await fetcher(tools, fixture);
      const wrong = forged(fixture);
      // It does not offer metadata, so nothing can have been requested.
      const pushing = await extendedLink(client, { m: {}, metadata_size: wrong.length });
      for (const piece of [0, 1, 2]) {
        const head = { msg_type: types.data, piece, total_size: wrong.length };
        pushing.send(pushing.idOf('ut_metadata'), head, metadataPiece(wrong, piece));
      }
      await give(client);
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep9.fetch-short-nonlast',
    title: 'a piece of metadata that is too short is not taken',
    section: 'BEP 9, extension message',
    killedBy: { 'takes-short-pieces': 'fail' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      const short = (piece: number, honest: Uint8Array) => (piece === 0 ? honest.subarray(0, 10_000) : honest);
      const { extended, asked } = await give(client, { answer: short });
      await extended.link.settles(() => asked.length >= 3, 1_000);
      await client.answers();
      extended.link.close();
      await give(client);
      await client.completes(40_000);
    },
  }),
];
