/** BEP 3, info dictionary: the bytes as found, which an info-hash is taken over. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decode, decodeLenient, encode, rawSlice } from '../src/index.ts';
import { bytes, text } from './ascii.ts';
import { failure } from './failure.ts';

const pieces = `6:pieces20:${'A'.repeat(20)}`;

/** Torrents with the info-hash that libtorrent 2.0.8 gives them. */
const torrents = [
  {
    name: 'unsorted keys',
    hash: '2c3f05eaa1cb98890c80199086096d033b42812b',
    file: `d8:announce4:none4:infod4:name1:a12:piece lengthi16384e6:lengthi5e${pieces}ee`,
  },
  {
    name: 'a duplicate key',
    hash: 'dfaffb7f07c5b9c61ebaf7e58cd970aed8a861cc',
    file: `d4:infod6:lengthi5e4:name1:a4:name1:b12:piece lengthi16384e${pieces}ee`,
  },
  {
    name: 'a key that is no UTF-8',
    hash: '8b130531b9be4e1b892541b6161fa2d368bb43d1',
    file: `d4:infod6:lengthi5e4:name1:a12:piece lengthi16384e${pieces}2:\xff\xfe3:oddee`,
  },
  {
    name: 'integers with leading zeros',
    hash: '5663bf7833ee286227fd2d3b878add60ff56ca12',
    file: `d4:infod6:lengthi05e4:name1:a12:piece lengthi016384e${pieces}ee`,
  },
  {
    name: 'two info dictionaries',
    hash: '0a9e3e273a9c62626a57c63be187222044589d3b',
    file:
      `d4:infod6:lengthi5e4:name1:a12:piece lengthi16384e${pieces}e` +
      `4:infod6:lengthi5e4:name1:b12:piece lengthi16384e${pieces}ee`,
  },
  {
    name: 'version 2 (BEP 52)',
    hash: '414bc6259a053e228de89d4c0be4d7b93b4dac86ab97f729b348e40d91672897',
    file:
      `d4:infod9:file treed1:ad0:d6:lengthi5e11:pieces root32:${'R'.repeat(32)}eee` +
      '12:meta versioni2e4:name1:a12:piece lengthi16384eee',
  },
];

describe('BEP 3, info dictionary: the raw slice', () => {
  test.each(torrents)('gives the info-hash of a torrent with $name', ({ hash, file }) => {
    const info = rawSlice(bytes(file), ['info'])!;
    expect(
      createHash(hash.length === 40 ? 'sha1' : 'sha256')
        .update(info)
        .digest('hex'),
    ).toBe(hash);
  });

  test('is not what encoding again gives, for a file that is not canonical', () => {
    const file = bytes(torrents[0]!.file);
    const { value } = decodeLenient(file);
    expect(text(encode(value))).not.toContain(text(rawSlice(file, ['info'])!));
  });

  test('is a view of the input', () => {
    const file = bytes('d1:ali1eee');
    expect(rawSlice(file, ['a'])!.buffer).toBe(file.buffer);
  });
});

describe('a path', () => {
  const file = bytes('d1:ali1ed1:bl1:x0:eee2:\xff\xfei-7e3:end4:last1:zlee');

  test.each([
    [[], text(file)],
    [['a'], 'li1ed1:bl1:x0:eee'],
    [['a', 0], 'i1e'],
    [['a', 1], 'd1:bl1:x0:ee'],
    [['a', 1, 'b', 0], '1:x'],
    [['a', 1, 'b', 1], '0:'],
    [['\xff\xfe'], 'i-7e'],
    [['end'], '4:last'],
    [['z'], 'le'],
  ])('%j leads to its value', (path, found) => {
    expect(text(rawSlice(file, path)!)).toBe(found);
  });

  test.each([
    [['b']],
    [['a', 2]],
    [['a', -1]],
    [['a', 0.5]],
    [['a', 'b']],
    [[0]],
    [['a', 0, 'x']],
    [['end', 0]],
    [['z', 0]],
  ])('%j leads nowhere', (path) => {
    expect(rawSlice(file, path)).toBeUndefined();
  });

  test('does not care what follows the value', () => {
    expect(text(rawSlice(bytes('d1:ai1e1:b!'), ['a'])!)).toBe('i1e');
    expect(text(rawSlice(bytes('i1e!'), [])!)).toBe('i1e');
  });

  test('finds the first of duplicate keys, which is the one that a lenient reading keeps', () => {
    const twice = bytes('d1:bi1e1:ai2e1:bi3ee');
    expect(decode(rawSlice(twice, ['b'])!)).toEqual((decodeLenient(twice).value as { b: number }).b);
  });

  test.each([
    ['', [], 'unexpected-end', 0],
    ['e', [], 'unexpected-byte', 0],
    ['d', ['a'], 'unexpected-end', 1],
    ['d1:a', ['a'], 'unexpected-end', 4],
    ['d1:xl1:', ['a'], 'unexpected-end', 7],
    ['d1:xi1', ['a'], 'unexpected-end', 6],
    ['di1ei2ee', ['a'], 'unexpected-byte', 1],
    ['l!e', [1], 'unexpected-byte', 1],
  ] as const)('through %j fails where that is no bencode', (encoded, path, code, offset) => {
    const error = failure(() => rawSlice(bytes(encoded), path));
    expect([error.code, error.offset]).toEqual([`bencode/${code}`, offset]);
  });

  test('passes what is nested deeper than a decoder would go', () => {
    const deep = `d1:a${'l'.repeat(100_000)}${'e'.repeat(100_000)}1:bi1ee`;
    expect(text(rawSlice(bytes(deep), ['b'])!)).toBe('i1e');
  });
});
