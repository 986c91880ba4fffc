/** What a torrent is known by: its info-hash, twenty bytes of another for version 2, or both (BEP 3, info_hash; BEP 52, infohash). */
import { createHash } from 'node:crypto';
import { type BencodedMap, readBencode } from '../../probe/bencode.ts';

export function infoHashesOf(info: Uint8Array): readonly Uint8Array[] {
  const keys = readBencode(info).value as BencodedMap;
  const first = createHash('sha1').update(info).digest();
  const second = createHash('sha256').update(info).digest().subarray(0, 20);
  if (!keys.has('file tree')) return [first];
  return keys.has('pieces') ? [first, second] : [second];
}
