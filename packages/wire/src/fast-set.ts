/**
 * The pieces that a peer may fetch although it is choked (BEP 6, allowed fast set generation): the same for every honest
 * sender, since they follow from the peer's network and the torrent. Computes the set; what is granted is the client's choice.
 */
import { type Id20, parseIp, readU32, sha1 } from '@ferro/core';
import { limits } from './limits.ts';

/** Of `count` pieces, fewer if the torrent has fewer. BEP 6 knows IPv4 only: an IPv6 address has an empty set. */
export function allowedFastSet(ip: string, infoHash: Id20, pieceCount: number, count = 10): readonly number[] {
  const address = parseIp(ip);
  if (address?.length !== 4) return [];
  const wanted = Math.min(count, pieceCount, limits.allowedFast);
  const seed = new Uint8Array(24);
  // The last byte stays 0: a whole network of 256 addresses has one set, so that changing address brings nothing.
  seed.set(address.subarray(0, 3));
  seed.set(infoHash.bytes, 4);
  const pieces = new Set<number>();
  for (let hash = sha1(seed); pieces.size < wanted; hash = sha1(hash)) {
    for (let at = 0; at < 20 && pieces.size < wanted; at += 4) pieces.add(readU32(hash, at) % pieceCount);
  }
  return [...pieces];
}
