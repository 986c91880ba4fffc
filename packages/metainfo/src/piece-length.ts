/**
 * How long the pieces of a new torrent should be (BEP 3, info dictionary; BEP 52 wants a power of two). Many small pieces make
 * a long torrent file and many messages; few large ones waste more when one is bad and spread slowly.
 */

const SHORTEST = 16_384;
const LONGEST = 16_777_216;
const PIECES_AIMED_AT = 2_000;

/** A power of two from 16 KiB to 16 MiB: about 1,000 to 2,000 pieces, where that range allows it. */
export function choosePieceLength(contentLength: number): number {
  let length = SHORTEST;
  while (length < LONGEST && contentLength / length > PIECES_AIMED_AT) length *= 2;
  return length;
}
