import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientOf, makePeerId } from '../src/index.ts';
import { World } from './pair.ts';

const nameOf = (id: string) => clientOf(Uint8Array.from(Buffer.from(id.padEnd(20, 'x'), 'latin1')));

test('BEP 20: our peer ids say who we are and nothing more', () => {
  const world = new World();
  const first = makePeerId(world);
  const second = makePeerId(world);
  expect(clientOf(first.bytes)).toBe('Ferro 0.1.0.0');
  expect(first.bytes.subarray(0, 8)).toEqual(second.bytes.subarray(0, 8));
  expect(first.bytes.subarray(8)).not.toEqual(second.bytes.subarray(8));
});

test('BEP 20: another client and version are written as asked, or refused', () => {
  expect(clientOf(makePeerId(new World(), { code: 'LT', version: [2, 0, 11] }).bytes)).toBe('libtorrent 2.0.11.0');
  const shadow = makePeerId(new World(), { code: 'S', version: [5, 8, 11] });
  expect(Buffer.from(shadow.bytes.subarray(0, 9)).toString()).toBe('S58B-----');
  expect(clientOf(shadow.bytes)).toBe('Shadow 5.8.11');
  expect(() => makePeerId(new World(), { version: [1, 2, 3, 4, 5] })).toThrow(RangeError);
  expect(() => makePeerId(new World(), { code: 'x' })).toThrow(RangeError);
  expect(() => makePeerId(new World(), { version: [62] })).toThrow(RangeError);
});

test.each([
  ['-TR3000-abcdefghijkl', 'Transmission 3.0.0.0'],
  ['-LT20B0-', 'libtorrent 2.0.11.0'],
  ['-qB4650-', 'qBittorrent 4.6.5.0'],
  ['-ZZ0100-', 'ZZ 0.1.0.0'],
  ['M4-20-8-', 'BitTorrent 4.20.8'],
  ['Q1-0-0--', 'Queen Bee 1.0.0'],
  ['S58B-----', 'Shadow 5.8.11'],
  ['T03I-----', 'BitTornado 0.3.18'],
])('BEP 20: %s is read', (id, name) => {
  expect(nameOf(id)).toBe(name);
});

test.each(['', '-TR3000', '-TR30\n0-', '-<b>00-', 'S--------', 'X58B-----', 'S58B----x', '\0\0\0\0\0\0\0\0'])(
  'BEP 20: %j is in no known style',
  (id) => {
    expect(nameOf(id)).toBe(undefined);
  },
);

test('BEP 20: whatever the bytes, the name is short and printable', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ minLength: 20, maxLength: 20 }),
    fc
      .string({ unit: fc.constantFrom('-', 'T', 'R', '0', 'z', '\u001b', '<', '~'), minLength: 20, maxLength: 20 })
      .map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0))),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      expect(clientOf(bytes) ?? 'none').toMatch(/^[\w~. ()]{1,40}$/);
    }),
    { numRuns: 1_000 },
  );
});
