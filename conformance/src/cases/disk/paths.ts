/** Paths that lead elsewhere. No text says what to do with them; whoever writes where they lead hands the machine over. */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { FixtureOptions } from '../../probe/wire/fixture.ts';
import { defineCase, type WireTools } from '../wire/define.ts';
import { downloaded } from './define.ts';

const section = 'BEP 3, info dictionary: names of files';
const length = 20_000;

export const paths: readonly Case[] = [
  defineCase({
    id: 'bep3.metainfo.path-parent',
    title: 'a path that leads upwards does not lead out of the folder',
    section,
    killedBy: { 'trusts-paths': 'fail' },
    run: (tools) => staysInside(tools, [{ files: [{ path: ['..', '..', 'escaped.bin'], length }] }]),
  }),

  defineCase({
    id: 'bep3.metainfo.path-absolute-or-separator',
    title: 'a part of a path that is a path itself does not lead out of the folder',
    section,
    killedBy: { 'trusts-paths': 'fail' },
    async run(tools) {
      const absolute = join(tmpdir(), `conformance-escaped-${tools.random.uint32()}`);
      tools.after(() => rmSync(absolute, { recursive: true, force: true }));
      const parts = [absolute, 'sub/../../../escaped.bin', '..\\..\\escaped.bin', 'C:'];
      await staysInside(
        tools,
        parts.map((part) => ({ files: [{ path: [part], length }] })),
      );
      tools.safely(existsSync(absolute), `whether ${absolute} was made`).is(false);
    },
  }),

  defineCase({
    id: 'bep3.metainfo.name-traversal',
    title: 'a name of a torrent that is a path does not lead out of the folder',
    section,
    killedBy: { 'trusts-paths': 'fail' },
    run: (tools) =>
      staysInside(tools, [
        { name: '../escaped.bin', pieces: 2 },
        { name: '.', pieces: 2 },
        { name: '', pieces: 2 },
      ]),
  }),

  defineCase({
    id: 'bep3.metainfo.path-nul-and-control',
    title: 'a zero byte or a line feed in a name does no harm',
    section,
    killedBy: { 'dies-of-nul': 'crash' },
    run: (tools) =>
      staysInside(tools, [
        {
          files: [
            { path: ['a\0b.bin'], length },
            { path: ['a\nc.bin'], length },
          ],
        },
      ]),
  }),

  defineCase({
    id: 'bep3.metainfo.path-collision',
    title: 'two files in one place are refused, or both kept',
    section,
    killedBy: { 'second-overwrites': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent({
        files: [
          { path: ['same.bin'], length },
          { path: ['same.bin'], length },
        ],
      });
      const { client, inside } = await downloaded(tools, fixture);
      if (client === undefined || inside.length === 0) return;
      for (const [at, { data }] of fixture.files!.entries()) {
        const kept = inside.some((each) => Buffer.compare(each.data, data) === 0);
        tools.expect(kept, `whether the ${at + 1}. of the two is on disk`).is(true);
      }
    },
  }),
];

async function staysInside(tools: Context & WireTools, torrents: readonly FixtureOptions[]): Promise<void> {
  for (const options of torrents) {
    const { outside } = await downloaded(tools, tools.torrent(options));
    tools.safely(outside, 'files outside of the folder').is([]);
  }
}
