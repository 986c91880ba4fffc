/** BEP 9, metadata: who has only a magnet link gets the rest from peers. */
import type { Case } from '../../case.ts';
import { ids } from '../../probe/wire/messages.ts';
import { upload } from '../../probe/wire/uploader.ts';
import { defineCase } from '../wire/define.ts';
import { extendedLink, needed } from '../wire/extended.ts';
import { fetcher, forged, give, longTorrent, metadataPiece, ours, piecesOf, types } from './define.ts';

const section = 'BEP 9, metadata';
/** Metadata of a torrent of 700 000 pieces: there are such. */
const large = 14 * 1_048_576;
/** Programs ask for a piece or two at a time. */
const largeMs = 20_000;

export const fetching: readonly Case[] = [
  defineCase({
    id: 'bep9.advertise-magnet',
    title: 'who has no metadata yet names no size of it',
    section: 'BEP 9, extension header',
    killedBy: { 'bogus-size': 'fail' },
    async run(tools) {
      const extended = await extendedLink(await fetcher(tools, longTorrent(tools)));
      needed(tools, extended, 'ut_metadata');
      tools.expect(extended.theirs.dictionary?.get('metadata_size') ?? 0, 'metadata_size').is(0);
    },
  }),

  defineCase({
    id: 'bep9.reject-without-metadata',
    title: 'who has no metadata yet rejects requests for it',
    section: 'BEP 9, extension message',
    killedBy: { 'silent-without-metadata': 'fail' },
    async run(tools) {
      const extended = await extendedLink(await fetcher(tools, longTorrent(tools)), { m: { ut_metadata: ours } });
      extended.send(needed(tools, extended, 'ut_metadata'), { msg_type: types.request, piece: 0 });
      const { dictionary } = await extended.next(ours, (each) => each.dictionary?.get('msg_type') !== types.request);
      tools.expect(dictionary?.get('msg_type'), 'msg_type').is(types.reject);
      tools.expect(dictionary?.get('piece'), 'piece').is(0);
    },
  }),

  defineCase({
    id: 'bep9.fetch-completes',
    title: 'metadata of three pieces is fetched, and the torrent downloaded',
    section,
    killedBy: { 'stalls-after-metadata': 'fail' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      const { asked } = await give(client);
      await client.completes(20_000);
      tools.expect([...new Set(asked)].sort(), 'pieces of metadata requested').is([0, 1, 2]);
    },
  }),

  defineCase({
    id: 'bep9.fetch-large-legit',
    title: 'metadata of fourteen mebibytes is fetched',
    section,
    alone: true,
    killedBy: { 'small-metadata-only': 'non-strict' },
    async run(tools) {
      const { torrent } = tools;
      // A program may have a limit and say so; then its manifest says that it does not support this.
      const client = await fetcher(tools, torrent({ info: { 'x-conformance': new Uint8Array(large) } }));
      const { extended, asked } = await give(client);
      const { link } = extended;
      const pieces = piecesOf(client.fixture.info);
      const begins = await link.settles(() => asked.length > 0, client.within(largeMs));
      if (begins) await link.settles(() => asked.length >= pieces && new Set(asked).size === pieces, largeMs);
      tools.expect(new Set(asked).size, 'pieces of metadata requested').is(pieces);
      // Some begin anew with what they know now, and drop their connections: those that have it say so to the next.
      let size: unknown;
      for (let looks = 0; looks < 15 && size !== client.fixture.info.length; looks++) {
        await tools.elapse(1_000);
        const next = await extendedLink(client).catch(() => undefined);
        size = next?.theirs.dictionary?.get('metadata_size');
      }
      tools.expect(size, 'metadata_size afterwards').is(client.fixture.info.length);
    },
  }),

  defineCase({
    id: 'bep9.fetch-verifies',
    title: 'metadata with another hash is not used',
    section,
    killedBy: { 'believes-metadata': 'fail' },
    async run(tools) {
      const fixture = longTorrent(tools);
      const client = await fetcher(tools, fixture);
      const { extended, asked } = await give(client, { info: forged(fixture) });
      await extended.link.settles(() => asked.length >= 3);
      const requests = await tools.quiet(
        () => extended.link.take(ids.request),
        () => client.answers(),
      );
      tools.expect(requests.length, 'requests on the word of wrong metadata').is(0);
    },
  }),

  defineCase({
    id: 'bep9.fetch-no-request-without-support',
    title: 'metadata is not requested from a peer that does not offer it',
    section,
    killedBy: { 'asks-without-support': 'fail' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      const { link } = await extendedLink(client, { m: {} });
      const more = await tools.quiet(
        () => link.take(ids.extended),
        () => client.answers(),
      );
      tools.expect(more.length, 'extended messages behind the handshake').is(0);
    },
  }),

  defineCase({
    id: 'bep9.early-bitfield-before-metadata',
    title: 'what a peer has counts, though it said so before there was metadata',
    section,
    killedBy: { 'forgets-early-bitfield': 'non-strict' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      const early = await client.dial();
      upload(early, client.fixture);
      const { extended } = await give(client);
      extended.link.send(ids.choke);
      await early.next(ids.interested, undefined, client.within(20_000));
      await early.next(ids.request, undefined, client.within(20_000));
    },
  }),

  defineCase({
    id: 'bep9.serve-after-fetch',
    title: 'metadata that was fetched is served',
    section,
    killedBy: { 'rejects-for-ever': 'fail' },
    async run(tools) {
      const client = await fetcher(tools, longTorrent(tools));
      await give(client);
      await client.completes(20_000);
      const extended = await extendedLink(client, { m: { ut_metadata: ours } });
      extended.send(needed(tools, extended, 'ut_metadata'), { msg_type: types.request, piece: 1 });
      const { rest } = await extended.next(ours, ({ dictionary }) => dictionary?.get('piece') === 1);
      tools.expect(rest, 'the second piece of the metadata').is(metadataPiece(client.fixture.info, 1));
    },
  }),
];
