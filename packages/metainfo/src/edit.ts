/**
 * Changes what stands beside the info dictionary of a torrent file (BEP 3, metainfo files; BEP 12, 17, 19): trackers, web
 * seeds, comment. The info dictionary and everything not named stay byte for byte as found, so the info-hash does too.
 */
import { decodeLenient, encode, isDictionary, keyBytes, rawSlice } from '@ferro/bencode';
import { concatBytes, utf8 } from '@ferro/core';
import { limits } from './limits.ts';
import { type Outside, outsideEntries } from './outside.ts';
import { malformed } from './reading.ts';

/** What to set. Null takes a field away; a field that is not named stays. */
export type TorrentChanges = { readonly [field in keyof Outside]?: Outside[field] | null };

/** The torrent file with the changes made. Throws a ProtocolError if it is no torrent file. */
export function editTorrent(bytes: Uint8Array, changes: TorrentChanges): Uint8Array {
  const torrent = decodeLenient(bytes, { tokens: limits.tokens, bytes: limits.bytes }).value;
  if (!isDictionary(torrent) || !isDictionary(torrent['info'])) {
    throw malformed('info-missing', 'BEP 3, metainfo files', 'there is no info dictionary');
  }
  const encoded = new Map<string, Uint8Array>();
  for (const key of Object.keys(torrent)) encoded.set(key, rawSlice(bytes, [key])!);
  for (const [key, value] of Object.entries(outsideEntries(changes))) {
    if (value === null) encoded.delete(key);
    else encoded.set(key, encode(value));
  }
  return joinDictionary(encoded);
}

/** A dictionary of values that are encoded already. */
export function joinDictionary(encoded: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts = [utf8('d')];
  for (const key of [...encoded.keys()].sort()) parts.push(encode(keyBytes(key)), encoded.get(key)!);
  return concatBytes([...parts, utf8('e')]);
}
