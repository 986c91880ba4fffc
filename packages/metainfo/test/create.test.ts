import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rawSlice } from '@ferro/bencode';
import { Id20 } from '@ferro/core';
import { nodeHost } from '@ferro/node';
import { afterAll, describe, expect, test } from 'vitest';
import { createTorrent, isJunk, parseTorrent, type TorrentVersion } from '../src/index.ts';
import { type Folder, folderOf, singleFile } from './folder.ts';
import { askLibtorrent, base64, hasLibtorrent, oracleNote } from './oracle.ts';

const host = nodeHost();
afterAll(() => host.close());

const hasProgram = (name: string) => spawnSync('which', [name]).status === 0;
const infoOf = (torrent: Uint8Array) => Buffer.from(rawSlice(torrent, ['info'])!);

const KIB = 1024;
const tree = {
  'a.txt': 5,
  'a/one': 100 * KIB,
  'a/two': 16 * KIB,
  'a-b': 40_000,
  'b/c/deep.bin': 33 * KIB + 1,
  empty: 0,
  'Übung/ß.txt': 70_000,
  z: 64 * KIB,
};

/** The same file in the four shapes that torrents come in. */
const shapes: readonly (readonly [string, () => Folder])[] = [
  ['a folder', () => folderOf('folder', tree)],
  ['a folder with one file', () => folderOf('folder', { 'only.bin': 50_000 })],
  ['a single file', () => singleFile('single.bin', 100_001)],
  ['a single file shorter than a block', () => singleFile('tiny', 3)],
];

describe('the info dictionary is the one that mktorrent writes (BEP 3)', () => {
  const note = hasProgram('mktorrent') ? 'mktorrent' : 'mktorrent, which is not installed here';
  const cases = [
    { options: {}, flags: [] },
    { options: { private: true, source: 'SRC' }, flags: ['-p', '-s', 'SRC'] },
  ];
  describe.each(shapes)('%s', (_, make) => {
    test.skipIf(!hasProgram('mktorrent')).each(cases)(`with $flags, against ${note}`, async ({ options, flags }) => {
      const { parent, source } = make();
      const target = source.single ? join(parent, source.name) : source.root;
      const file = join(parent, 'theirs.torrent');
      const urls = [
        '-a',
        'http://a/announce,http://b/announce',
        '-a',
        'udp://c:1',
        '-w',
        'http://w/',
        '-c',
        'a comment',
      ];
      execFileSync('mktorrent', ['-l', '15', '-d', ...urls, ...flags, '-o', file, target], { stdio: 'ignore' });
      const ours = await createTorrent(host, source, {
        pieceLength: 32_768,
        trackers: [['http://a/announce', 'http://b/announce'], ['udp://c:1']],
        webSeeds: ['http://w/'],
        comment: 'a comment',
        createdBy: 'mktorrent 1.1',
        ...options,
      });
      expect(infoOf(ours).toString('latin1')).toBe(infoOf(readFileSync(file)).toString('latin1'));
      expect(Buffer.from(ours).toString('latin1')).toBe(readFileSync(file).toString('latin1'));
    });
  });
});

const versions: readonly TorrentVersion[] = ['v1', 'v2', 'hybrid'];

describe.each(versions)('%s', (version) => {
  test.skipIf(!hasLibtorrent)(`the info dictionaries are those of ${oracleNote} (BEP 47, BEP 52)`, async () => {
    const folders = shapes.map(([, make]) => make());
    const pieceLength = 32_768;
    const questions = folders.map(({ parent, source }) => {
      const files = source.files.map(({ path, length }) => ({
        path: source.single ? path[0] : [source.name, ...path].join('/'),
        length,
      }));
      return { ask: 'create', root: parent, files, pieceLength, version, private: true };
    });
    const theirs = askLibtorrent<{ torrent: string; error?: undefined }>(questions);
    for (const [i, { source }] of folders.entries()) {
      const ours = await createTorrent(host, source, { version, pieceLength, private: true, order: 'given' });
      const their = theirs[i]!;
      expect(their.error).toBeUndefined();
      const expected = infoOf(Buffer.from((their as { torrent: string }).torrent, 'base64'));
      expect(infoOf(ours).toString('latin1')).toBe(expected.toString('latin1'));
    }
  });
});

test.skipIf(!hasLibtorrent)(
  `torrents of every version are whole in ${oracleNote}, with the same info-hashes`,
  async () => {
    const questions: object[] = [];
    const expected: object[] = [];
    for (const version of versions) {
      for (const [shape, make] of shapes) {
        // In version 2 alone, a folder with one file is written as that file alone would be.
        if (version === 'v2' && shape === 'a folder with one file') continue;
        const { parent, source } = make();
        const ours = await createTorrent(host, source, { version, pieceLength: 16_384 });
        const { infoHashV1, infoHashV2, ...metainfo } = parseTorrent(ours);
        expect(metainfo).toMatchObject({ version, deviations: [] });
        const torrent = base64(ours);
        questions.push({ ask: 'read', torrent }, { ask: 'verify', torrent, root: parent });
        const v2 = infoHashV2 === undefined ? null : Buffer.from(infoHashV2).toString('hex');
        expected.push({ v1: infoHashV1?.hex ?? null, v2 }, { progress: 1, seeding: true });
      }
    }
    expect(askLibtorrent(questions)).toMatchObject(expected);
  },
);

test.skipIf(!hasLibtorrent)(`links and attributes are written as ${oracleNote} does (BEP 47)`, async () => {
  const { parent, source } = folderOf('folder', { 'a/file': 20_000, 'b/x': 3 });
  const files = [
    { ...source.files[0]!, executable: true },
    { path: ['a', 'link'], length: 0, link: ['..', 'b', '.', 'x'] },
    source.files[1]!,
  ];
  for (const version of versions) {
    const ours = await createTorrent(host, { ...source, files }, { version, pieceLength: 16_384 });
    const question = {
      ask: 'create',
      root: parent,
      pieceLength: 16_384,
      version,
      files: [
        { path: 'folder/a/file', length: 20_000, executable: true },
        { path: 'folder/a/link', link: 'b/x' },
        { path: 'folder/b/x', length: 3 },
      ],
    };
    const [theirs] = askLibtorrent<{ torrent: string }>([question]);
    const expected = infoOf(Buffer.from((theirs as { torrent: string }).torrent, 'base64'));
    expect(infoOf(ours).toString('latin1')).toBe(expected.toString('latin1'));
    const link = parseTorrent(ours).files.find(({ path }) => path.at(-1) === 'link');
    expect(link).toMatchObject({ length: 0, symlink: ['folder', 'b', 'x'] });
  }
});

describe('other clients see the same info-hash (their stable releases do not read hybrid torrents, whoever made them)', () => {
  test.skipIf(!hasProgram('transmission-show'))('transmission-show', async () => {
    const { torrent, file } = await written();
    const text = execFileSync('transmission-show', [file], { encoding: 'utf8' });
    expect(/Hash: ([0-9a-f]{40})/.exec(text)?.[1]).toBe(parseTorrent(torrent).infoHashV1?.hex);
  });

  test.skipIf(!hasProgram('aria2c'))('aria2c', async () => {
    const { torrent, file } = await written();
    const text = execFileSync('aria2c', ['-S', file], { encoding: 'utf8' });
    expect(/Info Hash: ([0-9a-f]{40})/.exec(text)?.[1]).toBe(parseTorrent(torrent).infoHashV1?.hex);
  });
});

async function written(): Promise<{ torrent: Uint8Array; file: string }> {
  const { parent, source } = folderOf('folder', tree);
  const torrent = await createTorrent(host, source, { trackers: [['http://a/announce']] });
  const file = join(parent, 'made.torrent');
  writeFileSync(file, torrent);
  return { torrent, file };
}

describe('nothing is added that was not asked for', () => {
  test('a torrent without options has an info dictionary and nothing else', async () => {
    const torrent = await createTorrent(host, singleFile('a', 20_000).source);
    expect(Buffer.from(torrent).toString('latin1')).toMatch(
      /^d4:infod6:lengthi20000e4:name1:a12:piece lengthi16384e6:pieces40:[\s\S]{40}ee$/,
    );
  });

  test('everything that can be said is said, and read back', async () => {
    const similar = [Id20.from('ab'.repeat(20))];
    const torrent = await createTorrent(host, folderOf('f', { a: 1, b: 2 }).source, {
      version: 'hybrid',
      private: true,
      source: 'S',
      updateUrl: 'http://u/',
      similar,
      collections: ['c'],
      trackers: [['http://a/'], [], ['http://b/', 'http://c/']],
      webSeeds: ['http://w/', 'http://x/'],
      httpSeeds: ['http://h/'],
      nodes: [{ host: 'n', port: 7 }],
      comment: 'ü',
      createdBy: 'me',
      creationDate: 1_700_000_000,
    });
    expect(parseTorrent(torrent)).toMatchObject({
      version: 'hybrid',
      private: true,
      source: 'S',
      updateUrl: 'http://u/',
      similar: [similar[0]!.bytes],
      collections: ['c'],
      trackers: [['http://a/'], ['http://b/', 'http://c/']],
      webSeeds: ['http://w/', 'http://x/'],
      httpSeeds: ['http://h/'],
      nodes: [{ host: 'n', port: 7 }],
      comment: 'ü',
      createdBy: 'me',
      creationDate: 1_700_000_000,
      deviations: [],
    });
  });

  test('the piece length is chosen so that there are about 1,000 to 2,000 pieces', async () => {
    const torrent = await createTorrent(host, singleFile('a', 40_000_000).source);
    expect(parseTorrent(torrent)).toMatchObject({ pieceLength: 32_768, pieceCount: 1221 });
  });
});

describe('progress, stopping, failing', () => {
  test('progress goes up to the whole', async () => {
    const seen: number[] = [];
    const { source } = folderOf('f', { a: 100_000, b: 1 });
    await createTorrent(host, source, { pieceLength: 16_384, onProgress: (done) => seen.push(done) });
    expect(seen).toEqual([16_384, 32_768, 49_152, 65_536, 81_920, 98_304, 100_001]);
  });

  test('a signal stops it, before and in the middle', async () => {
    const { source } = folderOf('f', { a: 3_000_000 });
    const stopped = AbortSignal.abort(new Error('not now'));
    await expect(createTorrent(host, source, { signal: stopped })).rejects.toThrow('not now');
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const options = { signal: controller.signal, onProgress, pieceLength: 16_384 };
    await expect(createTorrent(host, source, options)).rejects.toThrow('enough');
  });

  test('an error of the progress callback is the error of the whole', async () => {
    const onProgress = () => {
      throw new Error('mine');
    };
    await expect(createTorrent(host, singleFile('a', 9).source, { onProgress })).rejects.toThrow('mine');
  });

  test('a file that is shorter than was said, or not there, is an error', async () => {
    const { source } = folderOf('f', { a: 10 });
    const longer = { ...source, files: [{ path: ['a'], length: 20 }] };
    await expect(createTorrent(host, longer)).rejects.toThrow();
    const absent = { ...source, files: [{ path: ['b'], length: 20 }] };
    await expect(createTorrent(host, absent)).rejects.toThrow();
  });

  test.each([
    ['no content', { files: [{ path: ['a'], length: 0 }] }, {}],
    ['no files', { files: [] }, {}],
    ['a path that climbs', { files: [{ path: ['..', 'a'], length: 1 }] }, {}],
    ['a name with a separator', { name: 'a/b' }, {}],
    [
      'two files in one place',
      {
        files: [
          { path: ['a'], length: 1 },
          { path: ['a'], length: 1 },
        ],
      },
      {},
    ],
    [
      'a file that is a folder',
      {
        files: [
          { path: ['a'], length: 1 },
          { path: ['a', 'b'], length: 1 },
        ],
      },
      {},
    ],
    ['a length that is none', { files: [{ path: ['a'], length: 0.5 }] }, {}],
    [
      'a link out of the torrent',
      {
        files: [
          { path: ['a'], length: 1 },
          { path: ['l'], length: 0, link: ['..', 'x'] },
        ],
      },
      {},
    ],
    [
      'an absolute link',
      {
        files: [
          { path: ['a'], length: 1 },
          { path: ['l'], length: 0, link: ['', 'etc'] },
        ],
      },
      {},
    ],
    [
      'two single files',
      {
        single: true,
        files: [
          { path: ['a'], length: 1 },
          { path: ['b'], length: 1 },
        ],
      },
      {},
    ],
    ['a piece length that is no power of two (BEP 52)', {}, { version: 'v2', pieceLength: 20_000 }],
    ['a piece length under 16 KiB (BEP 52)', {}, { version: 'hybrid', pieceLength: 8192 }],
    ['no piece length', {}, { pieceLength: 0 }],
  ] as const)('%s is a RangeError', async (_, source, options) => {
    const valid = { name: 'n', root: '/nowhere', files: [{ path: ['a'], length: 1 }] };
    await expect(createTorrent(host, { ...valid, ...source }, options)).rejects.toThrow(RangeError);
  });
});

test('junk is known by its name', () => {
  const junk = ['.DS_Store', '._movie.mkv', 'Thumbs.db', 'desktop.ini', '__MACOSX', '~$draft.docx', '.~lock.a.odt#'];
  expect(junk.filter(isJunk)).toEqual(junk);
  expect(['a.txt', '.hidden', 'thumbs', 'Icon', 'DS_Store'].filter(isJunk)).toEqual([]);
});
