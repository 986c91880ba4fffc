/** The filter of addresses that answers a scrape (BEP 33, Bloom filters): 256 bytes, two bits an address. */
import { createHash } from 'node:crypto';
import { ipBytes } from '../endpoint.ts';

export const filterLength = 256;

export function filterOf(ips: readonly string[]): Uint8Array {
  const filter = new Uint8Array(filterLength);
  for (const index of ips.flatMap(bitsOf)) filter[index >> 3]! |= 1 << (index & 7);
  return filter;
}

export function filterHas(filter: Uint8Array, ip: string): boolean {
  return bitsOf(ip).every((index) => (filter[index >> 3]! & (1 << (index & 7))) !== 0);
}

function bitsOf(ip: string): number[] {
  const hash = createHash('sha1').update(ipBytes(ip)).digest();
  return [hash.readUInt16LE(0) % (8 * filterLength), hash.readUInt16LE(2) % (8 * filterLength)];
}
