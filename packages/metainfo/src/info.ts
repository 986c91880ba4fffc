/**
 * An info dictionary, of version 1 (BEP 3), version 2 (BEP 52) or both at once: what a torrent is, and what its info-hashes
 * are taken over, as found and never encoded again. It comes inside a torrent file, or alone from a peer (BEP 9).
 *
 * Everything that decides which bytes are shared has to be right; names and hints are made usable, and that is noted.
 */
import {
  type BencodeDictionary,
  BencodeError,
  bytesAt,
  decode,
  dictionaryAt,
  integerAt,
  listAt,
  textAt,
} from '@ferro/bencode';
import { Id20, sha1, sha256 } from '@ferro/core';
import { listFilesV2, withPadding } from './file-tree.ts';
import { finishFiles, type ListedFile, type TorrentFile } from './files.ts';
import { readHints } from './hints.ts';
import { listFilesV1 } from './info-v1.ts';
import { type Deviation, malformed, type Path, Reading, type ReadOptions, rootless } from './reading.ts';

export type TorrentVersion = 'v1' | 'v2' | 'hybrid';

/** Byte strings are views of the input, which has to stay as it is. */
export interface Info {
  /** Safe to write. */
  readonly name: string;
  readonly version: TorrentVersion;
  /** In version 1 and hybrid torrents. */
  readonly infoHashV1?: Id20 | undefined;
  /** In version 2 and hybrid torrents: 32 bytes. */
  readonly infoHashV2?: Uint8Array | undefined;
  /** The dictionary as found: what the info-hashes are taken over, and what peers are sent. */
  readonly infoBytes: Uint8Array;
  /** Bytes of content, without padding. */
  readonly length: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** In version 1 and hybrid torrents (a broken hybrid may lack it): the SHA-1 of each piece, 20 bytes each. */
  readonly pieces?: Uint8Array | undefined;
  readonly private: boolean;
  /** With their padding, also that which version 2 implies: in the order of the pieces. */
  readonly files: readonly TorrentFile[];
  readonly source?: string | undefined;
  /** Where new editions are announced (BEP 39). */
  readonly updateUrl?: string | undefined;
  /** Info-hashes of torrents that may share files (BEP 38). */
  readonly similar: readonly Uint8Array[];
  readonly collections: readonly string[];
  /** What was wrong and read all the same. */
  readonly deviations: readonly Deviation[];
}

const SPEC = 'BEP 3, info dictionary';
const SPEC_V2 = 'BEP 52, info dictionary';

/** Reads an info dictionary that stands alone. Throws a ProtocolError, or a BencodeError. */
export function parseInfo(infoBytes: Uint8Array, options?: ReadOptions): Info {
  const reading = new Reading(infoBytes, options);
  const info = reading.decode();
  return readInfo(info, infoBytes, reading);
}

/** `info` is what `infoBytes` decode to. */
export function readInfo(info: BencodeDictionary, infoBytes: Uint8Array, reading: Reading): Info {
  const version = integerAt(info, 'meta version') ?? 1;
  if (version > 2) throw malformed('meta-version', SPEC_V2, `version ${version} is newer than this reader`);
  if (version === 2) refuseDeviations(infoBytes, reading);
  const pieceLength = readPieceLength(info, version, reading);
  const name = readName(info, reading);
  const { listed, isV1 } = listFiles(info, version, pieceLength, name, reading);
  const files = finishFiles(listed, reading);
  const last = files.at(-1);
  const space = last === undefined ? 0 : last.offset + last.length;
  if (space === 0 || space > reading.limits.length) throw malformed('length', SPEC, 'there is no content, or too much');
  const pieceCount = Math.ceil(space / pieceLength);
  if (pieceCount > reading.limits.pieces) throw malformed('too-many-pieces', SPEC, `${pieceCount} pieces`);
  const pieces = isV1 ? bytesAt(info, 'pieces') : undefined;
  // A hybrid can do without: version 2 says it all.
  if (isV1 && version === 2 && pieces === undefined) reading.note('info/pieces-missing', infoBytes);
  else if (isV1 && pieces?.length !== 20 * pieceCount) {
    throw malformed('pieces-length', SPEC, `${pieceCount} pieces do not have as many hashes`);
  }
  return {
    name: name.safe[0]!,
    version: version === 2 ? (isV1 ? 'hybrid' : 'v2') : 'v1',
    infoHashV1: isV1 ? Id20.from(sha1(infoBytes)) : undefined,
    infoHashV2: version === 2 ? sha256(infoBytes) : undefined,
    infoBytes,
    length: files.reduce((sum, file) => sum + (file.padding ? 0 : file.length), 0),
    pieceLength,
    pieceCount,
    pieces,
    private: (integerAt(info, 'private') ?? 0) !== 0,
    files,
    source: textAt(info, 'source'),
    updateUrl: textAt(info, 'update-url'),
    ...readHints(info, reading),
    deviations: reading.deviations,
  };
}

/** Who takes version 2 seriously reads it strictly, as libtorrent does: two readings would be two torrents. */
function refuseDeviations(infoBytes: Uint8Array, reading: Reading): void {
  if (reading.deviations.length === 0) return;
  try {
    decode(infoBytes, reading.limits);
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw malformed('info-not-canonical', SPEC_V2, error.message);
  }
}

function readPieceLength(info: BencodeDictionary, version: number, reading: Reading): number {
  const length = integerAt(info, 'piece length') ?? 0;
  if (length <= 0 || length > reading.limits.pieceLength) {
    throw malformed('piece-length', SPEC, 'there is no piece length, or an impossible one');
  }
  if (version === 2 && (length < 16_384 || !Number.isInteger(Math.log2(length)))) {
    throw malformed('piece-length-v2', SPEC_V2, `the piece length ${length} is no power of two from 16 KiB`);
  }
  return length;
}

function readName(info: BencodeDictionary, reading: Reading): Path {
  const name = bytesAt(info, 'name.utf-8') ?? bytesAt(info, 'name');
  if (name === undefined) throw malformed('name-missing', SPEC, 'the torrent has no name');
  return reading.extend(rootless, [name]);
}

interface Listing {
  readonly listed: readonly ListedFile[];
  readonly isV1: boolean;
}

function listFiles(
  info: BencodeDictionary,
  version: number,
  pieceLength: number,
  name: Path,
  reading: Reading,
): Listing {
  const tree = dictionaryAt(info, 'file tree');
  if (version !== 2) {
    if (tree !== undefined) throw malformed('meta-version-missing', SPEC_V2, 'a file tree without a meta version');
    const listed = listFilesV1(info, name, reading);
    if (listed === undefined) throw malformed('files-missing', SPEC, 'there is neither a length nor a list of files');
    return { listed, isV1: true };
  }
  if (tree === undefined) throw malformed('file-tree-missing', SPEC_V2, 'there is no file tree');
  const listV2 = listFilesV2(tree, name, listAt(info, 'files') !== undefined, reading);
  const listV1 = listFilesV1(info, name, reading);
  if (listV1 === undefined) return { listed: withPadding(listV2, pieceLength), isV1: false };
  return { listed: hybridFiles(listV1, listV2, pieceLength), isV1: true };
}

/** The version 1 list with the roots of version 2, if both describe the same content in the same place (BEP 52, upgrade path). */
function hybridFiles(listV1: readonly ListedFile[], listV2: readonly ListedFile[], pieceLength: number): ListedFile[] {
  const isContent = ({ length, padding, link }: ListedFile) => !padding && (length > 0 || link !== undefined);
  const expected = listV2.filter(isContent);
  let next = 0;
  let offset = 0;
  let offsetV2 = 0;
  const files = listV1.map((file) => {
    const start = offset;
    offset += file.length;
    if (!isContent(file)) return file;
    const same = expected[next++];
    const isSame = same !== undefined && same.length === file.length && start === offsetV2 && samePath(same, file);
    if (!isSame)
      throw malformed('hybrid-mismatch', 'BEP 52, upgrade path', 'the lists of files of both versions differ');
    offsetV2 += Math.ceil(same.length / pieceLength) * pieceLength;
    return { ...file, piecesRoot: same.piecesRoot };
  });
  if (next !== expected.length || Math.ceil(offset / pieceLength) * pieceLength !== offsetV2) {
    throw malformed('hybrid-mismatch', 'BEP 52, upgrade path', 'the lists of files of both versions differ');
  }
  return files;
}

function samePath(a: ListedFile, b: ListedFile): boolean {
  const text = ({ path, link }: ListedFile) => `${path.original.join('/')}\n${link?.original.join('/')}`;
  return text(a) === text(b);
}
