/** BEP 3, bencoding: what an input may cost. */
import { describe, expect, test } from 'vitest';
import { decode, decodeLenient, decodePrefix, limits, rawSlice } from '../src/index.ts';
import { bytes } from './ascii.ts';
import { failure } from './failure.ts';

const MEGABYTE = 1_000_000;

describe('a limit', () => {
  test('on depth holds for lists and dictionaries alike', () => {
    const nested = (open: string, depth: number) =>
      bytes(open.repeat(depth) + (open === 'l' ? '' : 'le') + 'e'.repeat(depth));
    expect(decode(nested('l', limits.depth))).toHaveLength(1);
    for (const [encoded, offset] of [
      [nested('l', limits.depth + 1), limits.depth],
      [nested('d0:', limits.depth + 1), limits.depth * 3],
    ] as const) {
      const error = failure(() => decode(encoded));
      expect([error.code, error.offset]).toEqual(['bencode/limit-depth', offset]);
    }
    expect(decode(bytes('llee'), { depth: 2 })).toEqual([[]]);
    expect(failure(() => decode(bytes('llee'), { depth: 1 })).offset).toBe(1);
    expect(failure(() => decode(bytes('le'), { depth: 0 })).code).toBe('bencode/limit-depth');
    expect(decode(bytes('i1e'), { depth: 0 })).toBe(1);
  });

  test('on depth counts what is open, not what was', () => {
    expect(decode(bytes(`l${'le'.repeat(200)}e`), { depth: 2 })).toHaveLength(200);
  });

  test('on tokens counts values of every kind', () => {
    const list = bytes('li1e0:led1:ai2eee');
    expect(decode(list, { tokens: 6 })).toHaveLength(4);
    const error = failure(() => decode(list, { tokens: 5 }));
    expect([error.code, error.offset]).toEqual(['bencode/limit-tokens', 12]);
  });

  test('on bytes comes before anything is read', () => {
    expect(decode(bytes('4:spam'), { bytes: 6 })).toEqual(bytes('spam'));
    const error = failure(() => decode(bytes('garbage'), { bytes: 6 }));
    expect([error.code, error.offset]).toEqual(['bencode/limit-bytes', 6]);
    expect(failure(() => rawSlice(bytes('4:spam'), [], { bytes: 5 })).code).toBe('bencode/limit-bytes');
  });

  test('on digits counts digits', () => {
    expect(decode(bytes('i-12345678901234567890e'), { digits: 20 })).toBe(-12345678901234567890n);
    expect(failure(() => decode(bytes('i-123456789012345678901e'), { digits: 20 }))).toMatchObject({
      code: 'bencode/limit-digits',
      offset: 2,
    });
  });

  test('on deviations ends the report, not the reading', () => {
    const { value, deviations } = decodeLenient(bytes(`l${'i00e'.repeat(2_000)}e`));
    expect([(value as unknown[]).length, deviations.length]).toEqual([2_000, limits.deviations]);
    expect(decodeLenient(bytes('li00ei00ee'), { deviations: 1 }).deviations).toHaveLength(1);
  });

  test('holds for every way to decode', () => {
    for (const read of [decode, decodeLenient, decodePrefix]) {
      expect(failure(() => read(bytes('llee'), { depth: 1 })).code).toBe('bencode/limit-depth');
      expect(failure(() => read(bytes('lee'), { tokens: 0 })).code).toBe('bencode/limit-tokens');
      expect(failure(() => read(bytes('lee'), { bytes: 2 })).code).toBe('bencode/limit-bytes');
    }
  });

  test('that is undefined is the default, not none', () => {
    const options = { depth: undefined, tokens: undefined, bytes: undefined } as never;
    expect(failure(() => decode(bytes('l'.repeat(MEGABYTE)), options)).code).toBe('bencode/limit-depth');
  });

  test('can be taken away', () => {
    const depth = 200_000;
    const deep = bytes('l'.repeat(depth) + 'e'.repeat(depth));
    expect(decode(deep, { depth: Number.POSITIVE_INFINITY })).toHaveLength(1);
  });
});

describe('hostile input', () => {
  test('a megabyte of opened lists or dictionaries ends at the limit of depth', () => {
    expect(failure(() => decode(bytes('l'.repeat(MEGABYTE)))).offset).toBe(limits.depth);
    expect(failure(() => decode(bytes('d0:'.repeat(MEGABYTE / 3)))).offset).toBe(limits.depth * 3);
    expect(failure(() => decodeLenient(bytes('d0:'.repeat(MEGABYTE / 3)))).offset).toBe(limits.depth * 3);
  });

  test('a list of a million items ends at the limit of tokens', () => {
    expect(failure(() => decode(bytes(`l${'i1e'.repeat(MEGABYTE)}e`))).code).toBe('bencode/limit-tokens');
    expect(failure(() => decode(bytes(`l${'le'.repeat(MEGABYTE)}e`))).code).toBe('bencode/limit-tokens');
  });

  test('a length that is not there allocates nothing', () => {
    expect(failure(() => decode(bytes('99999999999:')))).toMatchObject({ code: 'bencode/unexpected-end', offset: 12 });
    expect(failure(() => decode(bytes(`l${'4294967296:'.repeat(2)}`))).code).toBe('bencode/unexpected-end');
  });

  test('a megabyte of digits is refused before it is made a number', () => {
    expect(failure(() => decode(bytes(`i${'9'.repeat(MEGABYTE)}e`))).code).toBe('bencode/limit-digits');
    expect(failure(() => rawSlice(bytes(`i${'9'.repeat(MEGABYTE)}e`), [])).code).toBe('bencode/limit-digits');
    expect(failure(() => decode(bytes(`${'9'.repeat(MEGABYTE)}:`))).code).toBe('bencode/unexpected-end');
  });

  test('a key of many megabytes is a key', () => {
    const key = 'k'.repeat(8 * MEGABYTE);
    expect(Object.keys(decode(bytes(`d${key.length}:${key}i1ee`)) as object)[0]?.length).toBe(key.length);
  });
});

/** Shapes that have made decoders slow, n items of each. */
const shapes: Readonly<Record<string, (n: number) => string>> = {
  'a list of integers': (n) => `l${'i123e'.repeat(n)}e`,
  'a list of strings': (n) => `l${'3:abc'.repeat(n)}e`,
  'a list of lists': (n) => `l${'le'.repeat(n)}e`,
  'a list of dictionaries': (n) => `l${'d1:ai1e1:bi2ee'.repeat(n)}e`,
  'many keys': (n) => `d${numbered(n, (k) => `8:${k}i1e`)}e`,
  'many keys, each new to its dictionary': (n) => `l${numbered(n, (k) => `d9:k${k}i1ee`)}e`,
  'deep nesting': (n) => `${'l'.repeat(n)}${'e'.repeat(n)}`,
};

function numbered(n: number, item: (key: number) => string): string {
  return Array.from({ length: n }, (_, index) => item(10_000_000 + index)).join('');
}

describe('time is linear in the input', () => {
  test.each(Object.entries(shapes))('for %s', (_, shape) => {
    const depth = Number.POSITIVE_INFINITY;
    const spent = (n: number) => {
      const encoded = bytes(shape(n));
      const rounds = Array.from({ length: 4 }, () => {
        const start = performance.now();
        for (let done = 0; done < 16_000; done += n) decode(encoded, { depth });
        return performance.now() - start;
      });
      return Math.min(...rounds);
    };
    spent(500);
    // As many items in one large input as in many small ones: quadratic time would cost 32 times as much.
    expect(spent(16_000) / spent(500)).toBeLessThan(8);
  });
});
