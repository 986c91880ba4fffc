/** BEP 3, bencoding: what is refused, where, and what is read all the same when asked to. */
import { describe, expect, test } from 'vitest';
import { BencodeError, decode, decodeLenient, decodePrefix } from '../src/index.ts';
import { bytes } from './ascii.ts';
import { malformed } from './corpus.ts';
import { failure } from './failure.ts';

const shown = (encoded: string): string => JSON.stringify(encoded.length > 40 ? `${encoded.slice(0, 40)}…` : encoded);

describe('BEP 3, bencoding: strict decoding', () => {
  test.each(malformed.map((each) => [shown(each.encoded), each] as const))('refuses %s', (_, each) => {
    const error = failure(() => decode(bytes(each.encoded)));
    expect({ code: error.code, offset: error.offset }).toEqual({ code: `bencode/${each.code}`, offset: each.offset });
  });

  test('fails with an error of the form that all packages share, and the place', () => {
    const error = failure(() => decode(bytes('d1:bi1e1:ai2ee')));
    expect(error).toBeInstanceOf(BencodeError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'BencodeError',
      code: 'bencode/key-unsorted',
      spec: 'BEP 3, bencoding',
      offset: 7,
      message: 'bencode/key-unsorted at byte 7',
    });
  });

  test('is as strict about a prefix, but for what follows it', () => {
    for (const { encoded, code } of malformed) {
      if (code === 'trailing-bytes') expect(decodePrefix(bytes(encoded)).length).toBeLessThan(encoded.length);
      else expect(failure(() => decodePrefix(bytes(encoded))).code).toBe(`bencode/${code}`);
    }
  });
});

describe('BEP 3, bencoding: lenient decoding', () => {
  const readable = malformed.flatMap(({ encoded, lenient }) =>
    lenient ? [[shown(encoded), encoded, lenient] as const] : [],
  );

  test.each(readable)('reads %s and says what is wrong with it', (_, encoded, lenient) => {
    const { deviations } = decodeLenient(bytes(encoded));
    expect(deviations.map(({ code, offset }) => `${code.slice('bencode/'.length)}@${offset}`)).toEqual(lenient);
  });

  test('fails where nothing can be read', () => {
    for (const { encoded, code, offset, lenient } of malformed) {
      if (lenient) continue;
      const error = failure(() => decodeLenient(bytes(encoded)));
      expect([error.code, error.offset]).toEqual([`bencode/${code}`, offset]);
    }
  });

  test('finds nothing wrong with what is canonical', () => {
    expect(decodeLenient(bytes('d1:ai1ee'))).toEqual({ value: { a: 1 }, length: 8, deviations: [] });
  });

  test('gives the values that were meant', () => {
    const value = (encoded: string) => decodeLenient(bytes(encoded)).value;
    expect([value('i05e'), value('i-05e'), value('i00e')]).toEqual([5, -5, 0]);
    expect(Object.is(value('i-0e'), 0)).toBe(true);
    expect(value('i0009007199254740993e')).toBe(9007199254740993n);
    expect(value('04:spam')).toEqual(bytes('spam'));
    expect(value('d1:bi1e1:ai2ee')).toEqual({ a: 2, b: 1 });
  });

  test('keeps the first of duplicate keys, wherever they stand', () => {
    const value = (encoded: string) => decodeLenient(bytes(encoded)).value;
    expect(value('d1:ai1e1:ai2ee')).toEqual({ a: 1 });
    expect(value('d1:bi1e1:ai2e1:bi3ee')).toEqual({ a: 2, b: 1 });
    expect(value('d1:ad1:xi1ee1:ad1:yi2eee')).toEqual({ a: { x: 1 } });
    expect(value('d6:lengthi1e6:lengthi2ee')).toEqual({ length: 1 });
  });
});
