import { Id20 } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMagnet, type Magnet, parseMagnet } from '../src/index.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
const texts = fc.array(text, { maxLength: 4 });
const hash = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.oneof(fc.constantFrom('10.0.0.1', '2001:db8::7', '::', 'a.example', 'x'), fc.domain());
const range = fc.tuple(fc.nat({ max: 100_000 }), fc.nat({ max: 100_000 }));

const magnet: fc.Arbitrary<Magnet> = fc
  .record({
    infoHashV1: fc.option(hash(20), { nil: undefined }),
    infoHashV2: fc.option(hash(32), { nil: undefined }),
    name: fc.option(text, { nil: undefined }),
    length: fc.option(fc.maxSafeNat(), { nil: undefined }),
    trackers: texts,
    webSeeds: texts,
    exactSources: texts,
    acceptableSources: texts,
    peers: fc.array(fc.record({ host: host.map((name) => name.toLowerCase()), port }), { maxLength: 3 }),
    select: fc.option(fc.array(range, { minLength: 1, maxLength: 5 }), { nil: undefined }),
    keywords: texts,
    manifests: texts,
  })
  .filter(({ infoHashV1, infoHashV2 }) => infoHashV1 !== undefined || infoHashV2 !== undefined)
  .map(({ infoHashV1, select, ...rest }) => ({
    ...rest,
    infoHashV1: infoHashV1 && Id20.from(infoHashV1),
    select: select?.map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) })),
  }));

const plain = ({ infoHashV1, ...rest }: Magnet) => ({ ...rest, infoHashV1: infoHashV1?.hex });

test('what is written is read back (BEP 9, BEP 53)', () => {
  fc.assert(fc.property(magnet, (given) => void expect(plain(parseMagnet(formatMagnet(given)))).toEqual(plain(given))));
});

test('written, read and written again is the same link', () => {
  fc.assert(
    fc.property(
      magnet,
      (given) => void expect(formatMagnet(parseMagnet(formatMagnet(given)))).toBe(formatMagnet(given)),
    ),
  );
});

test('any text behind an info-hash is read or passed over', () => {
  const link = `magnet:?xt=urn:btih:${'ab'.repeat(20)}&`;
  const part = fc.oneof(
    text,
    fc.constantFrom('tr', 'dn', 'so', 'x.pe', 'kt', '=', '&', '%', '%f', '%ff', '+', ',', '-', '.1'),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      expect(parseMagnet(link + parts.join('')).infoHashV1?.hex).toBe('ab'.repeat(20));
    }),
  );
});
