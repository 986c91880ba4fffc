/** BEP 3, info dictionary: which bytes go into which file. */
import type { Case } from '../../case.ts';
import { Finding } from '../../finding.ts';
import { Client } from '../../probe/wire/client.ts';
import { ids } from '../../probe/wire/messages.ts';
import { requestsAmong, upload } from '../../probe/wire/uploader.ts';
import { defineCase } from '../wire/define.ts';
import { downloaded } from './define.ts';

const section = 'BEP 3, info dictionary';

export const layout: readonly Case[] = [
  defineCase({
    id: 'bep3.metainfo.single-file',
    title: 'a single file is written under its name, to the byte',
    section,
    killedBy: { 'pads-last-piece': 'fail' },
    async run({ torrent, leeching }) {
      const fixture = torrent({ pieces: 4, missing: 8_192 });
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.metainfo.multi-file-root',
    title: 'several files are written below a folder with the name of the torrent',
    section,
    killedBy: { 'drops-root': 'fail' },
    async run({ torrent, leeching }) {
      const files = [
        { path: ['top.bin'], length: 20_000 },
        { path: ['a', 'b', 'deep.bin'], length: 30_000 },
      ];
      const fixture = torrent({ files, name: 'a folder' });
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.metainfo.file-order-concatenation',
    title: 'the files follow each other as they are listed, and a piece may hold the parts of three',
    section,
    killedBy: { 'sorts-files': 'fail' },
    async run({ torrent, leeching }) {
      const files = [
        { path: ['z.bin'], length: 5_000 },
        { path: ['m.bin'], length: 3_000 },
        { path: ['a.bin'], length: 40_000 },
      ];
      const fixture = torrent({ files });
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.metainfo.zero-length-file',
    title: 'a file of no bytes is made, and moves no other',
    section,
    killedBy: { 'skips-empty-files': 'fail' },
    async run({ torrent, leeching }) {
      const files = [
        { path: ['first.bin'], length: 20_000 },
        { path: ['empty.bin'], length: 0 },
        { path: ['last.bin'], length: 20_000 },
      ];
      const fixture = torrent({ files });
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.metainfo.piece-length-not-power-of-two',
    title: 'a piece may have any length',
    section,
    killedBy: { 'rounds-piece-length': 'fail' },
    async run({ torrent, leeching }) {
      const fixture = torrent({ pieces: 3, pieceLength: 50_000 });
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.metainfo.piece-length-below-16k',
    title: 'pieces of a kilobyte are requested as they are, and no further',
    section,
    killedBy: { 'asks-over-the-end': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent({ pieces: 6, pieceLength: 1_024 });
      const client = await Client.tryLaunch(tools, { role: 'leecher', fixture });
      if (client === undefined) throw new Finding('the torrent', 'that it is taken', 'it is refused');
      const link = await client.dial();
      upload(link, fixture, { answer: ({ length }, honest) => (length <= 1_024 ? honest : undefined) });
      await link.next(ids.request);
      await client.completes().catch(() => {});
      const longest = Math.max(...requestsAmong(link.all).map(({ length }) => length));
      tools.expect(longest, 'bytes of the longest request').atMost(1_024);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.metainfo.name-utf8',
    title: 'names are UTF-8, and are written as the bytes that they are',
    section,
    killedBy: { mojibake: 'fail' },
    async run({ torrent, leeching }) {
      const files = [{ path: ['日本語', 'grüße 🚢.bin'], length: 20_000 }];
      const fixture = torrent({ files, name: 'Ωμέγα ñ' });
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep3.metainfo.path-case-collision',
    title: 'what becomes of two names that differ in the case of their letters',
    section,
    killedBy: { 'lower-case-paths': 'info' },
    async run(tools) {
      const files = [
        { path: ['A.bin'], length: 20_000 },
        { path: ['a.bin'], length: 20_000 },
      ];
      const { inside } = await downloaded(tools, tools.torrent({ files }));
      const names = inside.map(({ path }) => path.split('/').at(-1)!);
      // What a program keeps beside them for itself has other names each time.
      tools.observe('files', names.filter((name) => /^a\b/i.test(name)).sort());
    },
  }),
];
