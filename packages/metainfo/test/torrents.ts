/** Small torrents for tests, as values to be changed and then encoded. */
import { type BencodeInput, encode, keyOf, textKey } from '@ferro/bencode';
import { fileRoot, HASH_LENGTH, leafHashes, merkleRoot, pieceLayerOf } from '../src/index.ts';

export type Dictionary = { [key: string]: BencodeInput | undefined };

export const PIECE = 16_384;

export const hashes = (count: number): Uint8Array => new Uint8Array(20 * count).fill(7);

/** A version 1 info dictionary of one file. */
export function singleInfo(changes: Dictionary = {}): Dictionary {
  return { name: 'file.txt', 'piece length': PIECE, length: 5, pieces: hashes(1), ...changes };
}

/** A version 1 info dictionary of files with these paths, one byte each. */
export function multiInfo(paths: readonly (readonly (string | Uint8Array)[])[], changes: Dictionary = {}): Dictionary {
  const files = paths.map((path) => ({ length: 1, path }));
  return { name: 'folder', 'piece length': PIECE, files, pieces: hashes(Math.ceil(paths.length / PIECE)), ...changes };
}

export function torrentOf(info: Dictionary, outside: Dictionary = {}): Uint8Array {
  return encode({ info, ...outside });
}

export interface V2 {
  readonly info: Dictionary;
  readonly layers: Dictionary;
}

/** A version 2 info dictionary of files with this content. */
export function v2Of(
  files: Readonly<Record<string, Uint8Array>>,
  pieceLength: number = PIECE,
  changes: Dictionary = {},
): V2 {
  const tree: Dictionary = {};
  const layers: Dictionary = {};
  for (const [path, bytes] of Object.entries(files)) {
    let folder = tree;
    for (const name of path.split('/')) folder = (folder[textKey(name)] ??= {}) as Dictionary;
    const root = fileRoot(bytes);
    folder[''] = { length: bytes.length, ...(bytes.length > 0 && { 'pieces root': root }) };
    if (bytes.length > pieceLength) layers[keyOf(root)] = layerOf(bytes, pieceLength);
  }
  const info = { name: 'folder', 'piece length': pieceLength, 'meta version': 2, 'file tree': tree, ...changes };
  return { info: info as Dictionary, layers };
}

function layerOf(bytes: Uint8Array, pieceLength: number): Uint8Array {
  const layer: number[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) {
    const piece = bytes.subarray(at, at + pieceLength);
    layer.push(...merkleRoot(leafHashes(piece), 0, pieceLayerOf(pieceLength)));
  }
  return Uint8Array.from(layer);
}

export function v2Torrent({ info, layers }: V2, outside: Dictionary = {}): Uint8Array {
  return torrentOf(info, { 'piece layers': layers as BencodeInput, ...outside });
}

/** Both versions of the same files, in a folder, padded. */
export function hybridOf(files: Readonly<Record<string, Uint8Array>>, changes: Dictionary = {}): V2 {
  const { info, layers } = v2Of(files);
  const list: Dictionary[] = [];
  let offset = 0;
  for (const [path, { length }] of Object.entries(files)) {
    list.push({ length, path: path.split('/') });
    const padding = -(offset + length) % PIECE;
    if (padding !== 0) list.push({ attr: 'p', length: PIECE + padding, path: ['.pad', `${PIECE + padding}`] });
    offset += length + (padding === 0 ? 0 : PIECE + padding);
  }
  return { info: { ...info, files: list as BencodeInput, pieces: hashes(offset / PIECE), ...changes }, layers };
}

/** Bencode written by hand: strings are bytes one for one, so anything can be written. */
export function raw(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  const arrays = parts.map((part) => (typeof part === 'string' ? Uint8Array.from(part, (c) => c.charCodeAt(0)) : part));
  return Uint8Array.from(arrays.flatMap((part) => [...part]));
}

/** What one hash of a file's tree is as long as. */
export const ROOT: Uint8Array = new Uint8Array(HASH_LENGTH).fill(9);
