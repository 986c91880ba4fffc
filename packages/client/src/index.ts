/** A complete BitTorrent client over any host (BEP 3, 5, 6, 9, 10, 12, 16, 21, 27, 29, 32, 40, 54). */
export { Client } from './client.ts';
export type { ClientEvent, Listener } from './events.ts';
export { fetchMetadata } from './fetch-metadata.ts';
export type { ByteRange, FileHandle } from './file-stream.ts';
export { limits } from './limits.ts';
export { MemoryShelf, MemoryStorage, type PieceShelf } from './memory-storage.ts';
export type { AddOptions, ClientOptions, FetchMetadataOptions } from './options.ts';
export type { Transport } from './peer.ts';
export type { Priority } from './picker.ts';
export type { SwarmState } from './torrent/swarm.ts';
export type { PeerStats, Torrent, TorrentStats } from './torrent/torrent.ts';
