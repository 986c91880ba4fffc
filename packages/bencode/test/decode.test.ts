/** What the values of BEP 3, bencoding, become. */
import { describe, expect, test } from 'vitest';
import { type Bencode, decode, decodeLenient, decodePrefix, keyOf } from '../src/index.ts';
import { bytes } from './ascii.ts';

const read = (encoded: string): Bencode => decode(bytes(encoded));

describe('BEP 3, bencoding: integers', () => {
  test('are numbers', () => {
    expect(['i0e', 'i3e', 'i-3e', 'i2147483648e', 'i-2147483649e'].map(read)).toEqual([
      0, 3, -3, 2147483648, -2147483649,
    ]);
  });

  test('stay numbers as long as a number holds them exactly, and are bigint beyond', () => {
    expect(read('i9007199254740991e')).toBe(Number.MAX_SAFE_INTEGER);
    expect(read('i-9007199254740991e')).toBe(Number.MIN_SAFE_INTEGER);
    expect(read('i9007199254740992e')).toBe(9007199254740992n);
    expect(read('i9007199254740993e')).toBe(9007199254740993n);
    expect(read('i-9007199254740992e')).toBe(-9007199254740992n);
  });

  test('are exact to 64 bits and beyond', () => {
    expect(read('i18446744073709551615e')).toBe(18446744073709551615n);
    expect(read('i-9223372036854775808e')).toBe(-9223372036854775808n);
    expect(read(`i1${'0'.repeat(40)}e`)).toBe(10n ** 40n);
    expect(read(`i${'7'.repeat(1000)}e`)).toBe(BigInt('7'.repeat(1000)));
  });
});

describe('BEP 3, bencoding: byte strings', () => {
  test('are bytes, whatever they hold', () => {
    expect(read('4:spam')).toEqual(bytes('spam'));
    expect(read('4:\0\x80\xff:')).toEqual(bytes('\0\x80\xff:'));
    expect(read('0:')).toEqual(new Uint8Array());
  });

  test('are views of the input, and plain Uint8Arrays even of a Buffer', () => {
    const input = Buffer.from('xx4:spamxx').subarray(2, 8);
    const value = decode(input) as Uint8Array;
    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
    input[2] = 0x5f;
    expect(value).toEqual(bytes('_pam'));
  });

  test('may lie in shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(6));
    shared.set(bytes('4:spam'));
    expect((decode(shared) as Uint8Array).buffer).toBe(shared.buffer);
  });
});

describe('BEP 3, bencoding: lists and dictionaries', () => {
  test('hold values of every kind, themselves included', () => {
    expect(read('le')).toEqual([]);
    expect(read('de')).toEqual({});
    expect(read('li1e1:xlleedee')).toEqual([1, bytes('x'), [[]], {}]);
    expect(read('d1:ad1:bli2eee1:ci3ee')).toEqual({ a: { b: [2] }, c: 3 });
  });

  test('have keys with a character for each byte, so that keys that are no UTF-8 survive', () => {
    const root = Uint8Array.from({ length: 32 }, (_, index) => 255 - index * 8);
    expect(read(`d32:${keyOf(root)}i1ee`)).toEqual({ [keyOf(root)]: 1 });
    expect(read('d0:i0e2:\x80\xffi1ee')).toEqual({ '': 0, '\x80\xff': 1 });
  });

  test('have keys of any length', () => {
    const long = 'k'.repeat(100_000);
    expect(read(`d24:${long.slice(0, 24)}i1e25:${long.slice(0, 25)}i2e100000:${long}i3ee`)).toEqual({
      [long.slice(0, 24)]: 1,
      [long.slice(0, 25)]: 2,
      [long]: 3,
    });
  });

  test('order keys by raw bytes, which is neither the order of numbers nor of letters', () => {
    expect(Object.keys(read('d1:Zi1e1:ai2e2:aai3e1:\x80i4ee') as object)).toEqual(['Z', 'a', 'aa', '\x80']);
    expect(read('d2:10i1e1:9i2ee')).toEqual({ '9': 2, '10': 1 });
  });

  test('take names of built-in properties for keys like any other', () => {
    const value = read('d9:__proto__d7:pollutei1ee11:constructori2e8:toStringi3e7:valueOfi4ee') as object;
    expect(Object.getOwnPropertyNames(value)).toEqual(['__proto__', 'constructor', 'toString', 'valueOf']);
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toEqual({ pollute: 1 });
    expect('pollute' in value).toBe(false);
    expect('pollute' in {}).toBe(false);
  });

  test('inherit nothing, and nobody can make them', () => {
    const value = read('de') as object;
    expect('constructor' in value || '__proto__' in value || 'hasOwnProperty' in value).toBe(false);
    expect(Object.isFrozen(Object.getPrototypeOf(value))).toBe(true);
  });
});

describe('a value with something behind it', () => {
  test('BEP 9, data messages: is read as a prefix, and says how long it was', () => {
    const message = bytes('d8:msg_typei1e5:piecei0e10:total_sizei7eePAYLOAD');
    const { value, length } = decodePrefix(message);
    expect(value).toEqual({ msg_type: 1, piece: 0, total_size: 7 });
    expect(message.subarray(length)).toEqual(bytes('PAYLOAD'));
  });

  test('has that length in a lenient reading too', () => {
    expect(decodeLenient(bytes('i05eeee'))).toEqual({
      value: 5,
      length: 4,
      deviations: [
        { code: 'bencode/leading-zero', offset: 1 },
        { code: 'bencode/trailing-bytes', offset: 4 },
      ],
    });
  });
});
