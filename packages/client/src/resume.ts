/**
 * Resume data: which pieces were verified, and what the files looked like then. It is never trusted alone: where size or time
 * of a file differ from what it says, the pieces of that file are hashed again. Bencoded (BEP 3), versioned; anything odd in it
 * counts as no resume data at all.
 */
import {
  type Bencode,
  type BencodeDictionary,
  bytesAt,
  decode,
  encode,
  integerAt,
  isDictionary,
  listAt,
} from '@ferro/bencode';
import { equalBytes, type FileStamp } from '@ferro/core';

const VERSION = 1;

export interface ResumeData {
  readonly infoHash: Uint8Array;
  /** One bit a piece, as in a bitfield message. */
  readonly pieces: Uint8Array;
  /** One entry a file; undefined where it did not exist. */
  readonly files: readonly (FileStamp | undefined)[];
  /** Written after the last write to the files: what is not marked as verified is not there. */
  readonly clean: boolean;
  readonly downloaded: number;
  readonly uploaded: number;
}

export function encodeResume(data: ResumeData): Uint8Array {
  return encode({
    version: VERSION,
    'info-hash': data.infoHash,
    pieces: data.pieces,
    files: data.files.map((stamp) => (stamp === undefined ? [] : [stamp.length, Math.round(stamp.modified)])),
    clean: Number(data.clean),
    downloaded: Math.round(data.downloaded),
    uploaded: Math.round(data.uploaded),
  });
}

/** Undefined if the bytes are not resume data of this torrent in a version that we know. */
export function decodeResume(
  bytes: Uint8Array,
  expected: { readonly infoHash: Uint8Array; readonly pieceCount: number; readonly fileCount: number },
): ResumeData | undefined {
  let value: Bencode;
  try {
    value = decode(bytes);
  } catch {
    return undefined;
  }
  if (!isDictionary(value)) return undefined;
  const infoHash = bytesAt(value, 'info-hash');
  const pieces = bytesAt(value, 'pieces');
  const files = stampsOf(value);
  if (integerAt(value, 'version') !== VERSION || infoHash === undefined || pieces === undefined) return undefined;
  if (!equalBytes(infoHash, expected.infoHash)) return undefined;
  if (pieces.length !== Math.ceil(expected.pieceCount / 8) || files?.length !== expected.fileCount) return undefined;
  return {
    infoHash,
    pieces: pieces.slice(),
    files,
    clean: integerAt(value, 'clean') === 1,
    downloaded: Math.max(0, integerAt(value, 'downloaded') ?? 0),
    uploaded: Math.max(0, integerAt(value, 'uploaded') ?? 0),
  };
}

function stampsOf(value: BencodeDictionary): (FileStamp | undefined)[] | undefined {
  const list = listAt(value, 'files');
  if (list === undefined) return undefined;
  const stamps: (FileStamp | undefined)[] = [];
  for (const entry of list) {
    if (!Array.isArray(entry)) return undefined;
    const [length, modified] = entry;
    if (entry.length === 0) stamps.push(undefined);
    else if (typeof length === 'number' && typeof modified === 'number') stamps.push({ length, modified });
    else return undefined;
  }
  return stamps;
}

/** Whether a file is still as it was seen: same size, same time to the millisecond. */
export function sameStamp(a: FileStamp | undefined, b: FileStamp | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && Math.round(a.modified) === Math.round(b.modified);
}
