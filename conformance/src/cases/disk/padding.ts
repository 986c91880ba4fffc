/** BEP 47: padding, attributes and links. */
import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Case } from '../../case.ts';
import type { Fixture } from '../../probe/wire/fixture.ts';
import { carriedBy, ids } from '../../probe/wire/messages.ts';
import { requestBlock, requestsAmong, upload } from '../../probe/wire/uploader.ts';
import { asking, defineCase, type WireTools } from '../wire/define.ts';
import { downloaded } from './define.ts';

const section = 'BEP 47, padding files';
const attributes = 'BEP 47, extended file attributes';
const small = { path: ['small.bin'], length: 5_000 };
const other = { path: ['other.bin'], length: 20_000 };

export const padding: readonly Case[] = [
  defineCase({
    id: 'bep47.pad-not-written',
    title: 'padding is not needed on disk for the files beside it to be right',
    section,
    killedBy: { 'hashes-without-padding': 'non-strict' },
    async run({ torrent, leeching }) {
      const fixture = padded({ torrent }, 11_384);
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep47.pad-zero-content',
    title: 'a piece that ends in padding is right with zeros',
    section,
    killedBy: { 'hashes-without-padding': 'fail' },
    async run({ torrent, leeching }) {
      const fixture = padded({ torrent }, 27_768);
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),

  defineCase({
    id: 'bep47.pad-not-requested',
    title: 'blocks of nothing but padding are not requested',
    section,
    killedBy: { 'requests-padding': 'non-strict' },
    async run({ torrent, leeching, expect }) {
      const fixture = padded({ torrent }, 11_384 + 65_536);
      const client = await leeching(fixture);
      const link = await client.dial();
      upload(link, fixture);
      await client.completes();
      const within = requestsAmong(link.all).filter(({ index }) => index >= 1 && index <= 4);
      expect(within.length, 'requests for blocks of padding').is(0);
    },
  }),

  defineCase({
    id: 'bep47.pad-served',
    title: 'a request for padding gets zeros',
    section,
    killedBy: { 'refuses-padding': 'fail' },
    async run({ torrent, seeding, expect }) {
      const fixture = padded({ torrent }, 11_384 + 16_384);
      const link = await asking(await seeding(fixture));
      requestBlock(link, { index: 1, begin: 0, length: 16_384 });
      expect(carriedBy(await link.next(ids.piece)).data, 'the block').is(new Uint8Array(16_384));
    },
  }),

  defineCase({
    id: 'bep47.attr-x',
    title: 'a file with the attribute x can be executed',
    section: attributes,
    killedBy: { 'loses-executable': 'non-strict' },
    async run({ torrent, leeching, expect }) {
      const fixture = torrent({ files: [{ path: ['run.sh'], length: 20_000, keys: { attr: 'x' } }, other] });
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
      const { mode } = statSync(join(client.root, 'data', fixture.name, 'run.sh'));
      expect(mode & 0o100, 'the bit that lets its owner execute it').is(0o100);
    },
  }),

  defineCase({
    id: 'bep47.symlink-created',
    title: 'a link is made inside of the folder, or left out',
    section: attributes,
    killedBy: { 'copies-links': 'non-strict' },
    async run(tools) {
      const link = { path: ['link.bin'], length: 0, keys: { attr: 'l', 'symlink path': ['other.bin'] } };
      const { inside } = await downloaded(tools, tools.torrent({ files: [other, link] }));
      const made = inside.find(({ path }) => path.endsWith('link.bin'));
      tools.expect(made?.kind ?? 'nothing', 'what is where the link belongs').oneOf(['link', 'nothing']);
    },
  }),

  defineCase({
    id: 'bep47.symlink-escape',
    title: 'no link is made that leads out of the folder',
    section: attributes,
    killedBy: { 'links-anywhere': 'fail' },
    async run(tools) {
      const keys = { attr: 'l', 'symlink path': ['..', '..', '..', 'outside.bin'] };
      const { root } = await downloaded(
        tools,
        tools.torrent({ files: [other, { path: ['link.bin'], length: 0, keys }], name: 'escape' }),
      );
      const at = join(root, 'data', 'escape', 'link.bin');
      const made = lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true;
      // Some make a link that leads to itself in its place, and that is harmless.
      const target = made ? resolve(dirname(at), readlinkSync(at)) : at;
      const leadsOut = relative(join(root, 'data'), target).startsWith('..');
      tools.safely(leadsOut, 'whether a link leads out').is(false);
    },
  }),

  defineCase({
    id: 'bep47.sha1-hint-wrong',
    title: 'a hash of a single file that is wrong changes nothing, where the pieces are right',
    section: attributes,
    killedBy: { 'believes-hints': 'fail' },
    async run({ torrent, leeching }) {
      const fixture = torrent({ files: [{ ...other, keys: { sha1: new Uint8Array(20).fill(7) } }] });
      const client = await leeching(fixture);
      upload(await client.dial(), fixture);
      await client.completes();
    },
  }),
];

/** A small file, so much padding, and another file at the beginning of a piece. */
function padded({ torrent }: Pick<WireTools, 'torrent'>, length: number): Fixture {
  const pad = { path: ['.pad', String(length)], length, keys: { attr: 'p' } };
  return torrent({ files: [small, pad, other] });
}
