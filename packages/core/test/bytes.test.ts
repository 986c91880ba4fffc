/** Numbers, comparison, joining and hexadecimal, as examples and as properties. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  readU16,
  readU32,
  toHex,
  utf8,
  writeU16,
  writeU32,
} from '../src/index.ts';

describe('big-endian numbers', () => {
  test('are read and written in the order of the wire', () => {
    const bytes = new Uint8Array(8);
    writeU16(bytes, 1, 0x1ae1);
    writeU32(bytes, 3, 0x89abcdef);
    expect([...bytes]).toEqual([0, 0x1a, 0xe1, 0x89, 0xab, 0xcd, 0xef, 0]);
    expect([readU16(bytes, 1), readU32(bytes, 3)]).toEqual([0x1ae1, 0x89abcdef]);
  });

  test('a length with its top bit set is large, not negative', () => {
    expect(readU32(Uint8Array.of(255, 255, 255, 255), 0)).toBe(4_294_967_295);
    expect(readU16(Uint8Array.of(255, 254), 0)).toBe(65_534);
  });

  test('go there and back, at any place', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffffffff), fc.nat(10), (short, long, at) => {
        const bytes = new Uint8Array(20).fill(7);
        writeU16(bytes, at, short);
        writeU32(bytes, at + 2, long);
        expect([readU16(bytes, at), readU32(bytes, at + 2)]).toEqual([short, long]);
        expect(bytes.filter((byte, i) => (i < at || i > at + 5) && byte !== 7).length).toBe(0);
      }),
    );
  });
});

const bytes = fc.uint8Array({ maxLength: 40 });

test('comparison is the order of Buffer.compare, and zero only for equals', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      expect(equalBytes(a, b)).toBe(compareBytes(a, b) === 0);
      expect(equalBytes(a, a.slice())).toBe(true);
    }),
  );
  expect(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBeGreaterThan(0);
});

test('joining keeps all bytes in order and copies them', () => {
  fc.assert(
    fc.property(fc.array(bytes), (parts) => {
      const whole = concatBytes(parts);
      expect([...whole]).toEqual(parts.flatMap((part) => [...part]));
      for (const part of parts) part.fill(0);
      expect(whole.length).toBe(parts.reduce((sum, part) => sum + part.length, 0));
    }),
  );
  const part = Uint8Array.of(1);
  const joined = concatBytes([part]);
  part[0] = 2;
  expect(joined[0]).toBe(1);
});

describe('hexadecimal', () => {
  test('goes there and back, in either case', () => {
    fc.assert(
      fc.property(bytes, (some) => {
        expect(toHex(some)).toBe(Buffer.from(some).toString('hex'));
        expect(fromHex(toHex(some))).toEqual(some);
        expect(fromHex(toHex(some).toUpperCase())).toEqual(some);
      }),
    );
  });

  test.each(['0', 'abc', '0g', ' 0', '0x00', '٠٠', '-1'])('%j is none', (text) => {
    expect(fromHex(text)).toBeUndefined();
  });
});

test('utf8 gives the bytes of a text', () => {
  expect([...utf8('é€')]).toEqual([0xc3, 0xa9, 0xe2, 0x82, 0xac]);
});
