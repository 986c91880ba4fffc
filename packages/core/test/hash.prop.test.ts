import { createHash } from 'node:crypto';
import { sha1, sha256, sha256Into } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const native = (name: string, bytes: Uint8Array) => new Uint8Array(createHash(name).update(bytes).digest());

test('hashes are those of an independent implementation, at every length around the block size', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(sha1(bytes)).toEqual(native('sha1', bytes));
      expect(sha256(bytes)).toEqual(native('sha256', bytes));
    }),
  );
});

test('sha256Into writes what sha256 returns, also over its own input, call after call', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 200 }), (bytes) => {
      const expected = native('sha256', bytes);
      const into = new Uint8Array(34);
      sha256Into(bytes, into.subarray(1, 33));
      expect(into).toEqual(Uint8Array.of(0, ...expected, 0));
      sha256Into(bytes, bytes.subarray(0, 32));
      expect(bytes.subarray(0, 32)).toEqual(expected);
    }),
  );
});
