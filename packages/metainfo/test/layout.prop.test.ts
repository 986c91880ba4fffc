/** A layout against the plainest one: every byte of the space written down. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FileRange, Layout, parseTorrent } from '../src/index.ts';
import { someBytes } from './folder.ts';
import { hashes, hybridOf, PIECE, torrentOf, v2Of, v2Torrent } from './torrents.ts';

const lengths = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 70 })), { minLength: 1, maxLength: 12 });

/** A layout of version 1 with these files. */
function layoutOf(fileLengths: readonly number[], pieceLength: number): Layout {
  let offset = 0;
  const files = fileLengths.map((length, i) => {
    const file = { path: [`${i}`], length, offset, padding: false, executable: false, hidden: false };
    offset += length;
    return file;
  });
  return new Layout({ version: 'v1', pieceLength, pieceCount: Math.ceil(offset / pieceLength), files });
}

describe('pieces, files and bytes (BEP 3)', () => {
  test('every byte of a piece is where it would be if all files were written out', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 40 }), (fileLengths, pieceLength) => {
        const layout = layoutOf(fileLengths, pieceLength);
        const bytes = fileLengths.flatMap((length, file) => Array.from({ length }, (_, at) => `${file}:${at}`));
        expect(layout.length).toBe(bytes.length);
        for (let piece = 0; piece < layout.pieceCount; piece++) {
          const expected = bytes.slice(piece * pieceLength, (piece + 1) * pieceLength);
          expect(layout.lengthOf(piece)).toBe(expected.length);
          expect(writtenOut(layout.ranges(piece))).toEqual(expected);
          expect(writtenOut(layout.ranges(piece, 1, 3))).toEqual(
            bytes.slice(piece * pieceLength + 1, piece * pieceLength + 4),
          );
        }
        for (const [i, byte] of bytes.entries()) expect(`${layout.fileAt(i)}`).toBe(byte.split(':')[0]);
      }),
    );
  });

  test('the pieces of a file are those that have a byte of it', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 40 }), (fileLengths, pieceLength) => {
        const layout = layoutOf(fileLengths, pieceLength);
        for (const file of fileLengths.keys()) {
          const { first, end } = layout.piecesOf(file);
          const holding = Array.from({ length: layout.pieceCount }, (_, piece) => piece).filter((piece) =>
            layout.ranges(piece).some((range) => range.file === file),
          );
          expect(Array.from({ length: end - first }, (_, i) => first + i)).toEqual(holding);
        }
      }),
    );
  });

  test('blocks add up to their piece', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500_000 }), fc.integer({ min: 1, max: 8 }), (length, factor) => {
        const layout = layoutOf([length], factor * PIECE);
        for (let piece = 0; piece < layout.pieceCount; piece++) {
          const blocks = Array.from({ length: layout.blockCount(piece) }, (_, i) => layout.blockLength(piece, i));
          expect(blocks.reduce((sum, block) => sum + block, 0)).toBe(layout.lengthOf(piece));
          expect(blocks.slice(0, -1).every((block) => block === PIECE)).toBe(true);
          expect(blocks.at(-1)).toBeGreaterThan(0);
        }
      }),
    );
  });
});

function writtenOut(ranges: readonly FileRange[]): string[] {
  return ranges.flatMap(({ file, offset, length }) => Array.from({ length }, (_, i) => `${file}:${offset + i}`));
}

test('terabytes: offsets beyond 32 bits stay exact', () => {
  const layout = layoutOf([2 ** 43 - 1, 2 ** 43 + 2, 5], 2 ** 24);
  expect(layout.pieceCount).toBe(2 ** 20 + 1);
  expect(layout.lengthOf(2 ** 20)).toBe(6);
  expect(layout.fileAt(2 ** 43 - 2)).toBe(0);
  expect(layout.fileAt(2 ** 43 - 1)).toBe(1);
  expect(layout.ranges(2 ** 19 - 1, 2 ** 24 - 2)).toEqual([
    { file: 0, offset: 2 ** 43 - 2, length: 1 },
    { file: 1, offset: 0, length: 1 },
  ]);
  expect(layout.piecesOf(2)).toEqual({ first: 2 ** 20, end: 2 ** 20 + 1 });
});

test('finding a file takes logarithmic time: with 256 times the files it takes nothing like 256 times as long', () => {
  const shortest = (files: number) => {
    const layout = layoutOf(new Array(files).fill(10), 1_000);
    const times = Array.from({ length: 7 }, () => {
      const start = performance.now();
      for (let i = 0; i < 2_000; i++) layout.fileAt((i * 7_919) % layout.length);
      return performance.now() - start;
    });
    return Math.min(...times);
  };
  shortest(1_000);
  expect(shortest(256_000) / shortest(1_000)).toBeLessThan(64);
});

describe('version 2 and hybrid (BEP 52)', () => {
  const files = { a: someBytes(20_000), b: someBytes(0), c: someBytes(PIECE), d: someBytes(7) };

  test('a piece of version 2 ends where its file ends', () => {
    const layout = new Layout(parseTorrent(v2Torrent(v2Of(files))));
    expect([0, 1, 2, 3].map((piece) => layout.lengthOf(piece))).toEqual([PIECE, 20_000 - PIECE, PIECE, 7]);
    expect(layout.pieceCount).toBe(4);
    expect(layout.piecesOf(3)).toEqual({ first: 2, end: 3 });
  });

  test('in a hybrid, padding fills the piece', () => {
    const metainfo = parseTorrent(v2Torrent(hybridOf(files)));
    const layout = new Layout(metainfo);
    expect([0, 1, 2, 3].map((piece) => layout.lengthOf(piece))).toEqual([PIECE, PIECE, PIECE, PIECE]);
    expect(layout.ranges(1).map(({ file, length }) => [layout.files[file]!.padding, length])).toEqual([
      [false, 20_000 - PIECE],
      [true, 2 * PIECE - 20_000],
    ]);
    expect(metainfo.length).toBe(20_000 + PIECE + 7);
  });

  test('a storage is told every hash, and what not to write', () => {
    const v2 = v2Of(files);
    const storage = new Layout(parseTorrent(v2Torrent(v2))).storage('/data');
    expect(storage.merkle?.length).toBe(4 * 32);
    expect(storage.sha1).toBeUndefined();
    expect(storage.files.map(({ path, padding }) => [path.at(-1), padding ?? false])).toEqual([
      ['a', false],
      ['b', false],
      ['12768', true],
      ['c', false],
      ['d', false],
    ]);
    const withoutLayers = new Layout(parseTorrent(torrentOf(v2.info))).storage('/data');
    expect(withoutLayers.merkle).toBeUndefined();
    const hybrid = new Layout(parseTorrent(v2Torrent(hybridOf(files)))).storage('/data');
    expect([hybrid.sha1?.length, hybrid.merkle]).toEqual([80, storage.merkle]);
  });

  test('a link is not made, and an executable file is (BEP 47)', () => {
    const list = [
      { attr: 'xh', length: 3, path: ['a'] },
      { attr: 'l', path: ['b'], 'symlink path': ['a'] },
    ];
    const info = { name: 'n', 'piece length': PIECE, files: list, pieces: hashes(1) };
    const metainfo = parseTorrent(torrentOf(info));
    expect(metainfo.files).toMatchObject([
      { hidden: true, executable: true },
      { symlink: ['n', 'a'], length: 0 },
    ]);
    expect(new Layout(metainfo).storage('/data').files).toEqual([
      { path: ['n', 'a'], length: 3, executable: true },
      { path: ['n', 'b'], length: 0, padding: true },
    ]);
  });
});
