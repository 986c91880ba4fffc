/** BEP 52, metainfo files, for those who read them. The first case is the gate: who reads no version 2 is not asked the rest. */
import type { Case } from '../../case.ts';
import { fromLatin1, type Writable } from '../../probe/bencode.ts';
import type { Changes, Sample } from '../../probe/files/sample.ts';
import { makeSample2, type RightTree, type Sample2Options, sorted } from '../../probe/files/sample-version2.ts';
import type { Random } from '../../random.ts';
import { raw } from './bencode.ts';
import { acceptance, defineCase, refusal } from './define.ts';

const section = 'BEP 52, info dictionary';
const layersSection = 'BEP 52, metainfo files';
const gate = 'bep52.metainfo.v2-infohash';

const sample =
  (options: Sample2Options) =>
  (random: Random): Sample =>
    makeSample2(random, options);
const tree = (make: (right: RightTree) => Writable) => sample({ tree: make });
const layers = (change: (layer: Uint8Array) => Uint8Array) =>
  sample({ layers: (right) => new Map([...right].map(([root, layer]) => [root, change(layer)])) });

/** Files that need no layer, so that a torrent is wrong in nothing but what is changed. */
const smallFiles = (info: Changes = {}) =>
  sample({ tree: ({ small }) => ({ 'a.bin': small, 'b.bin': small }), layers: () => ({}), info });

export const version2: readonly Case[] = [
  defineCase({
    id: 'bep52.metainfo.v2-infohash',
    title: 'the info-hash of a torrent of version 2 is the SHA-256 of its info dictionary',
    section,
    killedBy: { 'sha1-of-version-2': 'fail' },
    async run({ random, read, expect, unsupported }) {
      const { bytes, infoHash2 } = makeSample2(random);
      const { accepted, hashes } = await read({ bytes });
      if (!accepted) return unsupported('it reads no torrents of version 2');
      if (hashes.length === 0) return unsupported('it shows no info-hash');
      const right = hashes.some((hash) => infoHash2.startsWith(hash));
      expect(hashes, 'the info-hash that it shows').satisfies(`${infoHash2}, whole or its beginning`, right);
    },
  }),
  refusal(
    {
      id: 'bep52.metainfo.meta-version-3',
      title: 'a version that nobody knows is refused',
      section,
      gate,
      killedBy: { 'any-meta-version': 'fail' },
    },
    { 'meta version 3': sample({ info: { 'meta version': 3 } }) },
  ),
  refusal(
    {
      id: 'bep52.metainfo.meta-version-missing',
      title: 'a file tree without a meta version is no torrent of version 2',
      section,
      gate,
      killedBy: { 'any-meta-version': 'fail' },
    },
    { 'a file tree without a meta version': sample({ info: { 'meta version': undefined } }) },
  ),
  refusal(
    {
      id: 'bep52.metainfo.piece-length-power-of-two',
      title: 'pieces are powers of two long',
      section,
      gate,
      killedBy: { 'any-piece-length': 'fail' },
    },
    { 'a piece length of 24 KiB': smallFiles({ 'piece length': 24_576 }) },
  ),
  refusal(
    {
      id: 'bep52.metainfo.piece-length-min',
      title: 'pieces are at least 16 KiB long',
      section,
      gate,
      killedBy: { 'any-piece-length': 'fail' },
    },
    { 'a piece length of 8 KiB': smallFiles({ 'piece length': 8_192 }) },
  ),
  refusal(
    {
      id: 'bep52.metainfo.piece-layers-missing',
      title: 'a file longer than a piece has its layer in the torrent file',
      section: layersSection,
      gate,
      killedBy: { 'no-layers-needed': 'fail' },
    },
    {
      'a torrent without layers': sample({ layers: () => undefined }),
      'one with none': sample({ layers: () => ({}) }),
    },
  ),
  refusal(
    {
      id: 'bep52.metainfo.piece-layers-wrong-hash',
      title: 'the hashes of a layer give the root of the file',
      section: layersSection,
      gate,
      killedBy: { 'believes-layers': 'fail' },
    },
    { 'a layer with a wrong byte': layers((layer) => layer.map((byte, at) => (at === 40 ? byte ^ 1 : byte))) },
  ),
  refusal(
    {
      id: 'bep52.metainfo.piece-layers-wrong-size',
      title: 'a layer has a hash for each piece',
      section: layersSection,
      gate,
      killedBy: { 'believes-layers': 'fail' },
    },
    {
      'a layer with a hash too few': layers((layer) => layer.subarray(0, -32)),
      'a layer that ends within a hash': layers((layer) => layer.subarray(0, -1)),
    },
  ),
  defineCase({
    id: 'bep52.metainfo.piece-layers-unknown-root',
    title: 'a layer of a file that there is not is refused or ignored, and does no harm',
    section: layersSection,
    gate,
    killedBy: { 'dies-of-unknown-layers': 'crash' },
    async run({ random, read, accepts }) {
      const given = { layers: (right: ReadonlyMap<string, Uint8Array>) => withAnother(right, random.bytes(32)) };
      await read(makeSample2(random, given));
      await accepts(makeSample2(random), 'the next file');
    },
  }),
  acceptance(
    {
      id: 'bep52.metainfo.small-file-no-layer',
      title: 'a file that is no longer than a piece needs no layer',
      section: layersSection,
      gate,
      killedBy: { 'layers-for-all': 'fail' },
    },
    { 'small files only': smallFiles() },
  ),
  acceptance(
    {
      id: 'bep52.metainfo.empty-file-no-root',
      title: 'an empty file has no root',
      section,
      gate,
      killedBy: { 'roots-for-all': 'fail' },
    },
    { 'an empty file among others': tree(({ large }) => ({ empty: { '': { length: 0 } }, 'large.bin': large })) },
  ),
  refusal(
    {
      id: 'bep52.metainfo.root-missing-nonempty',
      title: 'a file that is not empty has a root',
      section,
      gate,
      killedBy: { 'roots-for-none': 'fail' },
    },
    { 'a file without a root': tree(({ large }) => ({ 'large.bin': large, 'more.bin': { '': { length: 1_000 } } })) },
  ),
  refusal(
    {
      id: 'bep52.metainfo.tree-root-is-file',
      title: 'the root of the tree is no file',
      section,
      gate,
      killedBy: { 'files-anywhere': 'fail' },
    },
    { 'a tree that is a file': tree(({ large }) => large) },
  ),
  refusal(
    {
      id: 'bep52.metainfo.file-with-siblings',
      title: 'a file is no directory at the same time',
      section,
      gate,
      killedBy: { 'files-anywhere': 'fail' },
    },
    {
      'a file that has files': tree(({ large, small }) => ({
        'large.bin': { ...(large as object), 'small.bin': small } as Writable,
      })),
    },
  ),
  refusal(
    {
      id: 'bep52.metainfo.path-empty-name',
      title: 'a directory without a name is refused',
      section,
      gate,
      killedBy: { 'nameless-directories': 'non-strict' },
    },
    {
      'a directory without a name': tree(({ large }) => ({ folder: { '': { 'large.bin': large } }, 'x.bin': large })),
    },
  ),
  defineCase({
    id: 'bep52.metainfo.deep-tree',
    title: 'a thousand folders, each in the other, are refused or read, and do no harm',
    section,
    gate,
    killedBy: { 'recurses-without-limit': 'crash' },
    async run({ random, read, accepts }) {
      const deep = raw(`${'d1:a'.repeat(1_000)}d0:d6:lengthi0eee${'e'.repeat(1_000)}`);
      await read(makeSample2(random, { tree: () => deep, layers: () => ({}) }));
      await accepts(makeSample2(random), 'the next file');
    },
  }),
];

function withAnother(layers: ReadonlyMap<string, Uint8Array>, root: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const name = Buffer.from(root).toString('latin1');
  return sorted(new Map([...layers, [name, fromLatin1(name.repeat(2))]]));
}
