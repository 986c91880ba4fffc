import { expect, test } from 'vitest';
import { SipHash } from '../src/sip-hash.ts';

const key = Uint8Array.from({ length: 16 }, (_, i) => i);
const input = Uint8Array.from({ length: 64 }, (_, i) => i);

/** The reference prints the eight bytes of the result in little-endian order. */
function digest(length: number): string {
  const hash = new SipHash(key);
  hash.hash(input, length);
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, hash.low, true);
  view.setUint32(4, hash.high, true);
  return Array.from(new Uint8Array(view.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// The first 16 and the last of the published vectors: key 00…0f, input of n bytes 00, 01, ….
const vectors: readonly (readonly [number, string])[] = [
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [2, '5a4fa9d909806c0d'],
  [3, '2d7efbd796666785'],
  [4, 'b7877127e09427cf'],
  [5, '8da699cd64557618'],
  [6, 'cee3fe586e46c9cb'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [9, 'b0e4a90bdf82009e'],
  [10, 'f3b9dd94c5bb5d7a'],
  [11, 'a7ad6b22462fb3f4'],
  [12, 'fbe50e86bc8f1e75'],
  [13, '903d84c02756ea14'],
  [14, 'eef27a8e90ca23f7'],
  [15, 'e545be4961ca29a1'],
  [63, '724506eb4c328a95'],
];

test.each(vectors)('SipHash-2-4 of %i bytes is the published vector', (length, expected) => {
  expect(digest(length)).toBe(expected);
});

test('a key of another length is refused', () => {
  expect(() => new SipHash(new Uint8Array(8))).toThrow(RangeError);
});
