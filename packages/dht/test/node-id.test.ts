/** Places in the id space: distance, ids of addresses with the published vectors (BEP 42), ids of many addresses (BEP 45). */
import { fromHex, Id20, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import {
  compareDistance,
  crc32c,
  idAllowedAt,
  idBelongsTo,
  idForAddress,
  randomId,
  randomIdAt,
  sharedBits,
  spreadId,
} from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

const { environment } = new MemoryNetwork(3);

/** From the table of BEP 42. */
const vectors = [
  ['124.31.75.21', '5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401'],
  ['21.75.31.124', '5a3ce9c14e7a08645677bbd1cfe7d8f956d53256'],
  ['65.23.51.170', 'a5d43220bc8f112a3d426c84764f8c2a1150e616'],
  ['84.124.73.14', '1b0321dd1bb1fe518101ceef99462b947a01ff41'],
  ['43.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
  // The text has no vector for IPv6; this one is from the implementation of its author.
  ['2001:b829:2123:be84:e16c:d6ae:5290:49f1', '0a8ad123be84e16cd6ae529049f1f1bbe9ebb304'],
] as const;

for (const [ip, id] of vectors) {
  test(`BEP 42 vector: ${id.slice(0, 6)}…${id.slice(38)} belongs to ${ip}`, () => {
    const bytes = fromHex(id)!;
    expect(idBelongsTo(bytes, ip)).toBe(true);
    for (const bit of [0, 10, 20]) {
      const other = bytes.slice();
      other[bit >> 3]! ^= 0x80 >> (bit & 7);
      expect(idBelongsTo(other, ip)).toBe(false);
    }
  });
}

test('BEP 42: only the first 21 bits and the last three are bound', () => {
  const id = fromHex(vectors[0][1])!;
  id[2]! ^= 0x07;
  id.fill(7, 3, 19);
  id[19]! ^= 0xf8;
  expect(idBelongsTo(id, vectors[0][0])).toBe(true);
  id[19]! ^= 0x01;
  expect(idBelongsTo(id, vectors[0][0])).toBe(false);
});

test('BEP 42: an id made for an address belongs to it, and to hardly any other', () => {
  for (const ip of ['8.8.8.8', '2001:db8:1:2::3']) {
    const id = idForAddress(ip, environment);
    expect(idBelongsTo(id.bytes, ip)).toBe(true);
    expect(idBelongsTo(id.bytes, '9.9.9.9')).toBe(false);
  }
  expect(() => idForAddress('localhost', environment)).toThrow(RangeError);
});

test('BEP 42, enforcement: addresses of local networks may have any id', () => {
  const id = randomId(environment).bytes;
  for (const ip of ['10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.0.1', '127.0.0.1', '::1', 'fe80::1', 'fd00::1']) {
    expect(idAllowedAt(id, ip)).toBe(true);
  }
  expect(idAllowedAt(id, '8.8.8.8')).toBe(false);
});

test('CRC-32C, not CRC-32', () => {
  expect(crc32c(utf8('123456789'))).toBe(0xe3069283);
});

test('BEP 5: distance is XOR, read as a number', () => {
  const [a, b, c] = ['00', '0f', 'f0'].map((byte) => Id20.from(byte + '00'.repeat(19)).bytes) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  expect(compareDistance(a, b, c)).toBeLessThan(0);
  expect(compareDistance(c, a, b)).toBeLessThan(0);
  expect(compareDistance(a, b, b)).toBe(0);
  expect([sharedBits(a, c), sharedBits(a, b), sharedBits(b, b)]).toEqual([0, 4, 160]);
});

test('an id in a bucket shares just as many bits', () => {
  const base = randomId(environment).bytes;
  for (const bits of [0, 1, 7, 8, 9, 100, 159])
    expect(sharedBits(base, randomIdAt(base, bits, environment).bytes)).toBe(bits);
});

test('BEP 45: the ids of one host lie far from each other', () => {
  const base = randomId(environment);
  const ids = Array.from({ length: 16 }, (_, i) => spreadId(base, i));
  expect(ids[0]).toEqual(base);
  for (const [i, id] of ids.entries()) {
    for (const other of ids.slice(i + 1)) expect(sharedBits(id.bytes, other.bytes)).toBeLessThan(4);
  }
});
