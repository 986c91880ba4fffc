import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitfield } from '../src/index.ts';

test('BEP 3: the first piece is the highest bit of the first byte', () => {
  const bitfield = new Bitfield(10);
  bitfield.set(0);
  bitfield.set(9);
  expect(bitfield.bytes).toEqual(Uint8Array.of(0x80, 0x40));
  expect(bitfield.count).toBe(2);
});

test('BEP 3: spare bits must be zero and the length must fit', () => {
  expect(Bitfield.from(Uint8Array.of(0xff, 0xc0), 10).complete).toBe(true);
  expect(() => Bitfield.from(Uint8Array.of(0xff, 0xe0), 10)).toThrow(
    expect.objectContaining({ code: 'wire/bitfield-spare-bits' }),
  );
  for (const length of [1, 3]) {
    expect(() => Bitfield.from(new Uint8Array(length), 10)).toThrow(
      expect.objectContaining({ code: 'wire/bitfield-length' }),
    );
  }
});

test.each([1, 7, 8, 9, 16, 1_313])('a full bitfield of %i pieces has no spare bit and all pieces', (length) => {
  const full = Bitfield.full(length);
  expect(full.complete).toBe(true);
  expect(Bitfield.from(full.bytes, length).count).toBe(length);
  expect(full.has(length)).toBe(false);
});

test('it behaves as a set of numbers does', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.record({ set: fc.boolean(), piece: fc.nat(99) }), { maxLength: 100 }),
      (length, changes) => {
        const bitfield = new Bitfield(length);
        const model = new Set<number>();
        for (const { set, piece } of changes) {
          if (piece >= length) {
            expect(() => (set ? bitfield.set(piece) : bitfield.unset(piece))).toThrow(RangeError);
          } else if (set) {
            expect(bitfield.set(piece)).toBe(!model.has(piece));
            model.add(piece);
          } else {
            expect(bitfield.unset(piece)).toBe(model.delete(piece));
          }
        }
        expect(bitfield.count).toBe(model.size);
        expect(bitfield.complete).toBe(model.size === length);
        for (let piece = 0; piece < length + 9; piece++) expect(bitfield.has(piece)).toBe(model.has(piece));
        expect(Bitfield.from(bitfield.bytes, length).count).toBe(model.size);
      },
    ),
  );
});
