/**
 * Writes the info dictionary and the piece layers of a new torrent (BEP 3, info dictionary; BEP 47; BEP 52, file tree): the same
 * bytes that other programs write for the same files, so that the info-hash is the same.
 */
import { type BencodeInput, encode, keyOf, textKey } from '@ferro/bencode';
import type { Id20 } from '@ferro/core';
import type { TorrentVersion } from './info.ts';
import { HASH_LENGTH, merkleRoot, pieceLayerOf } from './merkle.ts';
import type { ArrangedFile, TorrentSource } from './source.ts';

/** What can be said inside the info dictionary: each changes the info-hash. */
export interface InfoFields {
  /** Only the trackers may bring peers (BEP 27). */
  readonly private?: boolean;
  /** Makes the info-hash differ from that of the same files elsewhere. */
  readonly source?: string;
  /** Where new editions will be announced (BEP 39). */
  readonly updateUrl?: string;
  /** Info-hashes of torrents that share files (BEP 38). */
  readonly similar?: readonly Id20[];
  readonly collections?: readonly string[];
}

/** Of all pieces, in order. */
export interface PieceHashes {
  readonly sha1?: Uint8Array;
  readonly merkle?: Uint8Array;
}

export interface EncodedInfo {
  readonly info: Uint8Array;
  /** Version 2 and hybrid: a dictionary. */
  readonly pieceLayers: Uint8Array | undefined;
}

type Dictionary = { [key: string]: BencodeInput };

export function encodeInfo(
  source: TorrentSource,
  files: readonly ArrangedFile[],
  pieceLength: number,
  version: TorrentVersion,
  hashes: PieceHashes,
  fields: InfoFields,
): EncodedInfo {
  const layers: Dictionary = {};
  const info = {
    name: source.name,
    'piece length': pieceLength,
    private: fields.private ? 1 : undefined,
    source: fields.source,
    'update-url': fields.updateUrl,
    similar: fields.similar?.map(({ bytes }) => bytes),
    collections: fields.collections,
    ...(version !== 'v2' && { pieces: hashes.sha1!, ...fileList(source, files) }),
    ...(version !== 'v1' && {
      'meta version': 2,
      'file tree': fileTree(source, files, pieceLength, hashes.merkle!, layers),
    }),
  };
  return { info: encode(info), pieceLayers: version === 'v1' ? undefined : encode(layers) };
}

function fileList(source: TorrentSource, files: readonly ArrangedFile[]): Dictionary {
  const entries = files.map((file) => ({ ...attributes(file), length: file.length, path: file.path }));
  if (!source.single) return { files: entries };
  return { ...attributes(files[0]!), length: files[0]!.length };
}

function fileTree(
  source: TorrentSource,
  files: readonly ArrangedFile[],
  pieceLength: number,
  merkle: Uint8Array,
  layers: Dictionary,
): Dictionary {
  const tree: Dictionary = {};
  let at = 0;
  for (const file of files) {
    if (file.padding) continue;
    const entry: Dictionary = attributes(file);
    if (file.target === undefined) entry['length'] = file.length;
    if (file.length > 0) {
      const end = at + HASH_LENGTH * Math.ceil(file.length / pieceLength);
      const hashes = merkle.subarray(at, end);
      const root = file.length > pieceLength ? merkleRoot(hashes, pieceLayerOf(pieceLength)) : hashes;
      entry['pieces root'] = root;
      if (file.length > pieceLength) layers[keyOf(root)] = hashes;
      at = end;
    }
    let folder = tree;
    for (const name of source.single ? [source.name] : file.path) folder = (folder[textKey(name)] ??= {}) as Dictionary;
    folder[''] = entry;
  }
  return tree;
}

function attributes({ padding, hidden, executable, target }: ArrangedFile): Dictionary {
  const attr = `${padding ? 'p' : ''}${hidden ? 'h' : ''}${executable ? 'x' : ''}${target ? 'l' : ''}`;
  return { ...(attr !== '' && { attr }), ...(target && { 'symlink path': target }) };
}
