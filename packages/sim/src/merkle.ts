/** The merkle root of a piece (BEP 52, piece layers): SHA-256 over leaves of 16 KiB, missing leaves are 32 zeros. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

const LEAF = 16_384;

/** `width`: how many leaves the tree has at least; it grows to the next power of two that holds all bytes. */
export function merkleRoot(bytes: Uint8Array, width: number, sha256: Hash): Uint8Array {
  const leaves = Math.max(Math.ceil(bytes.length / LEAF), width);
  let count = 1;
  while (count < leaves) count *= 2;
  // Two hashes side by side are the input of the next level.
  let level = new Uint8Array(count * 32);
  for (let i = 0; i * LEAF < bytes.length; i++) level.set(sha256(bytes.subarray(i * LEAF, (i + 1) * LEAF)), 32 * i);
  for (; count > 1; count /= 2) {
    const above = new Uint8Array(count * 16);
    for (let i = 0; i < count / 2; i++) above.set(sha256(level.subarray(64 * i, 64 * i + 64)), 32 * i);
    level = above;
  }
  return level;
}
