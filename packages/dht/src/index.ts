/** The Mainline DHT: a node, its codec, and facades to use it with promises. */
export { type Contact, decodeContacts, decodePeers, encodeContact } from './contact.ts';
export { type CrawledHash, crawl } from './crawl.ts';
export { type CrawlEvent, Crawler, type CrawlOptions } from './crawler.ts';
export { Dht } from './dht.ts';
export type { DhtEvent, LookupDone, Traffic } from './events.ts';
export type { Candidate, CandidateState } from './frontier.ts';
export { type ImmutableItem, type Item, Items, type MutableItem, type Refusal, targetOf } from './items.ts';
export {
  isKrpc,
  type KrpcError,
  type KrpcMessage,
  type KrpcQuery,
  type KrpcResponse,
} from './krpc.ts';
export { type BodyFields, KrpcBody } from './krpc-body.ts';
export { decodeKrpc } from './krpc-decode.ts';
export { encodeKrpc } from './krpc-encode.ts';
export { limits } from './limits.ts';
export { Lookup, type LookupMethod, type LookupOptions, type LookupStatistics, type Start } from './lookup.ts';
export {
  decodeMutableTorrent,
  encodeMutableTorrent,
  formatMutableMagnet,
  parseMutableMagnet,
  type TorrentPublisher,
} from './mutable-torrent.ts';
export {
  compareDistance,
  crc32c,
  idAllowedAt,
  idBelongsTo,
  idForAddress,
  randomId,
  randomIdAt,
  sharedBits,
  spreadId,
} from './node-id.ts';
export { type OpenDht, openDht } from './open.ts';
export type { Cancellable, OpenDhtOptions, PutOptions, Stored } from './open-options.ts';
export type { DhtOptions } from './options.ts';
export { Peers, type PeersOptions } from './peers.ts';
export { type Admission, RoutingTable, type RoutingTableOptions, TableNode } from './routing-table.ts';
export { ScrapeFilter } from './scrape-filter.ts';
export type { AnnounceOptions } from './search.ts';
export {
  immutableTarget,
  type KeyPair,
  mutableTarget,
  newKeyPair,
  publicKeyOf,
  type SignedPart,
  sign,
  signedBytes,
  verify,
} from './signatures.ts';
export { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot.ts';
export { Tokens } from './tokens.ts';
export { wellKnownRouters } from './well-known.ts';
