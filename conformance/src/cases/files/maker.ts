/** Those who make torrent files: BEP 3, metainfo files; BEP 12; BEP 19; BEP 27. */
import { createHash } from 'node:crypto';
import type { Case } from '../../case.ts';
import { type Bencoded, latin1 } from '../../probe/bencode.ts';
import { filesOf, type Material, madePieceLength, texts, trackers, webSeed } from '../../probe/files/making.ts';
import type { Random } from '../../random.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, metainfo files';
const means = 'make';

/** Names that sort differently as bytes, as text and by case, none of them in order. */
export function folder(random: Random): Material {
  const files = {
    'zebra.bin': random.bytes(40_000),
    'Alpha/second.bin': random.bytes(5_000),
    'Alpha/first.bin': random.bytes(70_000),
    'alpha/ümlaut.bin': random.bytes(1_234),
    'b/c/deep.bin': random.bytes(33_000),
    'a.bin': random.bytes(7),
  };
  return { name: 'material', files };
}

export function single(random: Random, length: number): Material {
  return { name: 'single.bin', files: { '': random.bytes(length) } };
}

/** What the hashes of the pieces of these bytes are, in hex, all behind one another. */
export function hashesOf(data: Uint8Array, pieceLength: number = madePieceLength): string {
  const pieces = Array.from({ length: Math.ceil(data.length / pieceLength) }, (_, at) =>
    createHash('sha1')
      .update(data.subarray(at * pieceLength, (at + 1) * pieceLength))
      .digest('hex'),
  );
  return pieces.join('');
}

export function hex(value: Bencoded | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

export const makers: readonly Case[] = [
  defineCase({
    id: 'bep3.bencode.maker-canonical',
    title: 'a torrent is written in the one way that there is',
    section: 'BEP 3, bencoding',
    means,
    killedBy: { 'insertion-order': 'fail' },
    async run({ random, make, expect }) {
      expect((await make(folder(random))).violations, 'what is not canonical').is([]);
      expect((await make(single(random, 50_000))).violations, 'what is not canonical').is([]);
    },
  }),
  defineCase({
    id: 'bep3.metainfo.maker-piece-hashes',
    title: 'each piece is hashed with SHA-1',
    section,
    means,
    killedBy: { 'hashes-one-byte-off': 'fail' },
    async run({ random, make, expect }) {
      const material = single(random, 4 * madePieceLength);
      const { info } = await make(material);
      expect(info.get('piece length'), 'the piece length').is(madePieceLength);
      expect(hex(info.get('pieces')), 'the hashes of the pieces').is(hashesOf(material.files['']!));
    },
  }),
  defineCase({
    id: 'bep3.metainfo.maker-last-piece',
    title: 'the last piece is hashed as long as it is',
    section,
    means,
    killedBy: { 'pads-the-last-piece': 'fail' },
    async run({ random, make, expect }) {
      const material = single(random, 2 * madePieceLength + 77);
      const last = hex((await make(material)).info.get('pieces')).slice(-40);
      expect(last, 'the hash of the last piece').is(hashesOf(material.files['']!).slice(-40));
    },
  }),
  defineCase({
    id: 'bep3.metainfo.maker-file-order',
    title: 'files are hashed in the order in which they are listed',
    section,
    means,
    killedBy: { 'lists-in-another-order': 'fail' },
    async run({ random, make, expect }) {
      const material = folder(random);
      const { info } = await make(material);
      const parts = filesOf(info).map(({ path, length, padding }) =>
        padding ? new Uint8Array(length) : (material.files[path.join('/')] ?? new Uint8Array()),
      );
      expect(hex(info.get('pieces')), 'the hashes of the pieces').is(hashesOf(Buffer.concat(parts)));
    },
  }),
  defineCase({
    id: 'bep3.metainfo.maker-path-components',
    title: 'a path is a list of names, each in UTF-8',
    section,
    means,
    killedBy: { 'joined-paths': 'fail' },
    async run({ random, make, expect }) {
      const material = folder(random);
      const listed = filesOf((await make(material)).info).filter(({ padding }) => !padding);
      const paths = listed.map(({ path }) => path);
      const wanted = Object.keys(material.files).map((path) => path.split('/'));
      const sorted = (list: readonly (readonly string[])[]) => list.map((path) => JSON.stringify(path)).sort();
      expect(sorted(paths), 'the paths of the files').is(sorted(wanted));
    },
  }),
  defineCase({
    id: 'bep3.metainfo.maker-exclusive-length-files',
    title: 'a file has a length, a folder has files, nothing has both',
    section,
    means,
    killedBy: { 'length-and-files': 'fail' },
    async run({ random, make, expect }) {
      for (const material of [single(random, 50_000), folder(random)]) {
        const { info } = await make(material);
        const keys = ['length', 'files'].filter((key) => info.has(key));
        expect(keys, `keys of the torrent of ${material.name}`).is([material.name === 'material' ? 'files' : 'length']);
      }
    },
  }),
  defineCase({
    id: 'bep3.metainfo.maker-single-file-name',
    title: 'a single file is named by the torrent itself',
    section,
    means,
    killedBy: { 'always-files': 'fail' },
    async run({ random, make, expect }) {
      const { info } = await make(single(random, 50_000));
      expect(latin1((info.get('name') ?? new Uint8Array()) as Uint8Array), 'the name').is('single.bin');
      expect(info.has('files'), 'whether there is a list of files').is(false);
    },
  }),
  defineCase({
    id: 'bep3.metainfo.maker-deterministic',
    title: 'the same files give the same torrent, however old they are and in whatever order they came',
    section,
    means,
    killedBy: { 'orders-by-time': 'non-strict' },
    async run({ random, make, expect }) {
      const material = folder(random);
      const backwards = Object.fromEntries(Object.entries(material.files).reverse());
      const first = await make(material);
      const second = await make({ ...material, files: backwards });
      expect(hex(second.info.get('pieces')), 'the hashes of the pieces').is(hex(first.info.get('pieces')));
      expect(filesOf(second.info), 'the list of files').is(filesOf(first.info));
    },
  }),
  defineCase({
    id: 'bep12.maker-announce-list',
    title: 'tiers are a list of lists',
    section: 'BEP 12, metadata extension',
    means,
    killedBy: { 'flat-tiers': 'fail' },
    async run({ random, make, expect }) {
      const { torrent } = await make({ ...single(random, 50_000), wishes: ['tiers'] });
      const tiers = torrent.get('announce-list');
      const lists = Array.isArray(tiers) ? (tiers as readonly Bencoded[]).map(texts) : tiers;
      expect(lists, 'the announce-list').is(trackers.map((tracker) => [tracker]));
    },
  }),
  defineCase({
    id: 'bep19.maker-url-list',
    title: 'web servers are named beside the info dictionary',
    section: 'BEP 19, metadata extension',
    means,
    killedBy: { 'web-seeds-inside': 'fail' },
    async run({ random, make, expect }) {
      const { torrent, info } = await make({ ...single(random, 50_000), wishes: ['web-seed'] });
      expect(info.has('url-list'), 'whether url-list is in info').is(false);
      const named = torrent.get('url-list');
      // One may be written without a list.
      const urls = texts(named instanceof Uint8Array ? [named] : named);
      expect(urls, 'the web servers').is([webSeed]);
    },
  }),
  defineCase({
    id: 'bep27.maker-private',
    title: 'private is the integer 1, in the info dictionary',
    section: 'BEP 27, metainfo files',
    means,
    killedBy: { 'private-outside': 'fail' },
    async run({ random, make, expect }) {
      const { info } = await make({ ...single(random, 50_000), wishes: ['private'] });
      expect(info.get('private'), 'private in info').is(1);
    },
  }),
];
