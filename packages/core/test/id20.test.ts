/** Identifiers of 20 bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Id20 } from '../src/index.ts';

const twenty = fc.uint8Array({ minLength: 20, maxLength: 20 });

test('bytes and digits name the same identifier', () => {
  fc.assert(
    fc.property(twenty, twenty, (some, other) => {
      const id = Id20.from(some);
      expect(id.equals(Id20.from(id.hex.toUpperCase()))).toBe(true);
      expect(id.equals(Id20.from(other))).toBe(id.hex === Id20.from(other).hex);
      expect([...id.bytes]).toEqual([...some]);
      expect(`${id}`).toBe(id.hex);
    }),
  );
});

test('what it was made from may change, a Buffer too', () => {
  for (const source of [new Uint8Array(20).fill(1), Buffer.alloc(20, 1)]) {
    const id = Id20.from(source);
    source.fill(2);
    expect(id.hex).toBe('01'.repeat(20));
  }
});

test.each([new Uint8Array(19), new Uint8Array(21), '', '0'.repeat(39), '0'.repeat(41), `${'0'.repeat(39)}g`])(
  '%j is none',
  (source) => {
    expect(() => Id20.from(source)).toThrow(RangeError);
  },
);
