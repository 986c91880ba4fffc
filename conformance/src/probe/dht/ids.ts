/** Node ids: their distance (BEP 5, overview), ids near another one, and those that belong to an address (BEP 42). */
import type { Random } from '../../random.ts';
import { ipBytes } from '../endpoint.ts';

/** Negative where `a` is nearer to the target than `b`. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < 20; at++) {
    const difference = (a[at]! ^ target[at]!) - (b[at]! ^ target[at]!);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** How many leading bits two ids share. */
export function sharedBits(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < 20; at++) {
    const difference = a[at]! ^ b[at]!;
    if (difference !== 0) return 8 * at + Math.clz32(difference) - 24;
  }
  return 160;
}

/** An id that shares exactly `bits` leading bits with another one. */
export function idNear(id: Uint8Array, bits: number, random: Random): Uint8Array {
  const near = random.bytes(20);
  for (let bit = 0; bit <= bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    const wanted = (id[bit >> 3]! ^ (bit === bits ? mask : 0)) & mask;
    near[bit >> 3] = (near[bit >> 3]! & ~mask) | wanted;
  }
  return near;
}

/** An id as BEP 42 wants it of a node at this address. */
export function idOf(ip: string, random: Random): Uint8Array {
  return idFor(ip, random.bytes(20));
}

/** The same made of twenty bytes: 21 of their bits are changed. */
export function idFor(ip: string, bytes: Uint8Array): Uint8Array {
  const id = Uint8Array.from(bytes);
  const hash = hashOf(ip, id[19]! & 7);
  id[0] = hash >>> 24;
  id[1] = (hash >>> 16) & 0xff;
  id[2] = ((hash >>> 8) & 0xf8) | (id[2]! & 7);
  return id;
}

export function belongsTo(id: Uint8Array, ip: string): boolean {
  const hash = hashOf(ip, id[19]! & 7);
  const prefix = ((id[0]! << 16) | (id[1]! << 8) | id[2]!) >>> 3;
  return prefix === hash >>> 11;
}

function hashOf(ip: string, salt: number): number {
  const bytes = ipBytes(ip);
  const masks = bytes.length === 4 ? [0x03, 0x0f, 0x3f, 0xff] : [0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff];
  const masked = Uint8Array.from(masks, (mask, at) => bytes[at]! & mask);
  masked[0]! |= salt << 5;
  return crc32c(masked);
}

/** Castagnoli, bit by bit: eight bytes at most are hashed. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return ~crc >>> 0;
}
