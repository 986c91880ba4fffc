/** The probe's bencode beside ours (BEP 3, bencoding): two implementations that share nothing have to say the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode } from '../../packages/bencode/src/index.ts';
import { type Bencoded, MalformedBencode, readBencode, type Writable, writeBencode } from '../src/probe/bencode.ts';

const bytes = fc.uint8Array({ maxLength: 12 });
const value = fc.letrec<{ any: Writable }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    bytes,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme-ascii', maxLength: 5 }), tie('any'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).any;

test('what either writes, both read, and write again as it was', () => {
  fc.assert(
    fc.property(value, (original) => {
      const written = writeBencode(original);
      expect(encode(decode(written))).toEqual(written);
      const { value: read, violations } = readBencode(written);
      expect(violations).toEqual([]);
      expect(writeBencode(read as Writable)).toEqual(written);
    }),
  );
});

test('what ours refuses as not canonical, the probe refuses or lists as a violation, and nothing else', () => {
  const digits = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 3 });
  const key = fc.constantFrom('0:', '1:a', '1:b', '2:aa');
  const almost = fc.oneof(
    bytes,
    digits('-+019').map((text) => Buffer.from(`i${text}e`)),
    digits('0123').map((text) => Buffer.from(`${text}:ab`)),
    fc.array(key, { maxLength: 3 }).map((keys) => Buffer.from(`d${keys.map((each) => `${each}i1e`).join('')}e`)),
    fc.string({ unit: fc.constantFrom(...'ilde0123456789:-ab'), maxLength: 14 }).map((text) => Buffer.from(text)),
    fc.tuple(value, fc.nat(), fc.nat(255)).map(([original, at, byte]) => {
      const changed = writeBencode(original).slice();
      changed[at % changed.length] = byte;
      return changed;
    }),
  );
  fc.assert(
    fc.property(almost, (input) => {
      expect(strictly(input)).toBe(accepts(input));
    }),
    { numRuns: 2_000 },
  );
});

function strictly(input: Uint8Array): boolean {
  try {
    return readBencode(input).violations.length === 0;
  } catch (error) {
    if (error instanceof MalformedBencode) return false;
    throw error;
  }
}

function accepts(input: Uint8Array): boolean {
  try {
    decode(input);
    return true;
  } catch {
    return false;
  }
}

test('a bomb of brackets is refused, not followed', () => {
  expect(() => readBencode(Buffer.from('l'.repeat(100_000)))).toThrow(MalformedBencode);
});

test('what is readable but not canonical is read, and said', () => {
  const odd = readBencode(Buffer.from('d1:bi01e1:ai2e1:ai3ee'));
  expect(odd.value).toEqual(
    new Map<string, Bencoded>([
      ['b', 1],
      ['a', 3],
    ]),
  );
  expect(odd.violations).toHaveLength(3);
  expect(readBencode(Buffer.from('i1ex')).violations).toEqual(['1 bytes after the end']);
});
