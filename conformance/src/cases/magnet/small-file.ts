/** The torrent of a file of one block in version 2 (BEP 52, info dictionary), or in both: no piece of it needs a hash that is not in the metadata. */
import { createHash } from 'node:crypto';
import { writeBencode } from '../../probe/bencode.ts';
import { fileTree, sha256 } from '../../probe/files/merkle.ts';
import type { Fixture } from '../../probe/wire/fixture.ts';
import { blockLength } from '../../probe/wire/messages.ts';
import type { Random } from '../../random.ts';

export interface SmallFile extends Fixture {
  /** SHA-256 of the metadata, whole. */
  readonly whole: Uint8Array;
  /** As trackers and handshakes are told it. */
  readonly cut: Uint8Array;
}

export function makeSmallFile(random: Random, versions: 'version 2' | 'both'): SmallFile {
  const name = `conformance-${random.uint32().toString(16)}.bin`;
  // A whole block, because what is shorter is requested in two ways, and this is not about that.
  const data = random.bytes(blockLength);
  const { root } = fileTree(data, blockLength);
  const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest());
  const info = writeBencode({
    'file tree': { [name]: { '': { length: data.length, 'pieces root': root } } },
    'meta version': 2,
    name,
    'piece length': blockLength,
    ...(versions === 'both' && { length: data.length, pieces: sha1(data) }),
  });
  const whole = sha256(info);
  const cut = whole.subarray(0, 20);
  const infoHash = versions === 'both' ? sha1(info) : cut;
  return { name, data, pieceLength: blockLength, pieceCount: 1, info, infoHash, files: undefined, whole, cut };
}
