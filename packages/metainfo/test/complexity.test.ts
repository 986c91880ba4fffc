/** Reading takes time in proportion to the file, whatever the file does; and large files are read in well under a second. */
import type { BencodeInput } from '@ferro/bencode';
import { describe, expect, test } from 'vitest';
import { parseMagnet, parseTorrent } from '../src/index.ts';
import { someBytes } from './folder.ts';
import { hashes, multiInfo, PIECE, raw, singleInfo, torrentOf, v2Of } from './torrents.ts';

const paths = (count: number, name: (i: number) => string[]) =>
  torrentOf(multiInfo(Array.from({ length: count }, (_, i) => name(i))));

/** 16 times the size may take 128 times as long: half of what a square takes, with room for a busy machine. */
const FACTOR = 16;
const RATIO = 128;

const cases: Record<string, (size: number) => Uint8Array> = {
  'many files': (size) => paths(size, (i) => [`d${i >> 5}`, `file ${i}`]),
  'files of one name': (size) => paths(size, () => ['same']),
  'files whose numbers are taken': (size) => paths(size, (i) => [i % 2 === 0 ? 'a' : `a.${i >> 1}`]),
  'names that have to change': (size) => paths(size, (i) => [`:${i}:`, `con.${i}`]),
  'deep folders': (size) => paths(size >> 5, (i) => [...Array(95).fill('d'), `${i}`]),
  'one long name': (size) => torrentOf(singleInfo({ name: `${'. '.repeat(size * 8)}x` })),
  trackers: (size) => torrentOf(singleInfo(), { 'announce-list': [Array(size * 2).fill('http://t/')] }),
  'tiers that are none': (size) => torrentOf(singleInfo(), { 'announce-list': Array(size).fill(5) }),
  pieces: (size) => torrentOf(singleInfo({ length: size * PIECE, pieces: hashes(size) })),
  'keys out of order': (size) =>
    raw(`d${Array.from({ length: size }, (_, i) => `4:${`${9999 - i}`.padStart(4, '0')}0:`).join('')}e`),
  links: (size) => {
    const file = (i: number) => ({ attr: 'l', path: [`l${i}`], 'symlink path': [`l${i + 1}`] });
    const files = [...Array.from({ length: size >> 2 }, (_, i) => file(i)), { length: 1, path: ['a'] }];
    return torrentOf(multiInfo([], { files: files as BencodeInput, pieces: hashes(1) }));
  },
  'a file tree of names that have to change': (size) => {
    const tree = Object.fromEntries(Array.from({ length: size >> 1 }, (_, i) => [`c:${i}`, { '': { length: 0 } }]));
    const file = { a: { '': { length: 5, 'pieces root': someBytes(32) } } };
    return torrentOf({ ...v2Of({}).info, 'file tree': { ...tree, ...file } as BencodeInput });
  },
};

function shortest(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const read = (bytes: Uint8Array) => () => {
  try {
    parseTorrent(bytes);
  } catch {
    // What is refused is refused in time, too.
  }
};

/** The best of three tries: a machine may be busy with something else for a while. */
function ratioOf(small: () => void, large: () => void): number {
  small();
  return Math.min(...[1, 2, 3].map(() => shortest(large) / Math.max(shortest(small), 0.02)));
}

describe('time grows with the size, not with its square', () => {
  test.each(Object.entries(cases))('%s', (_, make) => {
    const [small, large] = [make(250), make(250 * FACTOR)];
    expect(ratioOf(read(small), read(large))).toBeLessThan(RATIO);
  });

  test('parameters of a magnet link', () => {
    const link = (count: number) =>
      `magnet:?xt=urn:btih:${'ab'.repeat(20)}${'&tr=http%3A%2F%2Ft%2F%FF&x.pe=a:1'.repeat(count)}`;
    const [small, large] = [link(200), link(200 * FACTOR)];
    const run = (text: string) => () => void parseMagnet(text);
    expect(ratioOf(run(small), run(large))).toBeLessThan(RATIO);
  });
});

describe('ten megabytes', () => {
  test('500,000 pieces cost no more memory than a few objects', () => {
    const bytes = torrentOf(singleInfo({ length: 500_000 * PIECE, pieces: hashes(500_000) }));
    const { pieces, pieceCount } = parseTorrent(bytes);
    expect(pieceCount).toBe(500_000);
    expect(pieces?.buffer).toBe(bytes.buffer);
  });

  test('100,000 files are read', () => {
    const { files, deviations } = parseTorrent(paths(100_000, (i) => [`folder ${i >> 6}`, `file number ${i}.txt`]));
    expect([files.length, deviations.length]).toEqual([100_000, 0]);
    expect(files.at(-1)).toMatchObject({ path: ['folder', 'folder 1562', 'file number 99999.txt'], offset: 99_999 });
  });
});
