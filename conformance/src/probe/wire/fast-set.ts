/** The pieces that a peer may ask for while it is choked, as everybody computes them (BEP 6, allowed fast set generation). */
import { createHash } from 'node:crypto';

/** Hashes of the network of the peer and the info-hash, four bytes at a time. At most as many as there are pieces. */
export function canonicalSet(ip: string, infoHash: Uint8Array, pieceCount: number, count: number): number[] {
  const network = ip.split('.').slice(0, 3).map(Number);
  const pieces: number[] = [];
  let hash: Buffer = Buffer.concat([Uint8Array.of(...network, 0), infoHash]);
  while (pieces.length < count) {
    hash = createHash('sha1').update(hash).digest();
    for (let at = 0; at < 20 && pieces.length < count; at += 4) {
      const piece = hash.readUInt32BE(at) % pieceCount;
      if (!pieces.includes(piece)) pieces.push(piece);
    }
  }
  return pieces;
}
