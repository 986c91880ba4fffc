/** Everything that reading tolerates, each with its rule and its place; and that every rule in the table can happen. */
import { type BencodeInput, encode } from '@ferro/bencode';
import { toHex } from '@ferro/core';
import { describe, expect, test } from 'vitest';
import { limits, parseTorrent, type RuleId, rules } from '../src/index.ts';
import { someBytes } from './folder.ts';
import { hasLibtorrent, oracleNote, readByLibtorrent } from './oracle.ts';
import {
  type Dictionary,
  hashes,
  hybridOf,
  multiInfo,
  PIECE,
  raw,
  singleInfo,
  torrentOf,
  v2Of,
  v2Torrent,
} from './torrents.ts';

interface Tolerated {
  readonly name: string;
  readonly rule: RuleId;
  readonly bytes: Uint8Array;
  /** What stands at the offset. */
  readonly at: string | Uint8Array;
}

const odd = (name: string, rule: RuleId, at: string | Uint8Array, bytes: Uint8Array): Tolerated => ({
  name,
  rule,
  at,
  bytes,
});
const named = (name: string | Uint8Array) => torrentOf(singleInfo({ name }));
const multi = (...paths: readonly (readonly (string | Uint8Array)[])[]) => torrentOf(multiInfo(paths));
const link = (target: readonly string[]) =>
  torrentOf(
    multiInfo([], {
      files: [
        { length: 1, path: ['d', 'a'] },
        { attr: 'l', length: 0, path: ['d', 'the link'], 'symlink path': target },
      ],
      pieces: hashes(1),
    }),
  );

const text = new TextDecoder('latin1').decode(torrentOf(singleInfo(), { comment: 'hello' }));
const edited = (from: string, to: string) => raw(text.replace(from, to));
const many = (count: number) => Array.from({ length: count }, (_, i) => `http://${i}/`);
const good = v2Of({ 'a/CON': someBytes(5), 'b:c': someBytes(40_000), 'é/x?': someBytes(3) });

const tolerated: readonly Tolerated[] = [
  odd('a zero before a number', 'bencode/leading-zero', '05e', edited('i5e', 'i05e')),
  odd('minus zero', 'bencode/negative-zero', '-0e', edited('6:lengthi5e', '6:lengthi5e5:otheri-0e')),
  odd('a zero before a length', 'bencode/leading-zero', '08:file.txt', edited('8:file.txt', '08:file.txt')),
  odd(
    'a key out of order',
    'bencode/key-unsorted',
    '4:name',
    edited('4:name8:file.txt12:piece lengthi16384e', '12:piece lengthi16384e4:name8:file.txt'),
  ),
  odd(
    'a key twice',
    'bencode/key-duplicate',
    '4:name6:second',
    edited('4:name8:file.txt', '4:name8:file.txt4:name6:second'),
  ),
  odd('bytes behind the end', 'bencode/trailing-bytes', '\r\n', raw(text, '\r\n')),

  odd('a name that is not UTF-8', 'name/not-utf8', raw('caf\xe9'), named(raw('caf\xe9'))),
  odd('a separator', 'name/separator', 'a/b', named('a/b')),
  odd('the other separator', 'name/separator', 'a\\b', named('a\\b')),
  odd('a control character', 'name/control', 'a\nb', named('a\nb')),
  odd('an escape of the C1 set', 'name/control', 'a\u009bb', named('a\u009bb')),
  odd('a change of direction', 'name/direction', 'a\u202egpj.exe', named('a\u202egpj.exe')),
  odd('an alternate data stream', 'name/forbidden', 'a:b', named('a:b')),
  odd('a dot at the end', 'name/end', 'a.', named('a.')),
  odd('a device', 'name/device', 'nul.txt', named('nul.txt')),
  odd('a parent folder', 'name/dots', '..', multi(['..', 'b'])),
  odd('a long name', 'name/too-long', 'x'.repeat(300), named('x'.repeat(300))),
  odd('a long path', 'path/too-long', 'x'.repeat(200), multi([...Array(6).fill('x'.repeat(200)), 'file'])),
  odd('a deep path', 'path/too-long', 'd', multi([...Array(90).fill('d'), ...Array(20).fill('e'), 'file'])),
  odd('two files with one path', 'path/taken', 'a', multi(['b'], ['a'], ['a'])),
  odd('a file that is a folder', 'path/is-folder', 'a', multi(['a', 'b'], ['a'])),

  odd('padding by its name', 'file/padding-by-name', '_____padding_file_0_', multi(['a'], ['_____padding_file_0_'])),
  odd('a link to nothing', 'file/link-target', 'd', link(['nothing'])),
  odd('a link from its own folder', 'file/link-relative', 'd', link(['a'])),
  odd(
    'a layer of no file (BEP 52)',
    'info/layer-unknown',
    new Uint8Array(64).fill(5),
    v2Torrent({ ...good, layers: { ...good.layers, ['k'.repeat(32)]: new Uint8Array(64).fill(5) } }),
  ),
  odd(
    'a hybrid without pieces (BEP 52)',
    'info/pieces-missing',
    'd',
    torrentOf(hybridOf({ a: someBytes(5) }, { pieces: undefined }).info),
  ),
  odd('a name in a file tree (BEP 52)', 'name/device', '3:CON', v2Torrent(good)),

  odd(
    'a tier that is a URL (BEP 12)',
    'trackers/not-a-tier',
    'http://t/',
    torrentOf(singleInfo(), { 'announce-list': ['http://t/'] }),
  ),
  odd(
    'a tracker that is a number',
    'trackers/not-a-url',
    'l' + 'li5eee',
    torrentOf(singleInfo(), { 'announce-list': [[5]] }),
  ),
  odd('an empty tracker', 'trackers/not-a-url', '', torrentOf(singleInfo(), { 'announce-list': [[' ']] })),
  odd('a web seed that is a number (BEP 19)', 'seeds/not-a-url', 'i5e', torrentOf(singleInfo(), { 'url-list': 5 })),
  odd('a node without port (BEP 5)', 'nodes/malformed', 'host', torrentOf(singleInfo(), { nodes: [['host']] })),
  odd(
    'a list of thousands',
    'list/too-long',
    'l9:http://0/',
    torrentOf(singleInfo(), { 'url-list': many(limits.entries + 1) }),
  ),
  odd(
    'thousands of trackers',
    'list/too-long',
    'll9:http://0/',
    torrentOf(singleInfo(), { 'announce-list': [many(limits.entries + 1)] }),
  ),
];

/** Where `part` is in the torrent, be it a byte string or written bencode. */
function placesOf(part: string | Uint8Array, bytes: Uint8Array): number[] {
  const latin1 = (array: Uint8Array) => new TextDecoder('latin1').decode(array);
  const wanted = latin1(typeof part === 'string' ? encode(part).subarray(encode(part).indexOf(58) + 1) : part);
  const input = latin1(bytes);
  const places: number[] = [];
  for (let at = input.indexOf(wanted); at >= 0; at = input.indexOf(wanted, at + 1)) places.push(at);
  return places;
}

describe('what is tolerated is told, with its place', () => {
  test.each(tolerated)('$name: $rule', ({ rule, bytes, at }) => {
    const found = parseTorrent(bytes).deviations.filter((deviation) => deviation.rule === rule);
    expect(found.length).toBeGreaterThan(0);
    if (at !== '') expect(placesOf(at, bytes)).toEqual(expect.arrayContaining(found.map(({ offset }) => offset)));
  });

  test('every rule can happen', () => {
    expect(new Set(tolerated.map(({ rule }) => rule))).toEqual(new Set(Object.keys(rules)));
  });

  test.skipIf(!hasLibtorrent)(`${oracleNote} reads all of it, with the same info-hashes`, () => {
    const answers = readByLibtorrent(tolerated.map(({ bytes }) => bytes));
    for (const [i, { name, bytes }] of tolerated.entries()) {
      const { infoHashV1, infoHashV2 } = parseTorrent(bytes);
      const expected = { v1: infoHashV1?.hex ?? null, v2: infoHashV2 ? toHex(infoHashV2) : null };
      expect({ ...answers[i], case: name }).toMatchObject({ ...expected, case: name });
    }
  });

  test('no more are kept than the limit says', () => {
    const bytes = torrentOf(multiInfo(Array.from({ length: 50 }, (_, i) => [`${i}:`])));
    expect(parseTorrent(bytes).deviations).toHaveLength(50);
    expect(parseTorrent(bytes, { limits: { deviations: 7 } }).deviations).toHaveLength(7);
  });

  test('a good torrent has none', () => {
    const plain = v2Of({ 'a/b': someBytes(5), 'b/c': someBytes(40_000) });
    const outside = { announce: 'http://a/', 'announce-list': [['http://a/']], 'url-list': ['http://w/'] };
    expect(parseTorrent(v2Torrent(plain, outside)).deviations).toEqual([]);
  });
});

describe('the info-hash is over the bytes as found (BEP 3, info dictionary)', () => {
  const odd: Record<string, string> = {
    'keys out of order': text.replace(
      '4:name8:file.txt12:piece lengthi16384e',
      '12:piece lengthi16384e4:name8:file.txt',
    ),
    'a key twice': text.replace('4:name8:file.txt', '4:name8:file.txt4:name3:two'),
    'a key that is not UTF-8': text.replace('4:name8:file.txt', '4:name8:file.txt3:\xff\xfe\xfd1:x'),
    'a zero before a number': text.replace('i5e', 'i0005e'),
    'a number of 63 bits': text.replace('6:lengthi5e', '6:lengthi5e7:licencei9223372036854775807e'),
  };
  test.skipIf(!hasLibtorrent).each(Object.entries(odd))(`%s: the hash of ${oracleNote}`, (_, written) => {
    const [answer] = readByLibtorrent([raw(written)]);
    expect(answer).toMatchObject({ v1: parseTorrent(raw(written)).infoHashV1?.hex, name: 'file.txt' });
  });
});

describe('names can be kept that only Windows minds', () => {
  const paths = [['aux.c'], ['What?.mkv'], ['ends.'], ['a/b'], ['..']];
  const namesOf = (names: 'portable' | 'posix') =>
    parseTorrent(torrentOf(multiInfo(paths)), { names }).files.map(({ path }) => path[1]);
  test('portable', () => expect(namesOf('portable')).toEqual(['aux_.c', 'What_.mkv', 'ends', 'a_b', '_']));
  test('posix', () => expect(namesOf('posix')).toEqual(['aux.c', 'What?.mkv', 'ends.', 'a_b', '_']));
});

test('what a path was called stays known, for web seeds (BEP 19)', () => {
  const { files } = parseTorrent(torrentOf(multiInfo([['a:b', 'c'], ['d'], ['d']])));
  expect(files.map(({ path, original }) => [path.join('/'), original?.join('/')])).toEqual([
    ['folder/a_b/c', 'folder/a:b/c'],
    ['folder/d', undefined],
    ['folder/d.1', 'folder/d'],
  ]);
});

test('a name of text encodings that nobody can know still gives one file each', () => {
  const written = [raw('\xb2\xe2\xca\xd4'), raw('\xb2\xe2\xca\xd5')];
  const { files } = parseTorrent(torrentOf(multiInfo([[written[0]!], [written[1]!]])));
  expect(new Set(files.map(({ path }) => path.join('/'))).size).toBe(2);
});

test('name.utf-8 and path.utf-8 are preferred (BEP 3, as deployed)', () => {
  const files = [{ length: 1, path: [raw('\xe9')], 'path.utf-8': ['é'] }] as BencodeInput;
  const info: Dictionary = { name: raw('\xf6'), 'name.utf-8': 'ö', 'piece length': PIECE, files, pieces: hashes(1) };
  expect(parseTorrent(torrentOf(info))).toMatchObject({ name: 'ö', files: [{ path: ['ö', 'é'] }], deviations: [] });
});

test('info-hashes are made with the functions that are given', () => {
  const asked: string[] = [];
  const told = (name: string, length: number) => (bytes: Uint8Array) => {
    asked.push(`${name} of ${bytes.length}`);
    return new Uint8Array(length).fill(length);
  };
  const hashes = { sha1: told('sha1', 20), sha256: told('sha256', 32) };
  const { info, layers } = hybridOf({ a: someBytes(5) });
  const { infoBytes, infoHashV1, infoHashV2 } = parseTorrent(v2Torrent({ info, layers }), { hashes });
  expect(asked).toEqual([`sha1 of ${infoBytes.length}`, `sha256 of ${infoBytes.length}`]);
  expect([infoHashV1?.hex, infoHashV2]).toEqual(['14'.repeat(20), new Uint8Array(32).fill(32)]);
});
