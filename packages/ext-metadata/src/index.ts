/** Metadata from peers (BEP 9): the extension of one connection, and the download of one torrent's info dictionary. */
export { type InfoHashes, MetadataDownload, type MetadataOutcome } from './download.ts';
export { type MetadataEvent, MetadataExtension } from './extension.ts';
export { limits } from './limits.ts';
export { decodeMetadataMessage, encodeMetadataMessage, type MetadataMessage, PIECE_LENGTH } from './message.ts';
