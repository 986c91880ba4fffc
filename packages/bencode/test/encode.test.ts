/** BEP 3, bencoding: the one canonical encoding, and what has none. */
import { describe, expect, test } from 'vitest';
import { type BencodeInput, decode, encode, keyOf, textKey } from '../src/index.ts';
import { bytes, text } from './ascii.ts';

const written = (value: BencodeInput): string => text(encode(value));

describe('BEP 3, bencoding: encoding', () => {
  test('writes integers in decimal, exactly', () => {
    const integers = [
      0,
      -0,
      7,
      10,
      99,
      100,
      -1,
      2 ** 31 - 1,
      2 ** 31,
      -(2 ** 31),
      Number.MAX_SAFE_INTEGER,
      2n ** 64n,
      -5n,
    ];
    expect(integers.map(written)).toEqual([
      ...['i0e', 'i0e', 'i7e', 'i10e', 'i99e', 'i100e', 'i-1e', 'i2147483647e', 'i2147483648e', 'i-2147483648e'],
      ...['i9007199254740991e', 'i18446744073709551616e', 'i-5e'],
    ]);
  });

  test('writes bytes as they are and texts in UTF-8', () => {
    expect(written(bytes('\0\xff'))).toBe('2:\0\xff');
    expect(written('spam')).toBe('4:spam');
    expect(written('é…')).toBe('5:\xc3\xa9\xe2\x80\xa6');
    expect(written('')).toBe('0:');
  });

  test('writes strings of every size', () => {
    for (const length of [1, 9, 10, 48, 49, 1_000, 1_024, 5_000, 65_535, 65_536, 70_000, 300_000]) {
      const content = new Uint8Array(length).fill(0x61);
      expect(written([content, content, 1])).toBe(`l${`${length}:${'a'.repeat(length)}`.repeat(2)}i1ee`);
    }
  });

  test('sorts keys by their bytes, whatever the order and kind of the object', () => {
    expect(written({ b: 1, a: 2, Z: 3, '\x80': 4, aa: 5 })).toBe('d1:Zi3e1:ai2e2:aai5e1:bi1e1:\x80i4ee');
    expect(written({ 9: 1, 10: 2, x: 3, 1: 4 })).toBe('d1:1i4e2:10i2e1:9i1e1:xi3ee');
    expect(written(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('d1:ai2e1:bi1ee');
  });

  test('writes a byte for each character of a key', () => {
    expect(written({ [keyOf(Uint8Array.of(0, 128, 255))]: 1 })).toBe('d3:\0\x80\xffi1ee');
    expect(written({ [textKey('é')]: 1 })).toBe('d2:\xc3\xa9i1ee');
    expect(() => encode({ '…': 1 })).toThrow(TypeError);
    expect(() => encode({ Ā: 1 })).toThrow(TypeError);
  });

  test('leaves out fields that are undefined', () => {
    expect(written({ a: undefined, b: 1, c: undefined })).toBe('d1:bi1ee');
    expect(written({ b: undefined })).toBe('de');
  });

  test('writes an own key named __proto__ like any other', () => {
    expect(written(JSON.parse('{"__proto__": 1}'))).toBe('d9:__proto__i1ee');
    expect(written(decode(bytes('d9:__proto__lee')))).toBe('d9:__proto__lee');
  });

  test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, true, undefined, Symbol('x'), () => 1])(
    'has no form for %s, and says so rather than guess',
    (value) => {
      expect(() => encode(value as never)).toThrow(TypeError);
      expect(() => encode([value] as never)).toThrow(TypeError);
    },
  );

  test('takes no object for a dictionary that keeps its content elsewhere', () => {
    class Point {
      x = 1;
    }
    for (const value of [
      new Map([['a', 1]]),
      new Date(0),
      new Set([1]),
      new Point(),
      new Float64Array(1),
      new ArrayBuffer(1),
    ])
      expect(() => encode(value as never)).toThrow(TypeError);
  });

  test('ends on what contains itself', () => {
    const list: BencodeInput[] = [];
    list.push(list, list);
    expect(() => encode(list)).toThrow(RangeError);
    const dictionary: { [key: string]: BencodeInput } = {};
    dictionary['self'] = dictionary;
    expect(() => encode(dictionary)).toThrow(RangeError);
  });

  test('goes as deep as it is told, without recursion', () => {
    const deep = 'l'.repeat(50_000) + 'e'.repeat(50_000);
    const value = decode(bytes(deep), { depth: 50_000 });
    expect(() => encode(value)).toThrow(RangeError);
    expect(() => encode(value, { depth: 49_999 })).toThrow(RangeError);
    expect(text(encode(value, { depth: 50_000 }))).toBe(deep);
  });

  test('may be used by what it is encoding', () => {
    const value = {
      first: 'abc',
      get second() {
        return encode({ nested: 'x'.repeat(50) });
      },
      third: 'def',
    };
    const nested = `d6:nested50:${'x'.repeat(50)}e`;
    expect(written(value)).toBe(`d5:first3:abc6:second${nested.length}:${nested}5:third3:defe`);
  });

  test('returns bytes that nothing else uses', () => {
    const first = encode(['first']);
    encode(['other']);
    expect(text(first)).toBe('l5:firste');
    expect(first.buffer.byteLength).toBe(first.length);
  });

  test('copies a long string with its surroundings or without, and only what belongs there', () => {
    const length = 100_000;
    const head = `d1:ai1e6:pieces${length}:`;
    const file = bytes(`${head}${'p'.repeat(length)}e`);
    const value = decode(file) as { pieces: Uint8Array };
    expect(text(encode(value))).toBe(text(file));
    expect(text(encode({ pieces: value.pieces }))).toBe(`d6:pieces${length}:${'p'.repeat(length)}e`);
    expect(text(encode({ ...value, a: 'longer than before' }))).toBe(
      `d1:a18:longer than before6:pieces${length}:${'p'.repeat(length)}e`,
    );
    expect(text(encode([value.pieces, 'behind it'.repeat(9)]))).toBe(
      `l${length}:${'p'.repeat(length)}81:${'behind it'.repeat(9)}e`,
    );
    expect(text(encode([value.pieces, '']))).toBe(`l${length}:${'p'.repeat(length)}0:e`);
    const last = new Uint8Array(length + 50).subarray(50).fill(0x70);
    expect(text(encode([last]))).toBe(`l${length}:${'p'.repeat(length)}e`);
    expect(text(file)).toBe(`${head}${'p'.repeat(length)}e`);
  });
});
