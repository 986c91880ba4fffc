/** Looking into decoded values (BEP 3, bencoding) of whoever sent them. */
import { describe, expect, test } from 'vitest';
import {
  type Bencode,
  bytesAt,
  decode,
  dictionaryAt,
  integerAt,
  isDictionary,
  keyBytes,
  keyOf,
  keyText,
  listAt,
  textAt,
  textKey,
} from '../src/index.ts';
import { bytes } from './ascii.ts';

const value = decode(bytes('d1:bi9007199254740993e1:dd1:xi1ee1:ii-7e1:lli1ee1:s3:\xc3\xa9ae'));

describe('a field by its type', () => {
  test('is returned if it has the type', () => {
    expect(bytesAt(value, 's')).toEqual(bytes('\xc3\xa9a'));
    expect(textAt(value, 's')).toBe('éa');
    expect(integerAt(value, 'i')).toBe(-7);
    expect(listAt(value, 'l')).toEqual([1]);
    expect(dictionaryAt(value, 'd')).toEqual({ x: 1 });
    expect(integerAt(dictionaryAt(value, 'd'), 'x')).toBe(1);
  });

  test('is undefined if it has another, or is absent, or if there is no dictionary', () => {
    const accessors = { bytesAt, textAt, integerAt, listAt, dictionaryAt };
    const found = Object.entries(accessors).map(([name, at]) =>
      [name, ...'bdils'].filter((part) => part.length > 1 || at(value, part) !== undefined),
    );
    expect(found).toEqual([
      ['bytesAt', 's'],
      ['textAt', 's'],
      ['integerAt', 'i'],
      ['listAt', 'l'],
      ['dictionaryAt', 'd'],
    ]);
    for (const at of Object.values(accessors))
      for (const holder of [value, undefined, 1, 1n, bytes('x'), [] as Bencode[]])
        expect(at(holder, 'absent')).toBeUndefined();
  });

  test('is never something inherited', () => {
    expect(dictionaryAt(value, '__proto__') ?? dictionaryAt(value, 'constructor')).toBeUndefined();
    expect(integerAt([1] as Bencode[], 'length')).toBeUndefined();
  });

  test('shows text that is no UTF-8 with replacement characters, and keeps a byte order mark', () => {
    expect(textAt(decode(bytes('d1:s3:a\xffbe')), 's')).toBe('a\ufffdb');
    expect(textAt(decode(bytes('d1:s4:\xef\xbb\xbfae')), 's')).toBe('\ufeffa');
  });

  test('only a dictionary is a dictionary', () => {
    expect(['de', 'le', 'i1e', '0:'].map((encoded) => isDictionary(decode(bytes(encoded))))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(isDictionary(undefined)).toBe(false);
    expect(isDictionary(2n ** 64n)).toBe(false);
  });
});

describe('keys', () => {
  test('stand for bytes, character by character', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(keyBytes(keyOf(all))).toEqual(all);
    expect(keyOf(bytes('name'))).toBe('name');
  });

  test('translate from and to the text that they are in UTF-8', () => {
    expect(textKey('name')).toBe('name');
    expect(textKey('naïve…')).toBe('na\xc3\xafve\xe2\x80\xa6');
    expect(keyText(textKey('naïve…'))).toBe('naïve…');
    expect(keyText('\xff')).toBe('\ufffd');
    expect(keyText('\xef\xbb\xbfa')).toBe('\ufeffa');
  });
});
