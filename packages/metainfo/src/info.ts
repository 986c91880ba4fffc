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
import { Id20 } from '@ferro/core';
import { listFilesV2 } from './file-tree.ts';
import type { FileList, TorrentFile, UnfinishedFile } from './files.ts';
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
  const { list, isV1 } = listFiles(info, version, pieceLength, name, reading);
  const { length } = list;
  if (length === 0 || length > reading.limits.length) {
    throw malformed('length', SPEC, 'there is no content, or too much');
  }
  const pieceCount = Math.ceil(length / pieceLength);
  if (pieceCount > reading.limits.pieces) throw malformed('too-many-pieces', SPEC, `${pieceCount} pieces`);
  const pieces = isV1 ? bytesAt(info, 'pieces') : undefined;
  // A hybrid can do without: version 2 says it all.
  if (isV1 && version === 2 && pieces === undefined) reading.note('info/pieces-missing', infoBytes);
  else if (isV1 && pieces?.length !== 20 * pieceCount) {
    throw malformed('pieces-length', SPEC, `${pieceCount} pieces do not have as many hashes`);
  }
  const files = list.finish();
  return {
    name: name.safe[0]!,
    version: version === 2 ? (isV1 ? 'hybrid' : 'v2') : 'v1',
    infoHashV1: isV1 ? Id20.from(reading.hashes.sha1(infoBytes)) : undefined,
    infoHashV2: version === 2 ? reading.hashes.sha256(infoBytes) : undefined,
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
  readonly list: FileList;
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
  const listV1 = listFilesV1(info, name, reading);
  if (version !== 2) {
    if (tree !== undefined) throw malformed('meta-version-missing', SPEC_V2, 'a file tree without a meta version');
    if (listV1 === undefined) throw malformed('files-missing', SPEC, 'there is neither a length nor a list of files');
    return { list: listV1, isV1: true };
  }
  if (tree === undefined) throw malformed('file-tree-missing', SPEC_V2, 'there is no file tree');
  const listV2 = listFilesV2(tree, name, listAt(info, 'files') !== undefined, pieceLength, reading);
  if (listV1 === undefined) return { list: listV2, isV1: false };
  if (!takeRoots(listV1, listV2, pieceLength)) {
    throw malformed('hybrid-mismatch', 'BEP 52, upgrade path', 'the lists of files of both versions differ');
  }
  return { list: listV1, isV1: true };
}

/** Gives the version 1 list the roots of version 2; false unless both describe the same content in the same place. */
function takeRoots(listV1: FileList, listV2: FileList, pieceLength: number): boolean {
  const [filesV1, filesV2] = [contentOf(listV1), contentOf(listV2)];
  if (filesV1.length !== filesV2.length) return false;
  for (const [i, [text, file]] of filesV1.entries()) {
    const [textV2, fileV2] = filesV2[i]!;
    if (text !== textV2) return false;
    file.piecesRoot = fileV2.piecesRoot;
  }
  return Math.ceil(listV1.length / pieceLength) === Math.ceil(listV2.length / pieceLength);
}

/** What both lists have to agree on, of each file that is more than a name. */
function contentOf({ files, links }: FileList): [text: string, file: UnfinishedFile][] {
  return files.flatMap((file, i): [string, UnfinishedFile][] => {
    const { length, padding, offset, path, original = path } = file;
    const link = links.get(i)?.original.join('/') ?? '';
    if (padding || (length === 0 && link === '')) return [];
    return [[[length, length > 0 ? offset : link, ...original].join('/'), file]];
  });
}
