/** An info-hash that no other case uses: from the target's list, if it serves a list only, else by chance. */
import type { Context } from '../context.ts';
import type { Fits } from '../target/info-hashes.ts';

/** Of those that `fits`. Without it, and where there is no list, no byte is above 127: that some break those is what one case is about. */
export type InfoHashes = (fits?: Fits) => Uint8Array;

export function freshInfoHashes({ target, random }: Context): InfoHashes {
  return (fits) => {
    if (target.takeInfoHash !== undefined) return target.takeInfoHash(fits ?? (() => true));
    if (fits === undefined) return random.bytes(20).map((byte) => byte & 0x7f);
    for (;;) {
      const hash = random.bytes(20);
      if (fits(hash)) return hash;
    }
  };
}
