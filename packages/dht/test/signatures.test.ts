/** Items and their signatures with the published vectors (BEP 44, test vectors; BEP 46, test vectors). */
import { fromHex, Id20, ProtocolError, toHex, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import {
  decodeMutableTorrent,
  encodeMutableTorrent,
  formatMutableMagnet,
  immutableTarget,
  mutableTarget,
  newKeyPair,
  parseMutableMagnet,
  sign,
  signedBytes,
  verify,
} from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

const value = utf8('12:Hello World!');
const publicKey = fromHex('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548')!;
const plain = fromHex(
  '305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01',
)!;
const salted = fromHex(
  '6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08',
)!;
const salt = utf8('foobar');

test('BEP 44 vector 1: a mutable item', () => {
  expect(signedBytes({ value, seq: 1n })).toEqual(utf8('3:seqi1e1:v12:Hello World!'));
  expect(toHex(mutableTarget(publicKey))).toBe('4a533d47ec9c7d95b1ad75f576cffc641853b750');
  expect(verify({ value, seq: 1n }, plain, publicKey)).toBe(true);
});

test('BEP 44 vector 2: a mutable item with salt', () => {
  expect(signedBytes({ value, seq: 1n, salt })).toEqual(utf8('4:salt6:foobar3:seqi1e1:v12:Hello World!'));
  expect(toHex(mutableTarget(publicKey, salt))).toBe('411eba73b6f087ca51a3795d9c8c938d365e32c1');
  expect(verify({ value, seq: 1n, salt }, salted, publicKey)).toBe(true);
});

test('BEP 44 vector 3: an immutable item', () => {
  expect(toHex(immutableTarget(value))).toBe('e5f96f6f38320f0f33959cb4d3d656452117aadb');
});

test('BEP 44: an empty salt is no salt', () => {
  expect(signedBytes({ value, seq: 1n, salt: new Uint8Array(0) })).toEqual(signedBytes({ value, seq: 1n }));
});

test('BEP 44: the signature covers salt, number and value', () => {
  expect(verify({ value, seq: 2n }, plain, publicKey)).toBe(false);
  expect(verify({ value: utf8('12:Hello World?'), seq: 1n }, plain, publicKey)).toBe(false);
  expect(verify({ value, seq: 1n, salt }, plain, publicKey)).toBe(false);
});

test('what is no signature and no key is false, not an exception', () => {
  expect(verify({ value, seq: 1n }, plain.subarray(1), publicKey)).toBe(false);
  expect(verify({ value, seq: 1n }, plain, publicKey.subarray(1))).toBe(false);
  expect(verify({ value, seq: 1n }, new Uint8Array(64).fill(255), publicKey)).toBe(false);
  expect(verify({ value, seq: 1n }, plain, new Uint8Array(32).fill(255))).toBe(false);
});

test('what we sign is verified', () => {
  const keys = newKeyPair(new MemoryNetwork(1).environment);
  const part = { value, seq: 7n, salt };
  expect(verify(part, sign(part, keys.secretKey), keys.publicKey)).toBe(true);
});

const torrentKey = fromHex('8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e')!;
const torrentLink = 'magnet:?xs=urn:btpk:8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e';

test('BEP 46 vector 1: a magnet link to a target', () => {
  const publisher = parseMutableMagnet(torrentLink);
  expect(publisher).toEqual({ publicKey: torrentKey, salt: undefined });
  expect(toHex(mutableTarget(publisher.publicKey, publisher.salt))).toBe('cc3f9d90b572172053626f9980ce261a850d050b');
  expect(formatMutableMagnet(publisher)).toBe(torrentLink);
});

test('BEP 46 vector 2: a magnet link with salt to a target', () => {
  const publisher = parseMutableMagnet(`${torrentLink}&dn=a&s=6e`);
  expect(toHex(mutableTarget(publisher.publicKey, publisher.salt))).toBe('59ee7c2cb9b4f7eb1986ee2d18fd2fdb8a56554f');
  expect(formatMutableMagnet(publisher)).toBe(`${torrentLink}&s=6e`);
});

for (const link of [
  'https://example.org',
  'magnet:?xt=urn:btih:8543d3e6115f0f98c944077a4493dcd543e49c73',
  `${torrentLink.slice(0, -1)}`,
  `${torrentLink}&s=6`,
  `${torrentLink}&s=${'00'.repeat(65)}`,
]) {
  test(`BEP 46: ${link.slice(0, 30)}… (${link.length} characters) is no magnet link of a mutable torrent`, () => {
    expect(() => parseMutableMagnet(link)).toThrow(ProtocolError);
  });
}

test('BEP 46: the item names the info-hash', () => {
  const infoHash = Id20.from('ab'.repeat(20));
  expect(decodeMutableTorrent(encodeMutableTorrent(infoHash))).toEqual(infoHash);
  for (const other of ['i1e', 'de', 'd2:ih2:abe', '2:ih'])
    expect(() => decodeMutableTorrent(utf8(other))).toThrow(ProtocolError);
});
