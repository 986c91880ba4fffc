/**
 * Places in the 160-bit space (BEP 5, overview): how near two identifiers are, ids that belong to an address (BEP 42,
 * node ID restriction), and ids far from each other for several addresses of one host (BEP 45, node behavior).
 * An address of a local network may have any id (BEP 42, enforcement).
 */
import { type Environment, Id20, parseIp, readU32, scopeOf } from '@ferro/core';

/** How many leading bits two identifiers share: 0 to 160. Their distance is below 2^(160 − shared). */
export function sharedBits(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 20; i++) {
    const difference = a[i]! ^ b[i]!;
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24;
  }
  return 160;
}

/** Negative if `a` is nearer to `target` than `b`, positive if it is farther, zero if they are equal. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 20; i++) {
    if (a[i] !== b[i]) return (a[i]! ^ target[i]!) - (b[i]! ^ target[i]!);
  }
  return 0;
}

export function randomId(environment: Environment): Id20 {
  const bytes = new Uint8Array(20);
  environment.random(bytes);
  return Id20.from(bytes);
}

/** A random id that shares exactly `bits` leading bits with `base`: one in that bucket. */
export function randomIdAt(base: Uint8Array, bits: number, environment: Environment): Id20 {
  const bytes = randomId(environment).bytes.slice();
  for (let bit = 0; bit <= bits && bit < 160; bit++) {
    const mask = 0x80 >> (bit & 7);
    const wanted = bit === bits ? ~base[bit >> 3]! & mask : base[bit >> 3]! & mask;
    bytes[bit >> 3] = (bytes[bit >> 3]! & ~mask) | wanted;
  }
  return Id20.from(bytes);
}

/** The id number `index` of a host with many addresses: the high bits count, so that no two share a neighbourhood (BEP 45). */
export function spreadId(base: Id20, index: number): Id20 {
  const bytes = base.bytes.slice();
  for (let bit = 0; bit < 32; bit++) {
    if ((index >>> bit) & 1) bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
  }
  return Id20.from(bytes);
}

const MASK_V4 = Uint8Array.of(0x03, 0x0f, 0x3f, 0xff);
const MASK_V6 = Uint8Array.of(0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff);

/** An id that belongs to this address; 21 of its bits are given by it, the others come from the environment. */
export function idForAddress(ip: string, environment: Environment): Id20 {
  const bytes = randomId(environment).bytes.slice();
  const prefix = addressPrefix(ip, bytes[19]!);
  if (prefix === undefined) throw new RangeError(`${ip} is no IP address`);
  bytes[0] = prefix >>> 24;
  bytes[1] = prefix >>> 16;
  bytes[2] = ((prefix >>> 8) & 0xf8) | (bytes[2]! & 7);
  return Id20.from(bytes);
}

/** Whether the id belongs to the address, by the rule alone. */
export function idBelongsTo(id: Uint8Array, ip: string): boolean {
  const prefix = addressPrefix(ip, id[19]!);
  return prefix !== undefined && (prefix ^ readU32(id, 0)) >>> 11 === 0;
}

/** Whether a node may be trusted with its id: the id belongs to the address, or the address is one of a local network. */
export function idAllowedAt(id: Uint8Array, ip: string): boolean {
  return idBelongsTo(id, ip) || isLocal(ip);
}

/** An address that only a neighbour can have: no rule about address space applies to it. */
export function isLocal(ip: string): boolean {
  const scope = scopeOf(ip);
  return scope === 'private' || scope === 'loopback' || scope === 'link-local';
}

/** The network that probably has one owner: /24 of IPv4, /64 of IPv6. Equal texts, equal networks. */
export function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip.slice(0, ip.lastIndexOf('.'));
  const bytes = parseIp(ip)!;
  return `${readU32(bytes, 0)}:${readU32(bytes, 4)}`;
}

function addressPrefix(ip: string, last: number): number | undefined {
  const bytes = parseIp(ip);
  if (bytes === undefined) return undefined;
  const mask = bytes.length === 4 ? MASK_V4 : MASK_V6;
  const masked = mask.map((bits, i) => bits & bytes[i]!);
  masked[0]! |= (last & 7) << 5;
  return crc32c(masked);
}

const CRC_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli), not the CRC-32 of zlib. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_OF_BYTE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
