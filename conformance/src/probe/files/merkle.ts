/** Hash trees of BEP 52, upgrade path: leaves are SHA-256 of blocks of 16 KiB, and where there is no block the leaf is 32 zero bytes. */
import { createHash } from 'node:crypto';

export const leafLength = 16_384;
const hashLength = 32;

export interface FileTree {
  readonly root: Uint8Array;
  /** The hashes of the pieces, without those beyond the end; empty for a file of one piece or less. */
  readonly layer: Uint8Array;
}

export function fileTree(data: Uint8Array, pieceLength: number): FileTree {
  let level = leavesOf(data);
  const zero = new Uint8Array(hashLength);
  const width = 2 ** Math.ceil(Math.log2(level.length));
  while (level.length < width) level.push(zero);
  let layer: readonly Uint8Array[] = level;
  for (let span = leafLength; level.length > 1; span *= 2) {
    if (span === pieceLength) layer = level;
    level = Array.from({ length: level.length / 2 }, (_, at) => pair(level[2 * at]!, level[2 * at + 1]!));
  }
  const pieces = Math.ceil(data.length / pieceLength);
  const hashes = data.length > pieceLength ? layer.slice(0, pieces) : [];
  return { root: level[0]!, layer: new Uint8Array(Buffer.concat(hashes)) };
}

function leavesOf(data: Uint8Array): Uint8Array[] {
  const count = Math.ceil(data.length / leafLength);
  return Array.from({ length: count }, (_, at) => sha256(data.subarray(at * leafLength, (at + 1) * leafLength)));
}

function pair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(left, right);
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}
