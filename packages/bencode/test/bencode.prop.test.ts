/** BEP 3, bencoding: what holds for every value and for every input. */
import bencode from 'bencode';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Bencode,
  BencodeError,
  type BencodeInput,
  decode,
  decodeLenient,
  decodePrefix,
  encode,
  isDictionary,
  rawSlice,
} from '../src/index.ts';
import { bytes } from './ascii.ts';

const numRuns = Number(process.env['FC_RUNS'] ?? 300);

const byteString = fc.uint8Array({ maxLength: 70 });
/** Every byte in keys, and often what objects treat in a way of their own. */
const key = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((content) => String.fromCharCode(...content)),
  fc.constantFrom('__proto__', 'constructor', 'length', 'toString', '0', '1', '10', '9', '4294967295', '-1', ''),
);
const dictionaryOf = (value: fc.Arbitrary<Bencode>): fc.Arbitrary<Bencode> =>
  fc.array(fc.tuple(key, value), { maxLength: 6 }).map((entries) =>
    // Not by assignment: `__proto__` would set the prototype of a literal.
    Object.defineProperties(
      {},
      Object.fromEntries(entries.map(([name, field]) => [name, { value: field, enumerable: true, writable: true }])),
    ),
  );
const { value } = fc.letrec<{ value: Bencode }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      fc.maxSafeInteger(),
      fc.bigInt().filter((big) => !Number.isSafeInteger(Number(big))),
      byteString,
    ),
    fc.array(tie('value'), { maxLength: 6 }),
    dictionaryOf(tie('value')),
  ),
}));

/** Like bencode and often almost bencode: pieces of it in any order. */
const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        ...'lde0123456789i-:a',
        '1:a',
        '1:b',
        '2:ab',
        'i1e',
        'i-0e',
        'i007e',
        '0:',
        '02:xy',
        'd1:a',
        'de',
        'le',
        'i9007199254740993e',
      ),
      { maxLength: 30 },
    )
    .map((parts) => bytes(parts.join(''))),
);

describe('BEP 3, bencoding: for every value', () => {
  test('decoding gives back what was encoded, and encoding that gives the same bytes', () => {
    fc.assert(
      fc.property(value, (original) => {
        const encoded = encode(original);
        const decoded = decode(encoded);
        expect(decoded).toEqual(original);
        expect(encode(decoded)).toEqual(encoded);
      }),
      { numRuns },
    );
  });

  test('a prefix ends where the value ends, whatever follows', () => {
    fc.assert(
      fc.property(value, fc.uint8Array({ maxLength: 5 }), (original, rest) => {
        const encoded = encode(original);
        const { value: decoded, length } = decodePrefix(Uint8Array.of(...encoded, ...rest));
        expect(decoded).toEqual(original);
        expect(length).toBe(encoded.length);
      }),
      { numRuns },
    );
  });

  test('no proper part of its encoding from the start is a value', () => {
    fc.assert(
      fc.property(value, fc.nat(), (original, cut) => {
        const encoded = encode(original);
        const part = encoded.subarray(0, cut % encoded.length);
        expect(() => decode(part)).toThrow(
          expect.objectContaining({ code: 'bencode/unexpected-end', offset: part.length }),
        );
      }),
      { numRuns },
    );
  });

  test('the raw slice of each field is the encoding of that field', () => {
    fc.assert(
      fc.property(value, (original) => {
        const encoded = encode(original);
        const steps = Array.isArray(original)
          ? original.map((_, index) => index)
          : isDictionary(original)
            ? Object.keys(original)
            : [];
        for (const step of steps) {
          const field = (original as { readonly [step: string | number]: BencodeInput })[step]!;
          expect(rawSlice(encoded, [step])).toEqual(encode(field));
        }
        expect(rawSlice(encoded, [])).toEqual(encoded);
      }),
      { numRuns },
    );
  });
});

describe('BEP 3, bencoding: for every input', () => {
  const outcome = <T>(run: () => T): T | BencodeError => {
    try {
      return run();
    } catch (error) {
      if (error instanceof BencodeError) return error;
      throw error;
    }
  };

  test('decoding gives a value or a BencodeError, and only one input encodes each value', () => {
    fc.assert(
      fc.property(garbage, (input) => {
        const result = outcome(() => decode(input));
        if (!(result instanceof BencodeError)) expect(encode(result)).toEqual(input);
      }),
      { numRuns: numRuns * 10 },
    );
  });

  test('strict and lenient decoding agree: the strict error is the first deviation', () => {
    fc.assert(
      fc.property(garbage, (input) => {
        const strict = outcome(() => decode(input));
        const lenient = outcome(() => decodeLenient(input));
        if (lenient instanceof BencodeError) expect(strict).toBeInstanceOf(BencodeError);
        else if (lenient.deviations[0]) expect(strict).toMatchObject({ ...lenient.deviations[0] });
        else expect(lenient.value).toEqual(strict);
      }),
      { numRuns: numRuns * 10 },
    );
  });

  test('the raw slice is that of the value which a lenient reading finds', () => {
    fc.assert(
      fc.property(garbage, (input) => {
        const lenient = outcome(() => decodeLenient(input));
        if (lenient instanceof BencodeError) return;
        const steps = isDictionary(lenient.value) ? Object.keys(lenient.value) : [];
        for (const step of steps) {
          const slice = rawSlice(input, [step])!;
          expect(decodeLenient(slice).value).toEqual((lenient.value as { readonly [key: string]: Bencode })[step]);
        }
        expect(rawSlice(input, [])).toHaveLength(lenient.length);
      }),
      { numRuns: numRuns * 10 },
    );
  });
});

describe('BEP 3, bencoding: like the bencode package of npm, on what that can represent', () => {
  // It reads keys as UTF-8, rounds integers, and lets `__proto__` set the prototype.
  const plainKey = fc.string({ unit: 'grapheme-ascii', maxLength: 8 }).filter((name) => name !== '__proto__');
  const { common } = fc.letrec<{ common: Bencode }>((tie) => ({
    common: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(fc.maxSafeInteger(), byteString),
      fc.array(tie('common'), { maxLength: 5 }),
      fc.dictionary(plainKey, tie('common'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }));

  test('both encode the same bytes and decode the same values', () => {
    fc.assert(
      fc.property(common, (original) => {
        const theirs = new Uint8Array(bencode.encode(original));
        expect(encode(original)).toEqual(theirs);
        expect(decode(theirs)).toEqual(bencode.decode(theirs));
      }),
      { numRuns },
    );
  });
});
