/** BEP 9, metadata: who has it gives it. */
import { createHash } from 'node:crypto';
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { blockLength, type Extended } from '../../probe/wire/messages.ts';
import { defineCase, type WireTools } from '../wire/define.ts';
import { extendedLink, needed } from '../wire/extended.ts';
import { gate, longTorrent, metadataPiece, ours, piecesOf, types } from './define.ts';

const section = 'BEP 9, extension message';

export const serving: readonly Case[] = [
  defineCase({
    id: 'bep9.advertise',
    title: 'who has metadata says so, and how long it is',
    section: 'BEP 9, extension header',
    killedBy: { 'size-of-the-file': 'fail' },
    async run(tools) {
      const client = await tools.seeding(longTorrent(tools));
      const extended = await extendedLink(client, { m: { ut_metadata: ours } });
      needed(tools, extended, 'ut_metadata');
      tools.expect(extended.theirs.dictionary?.get('metadata_size'), 'metadata_size').is(client.fixture.info.length);
    },
  }),

  defineCase({
    id: 'bep9.serve-piece0',
    title: 'a piece of metadata comes behind a dictionary with its number and the size of all',
    section,
    gate,
    killedBy: { 'payload-inside': 'fail' },
    async run(tools) {
      const { info, served } = await ask(tools, [0]);
      const { dictionary, rest } = served[0]!;
      tools.expect(dictionary?.get('msg_type'), 'msg_type').is(types.data);
      tools.expect(dictionary?.get('piece'), 'piece').is(0);
      tools.expect(dictionary?.get('total_size'), 'total_size').is(info.length);
      tools.expect(rest.length, 'bytes behind the dictionary').atLeast(1);
    },
  }),

  defineCase({
    id: 'bep9.serve-16k',
    title: 'every piece of metadata but the last is 16 KiB',
    section,
    gate,
    killedBy: { 'one-blob': 'fail' },
    async run(tools) {
      const { served } = await ask(tools, [0, 1]);
      for (const { rest } of served) tools.expect(rest.length, 'bytes of a piece').is(blockLength);
    },
  }),

  defineCase({
    id: 'bep9.serve-last',
    title: 'the last piece of metadata is what remains',
    section,
    gate,
    killedBy: { 'pads-the-last': 'fail' },
    async run(tools) {
      const { info, served } = await ask(tools, [2]);
      tools.expect(served[0]!.rest.length, 'bytes of the last piece').is(metadataPiece(info, 2).length);
    },
  }),

  defineCase({
    id: 'bep9.serve-hash',
    title: 'all pieces of metadata together have the info-hash',
    section: 'BEP 9, metadata',
    gate,
    killedBy: { 'reencodes-info': 'fail' },
    async run(tools) {
      const { infoHash, served } = await ask(tools, [0, 1, 2]);
      const hash = createHash('sha1').update(Buffer.concat(served.map(({ rest }) => rest)));
      tools.expect(new Uint8Array(hash.digest()), 'the hash of the metadata').is(infoHash);
    },
  }),

  defineCase({
    id: 'bep9.serve-uses-our-id',
    title: 'metadata comes under the id that we gave',
    section,
    gate,
    killedBy: { 'replies-with-own-id': 'fail' },
    run: async (tools) => void (await ask(tools, [0])),
  }),

  defineCase({
    id: 'bep9.out-of-range',
    title: 'a request beyond the end of the metadata is rejected',
    section,
    gate,
    alternatives: { rejected: 'pass', ignored: 'non-strict', closed: 'non-strict', served: 'fail' },
    killedBy: { 'ignores-out-of-range': 'non-strict', 'serves-out-of-range': 'non-strict' },
    run: (tools) => beyond(tools, [3, 0x8000_0000]),
  }),

  defineCase({
    id: 'bep9.negative-piece',
    title: 'a request for a negative piece of metadata does no harm',
    section,
    gate,
    alternatives: { rejected: 'pass', ignored: 'pass', closed: 'pass', served: 'fail' },
    killedBy: { 'dies-of-negative-pieces': 'crash' },
    run: (tools) => beyond(tools, [-1]),
  }),

  defineCase({
    id: 'bep9.unknown-msg-type',
    title: 'a metadata message of unknown type is ignored',
    section,
    gate,
    killedBy: { 'closes-on-unknown-type': 'fail' },
    async run(tools) {
      const client = await tools.seeding(longTorrent(tools));
      const extended = await extendedLink(client, { m: { ut_metadata: ours } });
      const id = needed(tools, extended, 'ut_metadata');
      extended.send(id, { msg_type: 9, piece: 0 });
      extended.send(id, { msg_type: types.request, piece: 0 });
      await extended.next(ours, ({ dictionary }) => dictionary?.get('msg_type') === types.data);
    },
  }),

  defineCase({
    id: 'bep9.missing-keys',
    title: 'a request without a piece does no harm',
    section,
    gate,
    killedBy: { 'dies-of-missing-keys': 'crash' },
    async run(tools) {
      const client = await tools.seeding(longTorrent(tools));
      const extended = await extendedLink(client, { m: { ut_metadata: ours } });
      extended.send(needed(tools, extended, 'ut_metadata'), { msg_type: types.request });
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
    },
  }),

  defineCase({
    id: 'bep9.private-not-served',
    title: 'the metadata of a private torrent is not offered to peers, or those that ask are answered',
    section: 'BEP 9, extension message; BEP 27',
    alternatives: { 'not offered': 'pass', given: 'pass', 'offered and rejected': 'pass' },
    killedBy: { 'silent-about-private-metadata': 'non-strict' },
    async run(tools) {
      const client = await tools.seeding(tools.torrent({ info: { private: 1 } }));
      const extended = await extendedLink(client, { m: { ut_metadata: ours } });
      const id = extended.idOf('ut_metadata');
      if (id === 0) return tools.outcome('not offered');
      extended.send(id, { msg_type: types.request, piece: 0 });
      const { dictionary } = await extended.next(ours);
      tools.outcome(dictionary?.get('msg_type') === types.data ? 'given' : 'offered and rejected');
    },
  }),
];

/** What comes for these pieces, in the order of the pieces. */
async function ask(
  tools: Context & WireTools,
  pieces: readonly number[],
): Promise<{ info: Uint8Array; infoHash: Uint8Array; served: readonly Extended[] }> {
  const client = await tools.seeding(longTorrent(tools));
  const { info, infoHash } = client.fixture;
  const extended = await extendedLink(client, { m: { ut_metadata: ours } });
  const id = needed(tools, extended, 'ut_metadata');
  for (const piece of pieces) extended.send(id, { msg_type: types.request, piece });
  const served: Extended[] = [];
  for (const piece of pieces) {
    served.push(await extended.next(ours, ({ dictionary }) => dictionary?.get('piece') === piece));
  }
  tools.timeline.note('case', `${piecesOf(info)} pieces of metadata`);
  return { info, infoHash, served };
}

async function beyond(tools: Context & WireTools, pieces: readonly number[]): Promise<void> {
  const client = await tools.seeding(longTorrent(tools));
  const seen: string[] = [];
  for (const piece of pieces) {
    const extended = await extendedLink(client, { m: { ut_metadata: ours } });
    extended.send(needed(tools, extended, 'ut_metadata'), { msg_type: types.request, piece });
    await tools.quiet(
      () => [],
      () => client.answers(),
    );
    const answer = await extended.next(ours, undefined, 0).catch(() => undefined);
    const type = answer?.dictionary?.get('msg_type');
    if (type === types.data) seen.push('served');
    else seen.push(type === types.reject ? 'rejected' : extended.link.isOpen ? 'ignored' : 'closed');
  }
  const worst = ['served', 'ignored', 'closed', 'rejected'].find((each) => seen.includes(each));
  tools.outcome(worst ?? 'ignored');
}
