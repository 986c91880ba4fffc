/**
 * Files that are no torrents, each with the code that says why (BEP 3, BEP 47, BEP 52), made from good ones by one change. That
 * libtorrent refuses them as well is checked where it is installed: reading is not stricter than the clients that people use.
 */
import { BencodeError, type BencodeInput, encode } from '@ferro/bencode';
import { ProtocolError } from '@ferro/core';
import { describe, expect, test } from 'vitest';
import { limits, parseInfo, parseTorrent } from '../src/index.ts';
import { someBytes } from './folder.ts';
import { hasLibtorrent, oracleNote, readByLibtorrent } from './oracle.ts';
import {
  type Dictionary,
  hashes,
  hybridOf,
  multiInfo,
  PIECE,
  ROOT,
  raw,
  singleInfo,
  torrentOf,
  v2Of,
  v2Torrent,
} from './torrents.ts';

interface Malformed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly code: string;
  /** Why libtorrent takes it. */
  readonly accepted?: string;
}

const bad = (name: string, code: string, bytes: Uint8Array, accepted?: string): Malformed => ({
  name,
  bytes,
  code,
  ...(accepted && { accepted }),
});

const without = (dictionary: Dictionary, key: string): Dictionary => ({ ...dictionary, [key]: undefined });
const single = (changes: Dictionary) => torrentOf(singleInfo(changes));
const files = (list: BencodeInput, changes: Dictionary = {}) =>
  torrentOf(multiInfo([['a']], { files: list, ...changes }));
const file = (changes: Dictionary) => files([{ length: 1, path: ['a'], ...changes } as BencodeInput]);

const good = v2Of({ a: someBytes(40_000), 'b/c': someBytes(5) });
const tree = (value: BencodeInput, changes: Dictionary = {}) =>
  v2Torrent({ ...good, info: { ...good.info, 'file tree': value, ...changes } });
const leaf = (changes: Dictionary) => ({ '': { length: 5, 'pieces root': ROOT, ...changes } }) as BencodeInput;
const layers = (value: BencodeInput) => torrentOf(good.info, { 'piece layers': value });
const layerKey = Object.keys(good.layers)[0]!;
const layer = good.layers[layerKey] as Uint8Array;

const hybridFiles = { a: someBytes(20_000), b: someBytes(7, 2) };
const hybrid = (changes: Dictionary) => v2Torrent(hybridOf(hybridFiles, changes));
const hybridList = (change: (list: Dictionary[]) => BencodeInput) =>
  hybrid({ files: change(hybridOf(hybridFiles).info['files'] as Dictionary[]) });

const text = new TextDecoder('latin1').decode(single({}));
const edited = (from: string, to: string) => raw(text.replace(from, to));

const corpus: readonly Malformed[] = [
  bad('nothing', 'bencode/unexpected-end', raw('')),
  bad('a web page', 'bencode/unexpected-byte', raw('<!DOCTYPE html>')),
  bad('a number', 'metainfo/not-a-dictionary', raw('i5e')),
  bad('a list', 'metainfo/not-a-dictionary', raw('le')),
  bad('a string', 'metainfo/not-a-dictionary', raw('4:info')),
  bad('an empty dictionary', 'metainfo/info-missing', raw('de')),
  bad('a dictionary that does not end', 'bencode/unexpected-end', raw(text.slice(0, -1))),
  bad('a file cut in the middle', 'bencode/unexpected-end', raw(text.slice(0, text.length >> 1))),
  bad('a key without a value', 'bencode/unexpected-byte', raw('d4:infoe')),
  bad('a key that is a number', 'bencode/unexpected-byte', raw('di1ei2ee')),
  bad('an integer without digits', 'bencode/unexpected-byte', edited('6:lengthi5e', '6:lengthie')),
  bad('an integer with a letter', 'bencode/unexpected-byte', edited('6:lengthi5e', '6:lengthi5xe')),
  bad('a string longer than the file', 'bencode/unexpected-end', edited('8:file.txt', '8888:file.txt')),
  bad('a string of negative length', 'bencode/unexpected-byte', edited('8:file.txt', '-8:file.txt')),
  bad('a thousand lists in each other', 'bencode/limit-depth', raw(`d4:info${'l'.repeat(1000)}`)),

  bad('no info dictionary', 'metainfo/info-missing', encode({ announce: 'http://a/' })),
  bad('info that is a string', 'metainfo/info-missing', encode({ info: 'x' })),
  bad('info that is a list', 'metainfo/info-missing', encode({ info: [] })),
  bad('info that is a number', 'metainfo/info-missing', encode({ info: 7 })),
  bad('an empty info dictionary', 'metainfo/piece-length', encode({ info: {} })),

  bad('no piece length', 'metainfo/piece-length', torrentOf(without(singleInfo(), 'piece length'))),
  bad('a piece length of 0', 'metainfo/piece-length', single({ 'piece length': 0 })),
  bad('a negative piece length', 'metainfo/piece-length', single({ 'piece length': -PIECE })),
  bad('a piece length of a gigabyte', 'metainfo/piece-length', single({ 'piece length': 2 ** 30 })),
  bad('a piece length beyond 32 bits', 'metainfo/piece-length', single({ 'piece length': 2 ** 32 + PIECE })),
  bad('a piece length beyond 64 bits', 'metainfo/piece-length', single({ 'piece length': 2n ** 70n })),
  bad('a piece length in text', 'metainfo/piece-length', single({ 'piece length': '16384' })),

  bad('no name', 'metainfo/name-missing', torrentOf(without(singleInfo(), 'name'))),
  bad('a name that is a number', 'metainfo/name-missing', single({ name: 5 })),
  bad('a name that is a list', 'metainfo/name-missing', single({ name: ['a'] })),

  bad('neither length nor files', 'metainfo/files-missing', torrentOf(without(singleInfo(), 'length'))),
  bad('files that are a dictionary, and no length', 'metainfo/files-missing', files({})),
  bad('files that are text, and no length', 'metainfo/files-missing', files('x')),
  bad('an empty list of files', 'metainfo/length', files([])),
  bad('a negative length', 'metainfo/file-length', single({ length: -5 })),
  bad('a length in text', 'metainfo/file-length', single({ length: '5' })),
  bad('a length of 0', 'metainfo/length', single({ length: 0, pieces: hashes(0) })),
  bad('a length beyond 2^44', 'metainfo/file-length', single({ length: 2 ** 45 })),
  bad('a length beyond 2^53', 'metainfo/file-length', single({ length: 2n ** 60n })),
  bad('a length beyond 2^64', 'metainfo/file-length', single({ length: 2n ** 64n + 5n })),

  bad('a file that is text', 'metainfo/file-malformed', files(['a'])),
  bad('a file that is a list', 'metainfo/file-malformed', files([[]])),
  bad('a file without length', 'metainfo/file-length', file({ length: undefined })),
  bad('a file of negative length', 'metainfo/file-length', file({ length: -1 })),
  bad('a file whose length is text', 'metainfo/file-length', file({ length: '1' })),
  bad('a file without path', 'metainfo/path-missing', file({ path: undefined })),
  bad('a file with an empty path', 'metainfo/path-missing', file({ path: [] })),
  bad('a path that is text', 'metainfo/path-missing', file({ path: 'a' })),
  bad('a path of numbers', 'metainfo/path-malformed', file({ path: [1] })),
  bad('a path of lists', 'metainfo/path-malformed', file({ path: [['a']] })),
  bad('a path.utf-8 of numbers', 'metainfo/path-malformed', file({ 'path.utf-8': [1] })),
  bad('only empty files', 'metainfo/length', files([{ length: 0, path: ['a'] }], { pieces: hashes(0) })),
  bad('a link target that is a number', 'metainfo/path-malformed', file({ attr: 'l', 'symlink path': [1] })),

  bad('no pieces', 'metainfo/pieces-length', torrentOf(without(singleInfo(), 'pieces'))),
  bad('pieces that are a list', 'metainfo/pieces-length', single({ pieces: [] })),
  bad('pieces that are no multiple of 20', 'metainfo/pieces-length', single({ pieces: new Uint8Array(21) })),
  bad('a piece too few', 'metainfo/pieces-length', single({ length: PIECE + 1 })),
  bad('a piece too many', 'metainfo/pieces-length', single({ pieces: hashes(2) })),
  bad('no hashes at all', 'metainfo/pieces-length', single({ pieces: hashes(0) })),
  bad('lengths that add up to 2^48', 'metainfo/length', files(Array(17).fill({ length: 2 ** 44 - 1, path: ['a'] }))),
  bad('pieces without number', 'metainfo/too-many-pieces', single({ 'piece length': 1, length: 2 ** 40 })),

  bad('a file tree without a meta version (BEP 52)', 'metainfo/meta-version-missing', single({ 'file tree': {} })),
  bad('meta version 3', 'metainfo/meta-version', tree({}, { 'meta version': 3 })),
  bad('meta version 2 without a file tree', 'metainfo/file-tree-missing', single({ 'meta version': 2 })),
  bad('a file tree that is a list', 'metainfo/file-tree-missing', tree([])),
  bad('an empty file tree', 'metainfo/length', tree({})),
  bad('a file tree of empty files', 'metainfo/length', tree({ a: leaf({ length: 0, 'pieces root': undefined }) })),
  bad('a file tree that is itself a file', 'metainfo/file-tree', tree(leaf({}))),
  bad('an entry that is a number', 'metainfo/file-tree', tree({ a: 5 })),
  bad('an entry that is text', 'metainfo/file-tree', tree({ a: 'x' })),
  bad('a file that is a folder too', 'metainfo/file-tree', tree({ a: { ...(leaf({}) as object), b: leaf({}) } })),
  bad('a file that is no dictionary', 'metainfo/file-tree', tree({ a: { '': 5 } })),
  bad('a file without length in the tree', 'metainfo/file-length', tree({ a: leaf({ length: undefined }) })),
  bad('a file of negative length in the tree', 'metainfo/file-length', tree({ a: leaf({ length: -1 }) })),
  bad('padding in the tree', 'metainfo/file-tree', tree({ a: leaf({ attr: 'p' }) })),
  bad('a file without root', 'metainfo/pieces-root', tree({ a: leaf({ 'pieces root': undefined }) })),
  bad('a root of 20 bytes', 'metainfo/pieces-root', tree({ a: leaf({ 'pieces root': hashes(1) }) })),
  bad('a root of zeros', 'metainfo/pieces-root', tree({ a: leaf({ 'pieces root': new Uint8Array(32) }) })),
  bad('a root that is a number', 'metainfo/pieces-root', tree({ a: leaf({ 'pieces root': 5 }) })),
  bad(
    'a piece length that is no power of two',
    'metainfo/piece-length-v2',
    tree({ a: leaf({}) }, { 'piece length': 3 * PIECE }),
  ),
  bad('a piece length of 8 KiB', 'metainfo/piece-length-v2', tree({ a: leaf({}) }, { 'piece length': 8192 })),
  bad('keys out of order', 'metainfo/info-not-canonical', unsortedV2()),

  bad('piece layers under a short key', 'metainfo/piece-layer', layers({ abc: layer })),
  bad('a piece layer that is a list', 'metainfo/piece-layer', layers({ [layerKey]: [] })),
  bad('a piece layer that is no multiple of 32', 'metainfo/piece-layer', layers({ [layerKey]: layer.subarray(1) })),
  bad('a piece layer that is too short', 'metainfo/piece-layer-mismatch', layers({ [layerKey]: layer.subarray(32) })),
  bad(
    'a piece layer with a wrong hash',
    'metainfo/piece-layer-mismatch',
    layers({ [layerKey]: layer.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) }),
    'libtorrent looks when the torrent is started',
  ),

  bad(
    'a hybrid whose lists have other names',
    'metainfo/hybrid-mismatch',
    hybridList(([a, ...rest]) => [{ ...a, path: ['x'] }, ...rest] as BencodeInput),
  ),
  bad(
    'a hybrid whose lists have other lengths',
    'metainfo/hybrid-mismatch',
    hybridList(([a, ...rest]) => [{ ...a, length: 20_001 }, ...rest] as BencodeInput),
  ),
  bad(
    'a hybrid without padding',
    'metainfo/hybrid-mismatch',
    hybridList(([a, , b]) => [a, b] as BencodeInput),
  ),
  bad(
    'a hybrid in another order',
    'metainfo/hybrid-mismatch',
    hybridList(([a, ...rest]) => [...rest, a] as BencodeInput),
  ),
  bad(
    'a hybrid with a file less',
    'metainfo/hybrid-mismatch',
    hybridList(([a, padding]) => [a, padding] as BencodeInput),
  ),
  bad(
    'a hybrid with a file more',
    'metainfo/hybrid-mismatch',
    hybridList((list) => [...list, { length: 5, path: ['c'] }] as BencodeInput),
  ),
  bad(
    'a hybrid with pieces of padding at the end',
    'metainfo/hybrid-mismatch',
    hybridList((list) => [...list, { attr: 'p', length: PIECE, path: ['p'] }] as BencodeInput),
  ),
  bad('a hybrid with a hash too few', 'metainfo/pieces-length', hybrid({ pieces: hashes(2) })),
  bad(
    'a hybrid of one file with two names',
    'metainfo/hybrid-mismatch',
    v2Torrent(v2Of({ a: someBytes(9) }, PIECE, { name: 'b', length: 9, pieces: hashes(1) })),
  ),
];

function unsortedV2(): Uint8Array {
  const encoded = new TextDecoder('latin1').decode(v2Torrent(good));
  return raw(encoded.replace('12:meta versioni2e4:name6:folder', '4:name6:folder12:meta versioni2e'));
}

function codeOf(bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown = parseTorrent): string {
  try {
    parse(bytes);
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof BencodeError) return error.code;
    throw error;
  }
  return 'read without complaint';
}

describe(`${corpus.length} malformed torrents`, () => {
  test.each(corpus)('$name is $code', ({ bytes, code }) => {
    expect(codeOf(bytes)).toBe(code);
  });

  test.skipIf(!hasLibtorrent)(`${oracleNote} refuses them too, but where a reason is given`, () => {
    const answers = readByLibtorrent(corpus.map(({ bytes }) => bytes));
    const accepted = corpus.filter((_, i) => answers[i]?.error === undefined).map(({ name }) => name);
    expect(accepted).toEqual(corpus.filter((entry) => entry.accepted !== undefined).map(({ name }) => name));
  });

  test('there are at least 80', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(80);
  });
});

describe('limits', () => {
  const few = { ...limits, files: 2, pieces: 2, length: 40_000 };
  test.each([
    ['metainfo/too-many-files', torrentOf(multiInfo([['a'], ['b'], ['c']]))],
    ['metainfo/too-many-pieces', single({ length: 40_000, pieces: hashes(3) })],
    ['metainfo/length', single({ length: 40_001 })],
  ])('%s', (code, bytes) => {
    expect(codeOf(bytes, (input) => parseTorrent(input, { limits: few }))).toBe(code);
  });

  test('an input longer than its limit is not even looked at', () => {
    expect(codeOf(single({}), (input) => parseTorrent(input, { limits: { bytes: 10 } }))).toBe('bencode/limit-bytes');
  });
});

test('an info dictionary alone has the same rules (BEP 9)', () => {
  expect(codeOf(encode(singleInfo() as BencodeInput), parseInfo)).toBe('read without complaint');
  expect(codeOf(encode(singleInfo({ length: -1 }) as BencodeInput), parseInfo)).toBe('metainfo/file-length');
  expect(codeOf(raw('le'), parseInfo)).toBe('metainfo/not-a-dictionary');
});
