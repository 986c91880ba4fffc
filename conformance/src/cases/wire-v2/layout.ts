/** BEP 52, file tree: which files there are, where they go, and which pieces are theirs. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Fixture2Options } from '../../probe/wire/fixture-version2.ts';
import { sizeOfPiece2 } from '../../probe/wire/fixture-version2.ts';
import { keyOf } from '../../probe/wire/uploader.ts';
import { downloaded } from '../disk/define.ts';
import type { WireTools } from '../wire/define.ts';
import { defineCase, torrent2 } from './define.ts';
import { giver } from './giving.ts';

const section = 'BEP 52, metainfo files: file tree';
const aligned = 'BEP 52, metainfo files: piece length';
const fetchMs = 25_000;
const length = 40_001;

export const layout: readonly Case[] = [
  defineCase({
    id: 'bep52.metainfo.path-dotdot',
    title: 'a name that leads upwards does not lead out of the folder',
    section,
    killedBy: { 'trusts-paths': 'fail' },
    async run(tools) {
      for (const names of [
        ['..', '..'],
        ['sub', '..', '..', '..'],
        ['.', '..'],
      ]) {
        const files = [
          { path: [...names, 'escaped.bin'], length },
          { path: ['z.bin'], length },
        ];
        const { outside } = await downloaded(tools, torrent2(tools, { files }));
        tools.safely(outside, 'files outside of the folder').is([]);
      }
    },
  }),

  defineCase({
    id: 'bep52.metainfo.single-file',
    title: 'a tree of one file at its root is that file, without a folder',
    section,
    killedBy: { 'folder-for-one': 'fail' },
    run: (tools) => completes(tools, { files: [{ path: ['single.bin'], length }] }),
  }),

  defineCase({
    id: 'bep52.metainfo.rootless-multi',
    title: 'all of several files at the root of a tree are written',
    section,
    killedBy: { 'loses-files-at-root': 'fail' },
    run: (tools) => completes(tools, { files: ['one.bin', 'two.bin'].map((name) => ({ path: [name], length })) }),
  }),

  defineCase({
    id: 'bep52.metainfo.file-order',
    title: 'pieces follow the order of the tree, whatever names look like to others',
    section: aligned,
    killedBy: { 'sorts-paths': 'fail' },
    // By bytes: numbers are text, capitals come first, and what is in a folder comes where the folder does.
    run: (tools) =>
      completes(tools, {
        files: [['10'], ['9'], ['B.bin'], ['a', 'z.bin'], ['a.bin'], ['c.bin']].map((path) => ({ path, length })),
      }),
  }),

  defineCase({
    id: 'bep52.metainfo.alignment',
    title: 'each file begins a piece, wherever the last one ends',
    section: aligned,
    killedBy: { 'packs-files': 'fail' },
    async run(tools) {
      const fixture = torrent2(tools);
      const client = await tools.leeching(fixture);
      const { requests } = await giver(client, fixture);
      await client.completes(fetchMs);
      const beyond = requests.filter(({ index, begin, length: size }) => begin + size > sizeOfPiece2(fixture, index));
      tools.observe('requests beyond the end of a file', beyond.map(keyOf));
      const indices = [...new Set(requests.map(({ index }) => index))];
      tools.expect(indices.length, 'different pieces requested').is(fixture.pieceCount);
    },
  }),

  defineCase({
    id: 'bep52.metainfo.duplicate-files',
    title: 'two files with the same bytes, and so the same root, are both completed',
    section: 'BEP 52, metainfo files: pieces root',
    killedBy: { 'one-file-a-root': 'fail' },
    async run(tools) {
      const files = [
        { path: ['one.bin'], length: 100_000 },
        { path: ['two.bin'], length: 100_000, copy: true as const },
      ];
      await completes(tools, { files });
    },
  }),
];

async function completes(tools: Context & WireTools, options: Fixture2Options): Promise<void> {
  const fixture = torrent2(tools, options);
  const client = await tools.leeching(fixture);
  await giver(client, fixture);
  await client.completes(fetchMs);
}
