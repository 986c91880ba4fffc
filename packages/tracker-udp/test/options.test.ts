import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits, readUrlData, urlDataLength, writeUrlData } from '../src/index.ts';

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

function encoded(urlData: string): Uint8Array {
  const bytes = new Uint8Array(urlDataLength(urlData));
  writeUrlData(urlData, bytes, 0);
  return bytes;
}

test('BEP 41, examples: URLData alone, with NOPs and an end, and empty', () => {
  const plain = Uint8Array.from([2, 12, ...ascii('/dir?a=b&c=d')]);
  expect(encoded('/dir?a=b&c=d')).toEqual(plain);
  expect(readUrlData(plain, 0)).toBe('/dir?a=b&c=d');
  expect(readUrlData(Uint8Array.from([...plain, 1, 1, 0]), 0)).toBe('/dir?a=b&c=d');
  expect(readUrlData(Uint8Array.from([2, 0]), 0)).toBe('');
});

test('BEP 41, option types: what follows the end is not read, unknown options are stepped over by their length', () => {
  expect(readUrlData(Uint8Array.from([0, 2, 1, 65]), 0)).toBe('');
  expect(readUrlData(Uint8Array.from([9, 3, 2, 1, 65, 2, 1, 66]), 0)).toBe('B');
  expect(readUrlData(Uint8Array.from([9, 0, 2, 1, 66]), 0)).toBe('B');
});

test('BEP 41, URLData: long texts are cut into options of 255 bytes and joined again', () => {
  const text = `/${'x'.repeat(700)}`;
  const bytes = encoded(text);
  expect([bytes[0], bytes[1], bytes[257], bytes[258], bytes[514], bytes[515]]).toEqual([2, 255, 2, 255, 2, 191]);
  expect(readUrlData(bytes, 0)).toBe(text);
});

test('no more is read than the limit, whatever the options claim', () => {
  const many = new Uint8Array(60_000);
  for (let at = 0; at + 257 <= many.length; at += 257) many.set([2, 255], at);
  expect(readUrlData(many, 0).length).toBe(limits.urlDataLength);
});

test('any bytes are options of some kind, and any short text survives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(readUrlData(bytes, 0).length).toBeLessThanOrEqual(bytes.length);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: limits.urlDataLength }), (text) => {
      expect(readUrlData(encoded(text), 0)).toBe(text);
    }),
  );
});
