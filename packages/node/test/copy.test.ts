import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyBytes } from '../src/copy.ts';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });

test('copies what set() copies, from any view into shared memory and into memory that is not', () => {
  fc.assert(
    fc.property(bytes, fc.nat(300), fc.nat(300), fc.nat(100), fc.boolean(), (source, start, count, at, shared) => {
      const from = source.subarray(start, start + count);
      const length = from.length + at + 3;
      const into = new Uint8Array(shared ? new SharedArrayBuffer(length) : new ArrayBuffer(length));
      const expected = new Uint8Array(length);
      expected.set(from, at);
      copyBytes(from, into, at);
      expect([...into]).toEqual([...expected]);
    }),
  );
});

test('what does not fit is a RangeError, and nothing is written', () => {
  const into = new Uint8Array(new SharedArrayBuffer(10));
  for (const at of [-1, 6, 100]) expect(() => copyBytes(new Uint8Array(5).fill(1), into, at)).toThrow(RangeError);
  expect([...into]).toEqual(Array(10).fill(0));
});
