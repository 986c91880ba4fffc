/** Bloom filters of scrapes with the published vector (BEP 33). */
import { fromHex, toHex } from '@ferro/core';
import { expect, test } from 'vitest';
import { ScrapeFilter } from '../src/index.ts';

const VECTOR = `
F6C3F5EA A07FFD91 BDE89F77 7F26FB2B FF37BDB8 FB2BBAA2 FD3DDDE7 BACFFF75 EE7CCBAE FE5EEDB1 FBFAFF67 F6ABFF5E
43DDBCA3 FD9B9FFD F4FFD3E9 DFF12D1B DF59DB53 DBE9FA5B 7FF3B8FD FCDE1AFB 8BEDD7BE 2F3EE71E BBBFE93B CDEEFE14
8246C2BC 5DBFF7E7 EFDCF24F D8DC7ADF FD8FFFDF DDFFF7A4 BBEEDF5C B95CE81F C7FCFF1F F4FFFFDF E5F7FDCB B7FD79B3
FA1FC77B FE07FFF9 05B7B7FF C7FEFEFF E0B8370B B0CD3F5B 7F2BD93F EB4386CF DD6F7FD5 BFAF2E9E BFFFFEEC D67ADBF7
C67F17EF D5D75EBA 6FFEBA7F FF47A91E B1BFBB53 E8ABFB57 62ABE8FF 237279BF EFBFEEF5 FFC5FEBF DFE5ADFF ADFEE1FB
737FFFFB FD9F6AEF FEEE76B6 FD8F72EF`
  .replaceAll(/\s/g, '')
  .toLowerCase();

const addresses = [
  ...Array.from({ length: 256 }, (_, i) => `192.0.2.${i}`),
  ...Array.from({ length: 0x3e8 }, (_, i) => `2001:db8::${i.toString(16)}`),
];

test('BEP 33 vector: 1,256 addresses give the published bits and estimate', () => {
  const filter = new ScrapeFilter();
  for (const ip of addresses) filter.add(ip);
  expect(toHex(filter.bytes)).toBe(VECTOR);
  expect(filter.estimate).toBeCloseTo(1224.9308, 3);
});

test('BEP 33: filters of several nodes are joined, and count nobody twice', () => {
  const [a, b] = [new ScrapeFilter(), new ScrapeFilter()];
  for (const [i, ip] of addresses.entries()) (i % 3 === 0 ? a : b).add(ip);
  for (const ip of addresses.slice(0, 100)) b.add(ip);
  a.join(b.bytes);
  expect(toHex(a.bytes)).toBe(VECTOR);
});

test('an empty filter counts nobody, a full one very many', () => {
  expect(new ScrapeFilter().estimate).toBe(0);
  expect(new ScrapeFilter(new Uint8Array(256).fill(255)).estimate).toBeGreaterThan(7_000);
  expect(() => new ScrapeFilter(new Uint8Array(255))).toThrow(RangeError);
});

test('an address that went in is found', () => {
  const filter = new ScrapeFilter(fromHex('00'.repeat(256))!);
  filter.add('192.0.2.7');
  expect([filter.has('192.0.2.7'), filter.has('192.0.2.8')]).toEqual([true, false]);
});
