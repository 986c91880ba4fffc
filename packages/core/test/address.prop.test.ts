/** Addresses as properties: every text and every compact form goes there and back. */
import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canonicalIp,
  decodeCompact,
  decodeCompactList,
  encodeCompact,
  encodeCompactList,
  familyOf,
  formatAddress,
  formatIp,
  parseAddress,
  parseIp,
} from '../src/index.ts';

const bytesOfIp = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // Many zeros, where the short form has its rules.
  fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)),
);
const ips = bytesOfIp.map(formatIp);
const addresses = fc.record({ ip: ips, port: fc.nat(65_535) });

test('bytes to text and back', () => {
  fc.assert(
    fc.property(bytesOfIp, (bytes) => {
      const text = formatIp(bytes);
      const back = parseIp(text)!;
      expect(formatIp(back)).toBe(text);
      expect([...back]).toEqual([...bytes.subarray(bytes.length - back.length)]);
      expect(isIP(text)).toBe(familyOf(text));
    }),
  );
});

test('a text is an address exactly where Node says so, zones apart', () => {
  const alphabet = fc.constantFrom(...'0123456789abcdefF:.:.x%'.split(''));
  const texts = fc.oneof(fc.string({ unit: alphabet, maxLength: 20 }), fc.ipV4(), fc.ipV6(), fc.ipV4Extended());
  fc.assert(
    fc.property(texts, (text) => {
      fc.pre(!text.includes('%'));
      expect(canonicalIp(text) !== undefined).toBe(isIP(text) !== 0);
    }),
    { numRuns: 2000 },
  );
});

test('an address to text and back', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
  );
});

test('no text makes parseAddress throw, and what it takes it writes again', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (text) => {
      const address = parseAddress(text);
      if (address !== undefined) expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
  );
});

test('BEP 23 and BEP 7: compact lists go there and back, family by family', () => {
  fc.assert(
    fc.property(fc.array(addresses, { maxLength: 30 }), (all) => {
      for (const family of [4, 6] as const) {
        const own = all.filter(({ ip }) => familyOf(ip) === family);
        const bytes = encodeCompactList(all, family);
        expect(decodeCompactList(bytes, family)).toEqual(own);
        expect(own.map((_, i) => decodeCompact(bytes, i * (family === 4 ? 6 : 18), family))).toEqual(own);
      }
      for (const address of all) expect(encodeCompact(address).length).toBe(familyOf(address.ip) === 4 ? 6 : 18);
    }),
  );
});
