/** Which other torrents may hold the same files (BEP 38): in the info dictionary, beside it, or both. */
import { type BencodeDictionary, listAt } from '@ferro/bencode';
import type { Reading } from './reading.ts';

export interface Hints {
  /** Info-hashes, 20 or 32 bytes each. */
  readonly similar: readonly Uint8Array[];
  readonly collections: readonly string[];
}

export function readHints(dictionary: BencodeDictionary, reading: Reading): Hints {
  return {
    similar: bytesIn(dictionary, 'similar', reading).filter((hash) => hash.length === 20 || hash.length === 32),
    collections: bytesIn(dictionary, 'collections', reading).map((name) => reading.text(name)),
  };
}

function bytesIn(dictionary: BencodeDictionary, key: string, reading: Reading): readonly Uint8Array[] {
  const list = listAt(dictionary, key) ?? [];
  return reading.entries(list, [key]).filter((entry) => entry instanceof Uint8Array);
}
