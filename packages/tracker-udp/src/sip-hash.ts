/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) in 32-bit arithmetic: a keyed hash for short inputs, here for the connection ids
 * of BEP 15. It costs a tenth of a microsecond where a general hash costs several. 64-bit words are kept as two halves.
 */
import { readU32 } from '@ferro/core';

export class SipHash {
  /** The two halves of the last hash. */
  high = 0;
  low = 0;
  readonly #key: Int32Array;

  /** 16 secret bytes; words are little-endian, as in the reference. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new RangeError('a SipHash key has 16 bytes');
    this.#key = Int32Array.from({ length: 4 }, (_, i) => swap(readU32(key, 4 * i)));
  }

  /** Hashes the first `length` bytes into `high` and `low`. */
  hash(bytes: Uint8Array, length: number): void {
    const key = this.#key;
    let v0l = key[0]! ^ 0x70736575;
    let v0h = key[1]! ^ 0x736f6d65;
    let v1l = key[2]! ^ 0x6e646f6d;
    let v1h = key[3]! ^ 0x646f7261;
    let v2l = key[0]! ^ 0x6e657261;
    let v2h = key[1]! ^ 0x6c796765;
    let v3l = key[2]! ^ 0x79746573;
    let v3h = key[3]! ^ 0x74656462;
    const last = length >>> 3;
    for (let block = 0; block <= last + 1; block++) {
      const final = block > last;
      const ml = final ? 0 : word(bytes, 8 * block, length);
      const mh = final ? 0 : word(bytes, 8 * block + 4, length) | (block === last ? length << 24 : 0);
      if (final) v2l ^= 0xff;
      v3l ^= ml;
      v3h ^= mh;
      for (let round = final ? 4 : 2; round > 0; round--) {
        let low = (v0l >>> 0) + (v1l >>> 0);
        v0h = (v0h + v1h + (low > 0xffffffff ? 1 : 0)) | 0;
        v0l = low | 0;
        low = (v1l << 13) | (v1h >>> 19);
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
        v1l = low ^ v0l;
        [v0l, v0h] = [v0h, v0l];
        low = (v2l >>> 0) + (v3l >>> 0);
        v2h = (v2h + v3h + (low > 0xffffffff ? 1 : 0)) | 0;
        v2l = low | 0;
        low = (v3l << 16) | (v3h >>> 16);
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
        v3l = low ^ v2l;
        low = (v0l >>> 0) + (v3l >>> 0);
        v0h = (v0h + v3h + (low > 0xffffffff ? 1 : 0)) | 0;
        v0l = low | 0;
        low = (v3l << 21) | (v3h >>> 11);
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
        v3l = low ^ v0l;
        low = (v2l >>> 0) + (v1l >>> 0);
        v2h = (v2h + v1h + (low > 0xffffffff ? 1 : 0)) | 0;
        v2l = low | 0;
        low = (v1l << 17) | (v1h >>> 15);
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
        v1l = low ^ v2l;
        [v2l, v2h] = [v2h, v2l];
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.low = (v0l ^ v1l ^ v2l ^ v3l) >>> 0;
    this.high = (v0h ^ v1h ^ v2h ^ v3h) >>> 0;
  }
}

/** Four bytes, little-endian; what lies beyond `length` is zero. */
function word(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = Math.min(3, length - at - 1); i >= 0; i--) value = (value << 8) | bytes[at + i]!;
  return value;
}

function swap(value: number): number {
  return ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
