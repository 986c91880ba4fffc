/** Those who make torrent files with padding (BEP 47), of version 2 and of both versions (BEP 52). */
import type { Case } from '../../case.ts';
import { type BencodedMap, fromLatin1, latin1 } from '../../probe/bencode.ts';
import { filesOf, type Material, madePieceLength, treeOf } from '../../probe/files/making.ts';
import { fileTree } from '../../probe/files/merkle.ts';
import type { Random } from '../../random.ts';
import { defineCase } from './define.ts';
import { folder, hashesOf, hex, single } from './maker.ts';

const section = 'BEP 52, info dictionary';
const layersSection = 'BEP 52, metainfo files';
const padding = 'BEP 47, padding files';
const means = 'make';

const v2 = (material: Material): Material => ({ ...material, wishes: ['v2'] });
/** 128 KiB: the layer is three levels above the leaves. */
const largePieces = (random: Random): Material => ({ ...v2(single(random, 300_001)), pieceLength: 131_072 });

function layerOf(torrent: BencodedMap, root: Uint8Array | undefined): string {
  const layers = torrent.get('piece layers');
  return layers instanceof Map ? hex((layers as BencodedMap).get(latin1(root ?? new Uint8Array()))) : 'no layers';
}

export const version2Makers: readonly Case[] = [
  defineCase({
    id: 'bep47.maker-pad-alignment',
    title: 'with padding each file begins with a piece',
    section: padding,
    means,
    killedBy: { 'pads-one-too-much': 'fail' },
    async run({ random, make, expect }) {
      const { info } = await make({ ...folder(random), wishes: ['aligned'] });
      let at = 0;
      for (const file of filesOf(info)) {
        if (!file.padding) expect(at % madePieceLength, `where ${file.path.join('/')} begins within a piece`).is(0);
        at += file.length;
      }
    },
  }),
  defineCase({
    id: 'bep47.maker-pad-path',
    title: 'padding is named .pad and its length',
    section: padding,
    means,
    killedBy: { 'odd-padding-path': 'non-strict' },
    async run({ random, make, expect }) {
      const { info } = await make({ ...folder(random), wishes: ['aligned'] });
      const pads = filesOf(info).filter((file) => file.padding);
      expect(pads.length, 'the number of padding files').atLeast(1);
      for (const { path, length } of pads) expect(path, 'the path of a padding file').is(['.pad', String(length)]);
    },
  }),
  defineCase({
    id: 'bep52.metainfo.maker-root',
    title: 'the root of a file is that of the tree over its blocks, filled up to a power of two with zeros',
    section,
    means,
    killedBy: { 'zero-data-leaves': 'fail' },
    async run({ random, make, expect }) {
      const material = folder(random);
      const files = treeOf((await make(v2(material))).info);
      const paths = Object.keys(material.files);
      expect(files.map(({ path }) => path).sort(), 'the files of the tree').is(paths.sort());
      for (const { path, root } of files) {
        expect(hex(root), `the root of ${path}`).is(hex(fileTree(material.files[path]!, madePieceLength).root));
      }
    },
  }),
  defineCase({
    id: 'bep52.metainfo.maker-layer-level',
    title: 'a layer has the hashes of the pieces, and none beyond the end',
    section: layersSection,
    means,
    killedBy: { 'leaves-as-layer': 'fail' },
    async run({ random, make, expect }) {
      const material = largePieces(random);
      const { torrent, info } = await make(material);
      const right = fileTree(material.files['']!, 131_072);
      expect(layerOf(torrent, treeOf(info)[0]?.root), 'the layer of the file').is(hex(right.layer));
    },
  }),
  defineCase({
    id: 'bep52.metainfo.maker-last-leaf',
    title: 'the last block is hashed as long as it is',
    section,
    means,
    killedBy: { 'pads-tree-with-data': 'fail' },
    async run({ random, make, expect }) {
      const material = v2(single(random, 1_000));
      const root = treeOf((await make(material)).info)[0]?.root;
      expect(hex(root), 'the root of a file of one short block').is(
        hex(fileTree(material.files['']!, madePieceLength).root),
      );
    },
  }),
  defineCase({
    id: 'bep52.metainfo.maker-hybrid',
    title: 'in a torrent of both versions the list of files, with padding, has the order and the borders of the tree',
    section: 'BEP 52, upgrade path',
    means,
    killedBy: { 'hybrid-without-padding': 'fail' },
    async run({ random, make, expect }) {
      const material: Material = { ...folder(random), wishes: ['hybrid'] };
      const { info } = await make(material);
      const listed = filesOf(info);
      const order = listed.filter((file) => !file.padding).map(({ path }) => path.join('/'));
      expect(order, 'the order of the list').is(treeOf(info).map(({ path }) => path));
      let at = 0;
      const parts = listed.map((file) => {
        const data = file.padding ? new Uint8Array(file.length) : material.files[file.path.join('/')]!;
        if (!file.padding) expect(at % madePieceLength, `where ${file.path.join('/')} begins within a piece`).is(0);
        at += data.length;
        return data;
      });
      expect(hex(info.get('pieces')), 'the hashes of version 1').is(hashesOf(Buffer.concat(parts)));
    },
  }),
  defineCase({
    id: 'bep52.metainfo.maker-infohash-stable',
    title: 'the info dictionary of version 2 has what the text names, so that everybody gets the same info-hash',
    section,
    means,
    killedBy: { 'more-in-info': 'non-strict' },
    async run({ random, make, expect }) {
      const material = v2(folder(random));
      const { info } = await make(material);
      expect([...info.keys()], 'the keys of the info dictionary').is([
        'file tree',
        'meta version',
        'name',
        'piece length',
      ]);
      const names = treeOf(info).map(({ path }) => path);
      const sorted = [...names].sort((a, b) => Buffer.compare(keyOf(a), keyOf(b)));
      expect(names, 'the order of the files').is(sorted);
    },
  }),
];

/** Folders are sorted name by name, so that `a.b` comes behind `a/c`. */
function keyOf(path: string): Uint8Array {
  return fromLatin1(latin1(Buffer.from(path)).replaceAll('/', '\0'));
}
