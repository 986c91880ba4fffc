/** Torrents and magnet links: read, laid out, checked, made and edited. */
export { type CreateOptions, createTorrent } from './create.ts';
export { editTorrent, type TorrentChanges } from './edit.ts';
export type { TorrentFile } from './files.ts';
export { type Info, parseInfo, type TorrentVersion } from './info.ts';
export type { InfoFields } from './info-encoding.ts';
export { type FileRange, Layout, type PieceRange } from './layout.ts';
export { type Limits, limits } from './limits.ts';
export {
  formatMagnet,
  type Magnet,
  type MagnetParts,
  type Peer,
  parseMagnet,
  type Selection,
  selectedFiles,
} from './magnet.ts';
export {
  BLOCK_LENGTH,
  climb,
  fileRoot,
  HASH_LENGTH,
  layersAbove,
  leafHashes,
  merkleRoot,
  paddingHash,
  pieceLayerOf,
  verifyBlock,
} from './merkle.ts';
export { type HashRequest, MerkleTree } from './merkle-tree.ts';
export type { Outside } from './outside.ts';
export type { NameSafety } from './path.ts';
export { choosePieceLength } from './piece-length.ts';
export type { Deviation, Hashes, ReadOptions } from './reading.ts';
export { type Rule, type RuleId, rules, type Severity } from './rules.ts';
export { isJunk, type SourceFile, type TorrentSource } from './source.ts';
export { type Metainfo, type Node, parseTorrent } from './torrent-file.ts';
