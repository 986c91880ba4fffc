/**
 * Bloom filters that count the peers of a torrent over many nodes (BEP 33, bloom filters): 2,048 bits, two per address.
 * Filters of several nodes are joined by OR; how many bits are set tells about how many addresses went in.
 */
import { parseIp, sha1 } from '@ferro/core';

const BYTES = 256;
const BITS = 8 * BYTES;

/** Which two bits of a filter stand for an address of 4 or 16 bytes. */
export function filterBits(ip: Uint8Array): readonly [number, number] {
  const hash = sha1(ip);
  return [(hash[0]! | (hash[1]! << 8)) % BITS, (hash[2]! | (hash[3]! << 8)) % BITS];
}

export class ScrapeFilter {
  readonly bytes: Uint8Array;

  /** Takes over 256 bytes, or starts empty. */
  constructor(bytes: Uint8Array = new Uint8Array(BYTES)) {
    if (bytes.length !== BYTES) throw new RangeError('a scrape filter has 256 bytes');
    this.bytes = bytes;
  }

  add(ip: string): void {
    for (const bit of bitsOf(ip)) this.setBit(bit);
  }

  /** Whether an address went in, or looks as if it had. */
  has(ip: string): boolean {
    return bitsOf(ip).every((bit) => ((this.bytes[bit >> 3]! >> (bit & 7)) & 1) === 1);
  }

  setBit(bit: number): void {
    this.bytes[bit >> 3]! |= 1 << (bit & 7);
  }

  /** Adds all that the other filter counts. */
  join(other: Uint8Array): void {
    for (let i = 0; i < BYTES; i++) this.bytes[i]! |= other[i]!;
  }

  /** About how many addresses went in; not to be trusted above some 6,000. */
  get estimate(): number {
    let zeros = 0;
    for (const byte of this.bytes) for (let bit = 0; bit < 8; bit++) if (((byte >> bit) & 1) === 0) zeros++;
    if (zeros === BITS) return 0;
    // A full filter says "very many": at least one zero is counted, so that the logarithm exists.
    return Math.log(Math.max(zeros, 1) / BITS) / (2 * Math.log(1 - 1 / BITS));
  }
}

function bitsOf(ip: string): readonly [number, number] {
  const bytes = parseIp(ip);
  if (bytes === undefined) throw new RangeError(`${ip} is no IP address`);
  return filterBits(bytes);
}
