/**
 * The state of one torrent. It owns its picker, its open pieces and its peers; sockets, workers and trackers are inputs and
 * outputs. Methods here only answer questions about the state; everything that happens stands in the files beside it.
 */
import type { Address, Host, Id20, Instant, Storage } from '@ferro/core';
import type { MetadataDownload } from '@ferro/ext-metadata';
import { Layout, type Metainfo, type Selection } from '@ferro/metainfo';
import { type Geometry, makePeerId } from '@ferro/wire';
import type { Due, Engine } from '../engine.ts';
import type { HashTrees, LayerSearch } from '../hash-trees.ts';
import type { AddOptions } from '../options.ts';
import type { Peer } from '../peer.ts';
import { PeerList } from '../peer-list.ts';
import { Picker } from '../picker.ts';
import { BLOCK_LENGTH, type OpenPiece, Pieces } from '../pieces.ts';
import { Limiter, Meter } from '../rate.ts';
import { SharedSlots } from '../slots.ts';
import { SmartBan } from '../smart-ban.ts';
import { Uploads } from '../uploads.ts';
import { PieceWaiters } from '../waiters.ts';
import { SwarmAnnouncer } from './announce.ts';
import { Exchange } from './exchange.ts';
import type { TorrentLinks } from './links.ts';
import type { Torrent } from './torrent.ts';
import { WebSources } from './web.ts';

/** What a torrent is doing. */
export type SwarmState = 'metadata' | 'checking' | 'downloading' | 'seeding' | 'paused' | 'closed';

/** Everything that needs the info dictionary; absent while only a magnet is known. */
export interface Content {
  readonly metainfo: Metainfo;
  readonly layout: Layout;
  readonly geometry: Geometry;
  readonly picker: Picker;
  readonly pieces: Pieces;
  readonly slots: SharedSlots;
  readonly storage: Storage;
  readonly uploads: Uploads;
  readonly blocksPerPiece: number;
  /** Made when somebody asks for hashes (BEP 52). */
  hashes?: HashTrees;
}

/** What a torrent does by itself when its time comes. The table is in timers.ts, so that verbs need not know each other. */
export type TimerName =
  | 'connect'
  | 'transfer'
  | 'complete'
  | 'choke'
  | 'watch'
  | 'feed'
  | 'save'
  | 'retry-disk'
  | 'metadata'
  | 'hashes'
  | 'link'
  | 'layers'
  | 'dht'
  | 'punch';
export type Timers = Readonly<Record<TimerName, (swarm: Swarm) => void>>;

export class Swarm {
  readonly engine: Engine;
  readonly torrent: Torrent;
  readonly infoHash: Id20;
  readonly options: AddOptions;
  readonly peers: Set<Peer> = new Set();
  readonly peerList: PeerList = new PeerList();
  readonly smartBan: SmartBan = new SmartBan();
  readonly down: Meter;
  readonly up: Meter;
  readonly downLimit: Limiter;
  readonly upLimit: Limiter;
  readonly peerId: Id20;
  name: string;
  state: SwarmState = 'metadata';
  content: Content | undefined;
  /** Finished pieces that a full or failing disk has refused, kept in memory until it takes them. */
  readonly unsaved: Set<OpenPiece> = new Set();
  trouble: { readonly fault: string; readonly error: Error } | undefined;
  checked = 0;
  optimistic: number | undefined;
  optimisticSince: Instant;
  /** Something changed since resume data was written. */
  resumeDirty = false;
  /** Payload that was thrown away: corrupt, or come twice. */
  wasted = 0;
  readonly #tasks = new Map<TimerName, Due>();
  readonly #timers: Timers;
  /** Outgoing connections that are not open yet. */
  readonly connecting: Set<{ close(): void }> = new Set();
  /** Peers that wait for memory to be served from. */
  readonly thirsty: Set<Peer> = new Set();
  /** Who a peer key was, for as long as its blocks may turn out to be lies. */
  readonly senders: Map<number, string> = new Map();
  /** Pieces that are being looked at again after one could not be read. */
  readonly rechecking: Set<number> = new Set();
  /** The user has been told that everything is here. */
  toldFinished = false;
  /** Of a magnet link, until the info dictionary is there. */
  metadata: MetadataDownload | undefined;
  foundInfo: Uint8Array | undefined;
  /** Of a torrent that came without the hashes of its pieces, until they are there. */
  layers: LayerSearch | undefined;
  webSeeds: readonly string[] = [];
  /** The files that the link names (BEP 53); undefined: all. */
  linkSelect: readonly Selection[] | undefined;
  links: TorrentLinks | undefined;
  /** How often each piece was shown in super-seeding. */
  readonly shownTimes: Map<number, number> = new Map();
  /** Readers that wait for a piece. */
  readonly waiting: PieceWaiters = new PieceWaiters();
  readonly announcer: SwarmAnnouncer;
  /** Trackers that the torrent itself does not name: those of a magnet link. */
  extraTrackers: readonly (readonly string[])[] = [];
  /** Undefined where peers tell each other of nobody. */
  exchange: Exchange | undefined;
  /** Whom a third peer has just introduced us to. */
  readonly introduced: Address[] = [];
  readonly web: WebSources;
  /** When the DHT may be searched again. */
  dhtAt: Instant = Number.NEGATIVE_INFINITY;
  /** Searches of it in a row that have found nobody. */
  dhtInVain = 0;
  /** The user has undone the `paused` that it was added with. */
  resumed = false;

  constructor(engine: Engine, torrent: Torrent, infoHash: Id20, name: string, options: AddOptions, timers: Timers) {
    this.engine = engine;
    this.torrent = torrent;
    this.infoHash = infoHash;
    this.name = name;
    this.options = options;
    this.#timers = timers;
    this.peerId = makePeerId(engine.host);
    this.down = new Meter(engine.now);
    this.up = new Meter(engine.now);
    this.downLimit = new Limiter(options.downloadRate ?? Number.POSITIVE_INFINITY, engine.now);
    this.upLimit = new Limiter(options.uploadRate ?? Number.POSITIVE_INFINITY, engine.now);
    this.optimisticSince = engine.now;
    this.announcer = new SwarmAnnouncer(this);
    this.exchange = engine.settings.pex ? new Exchange(engine) : undefined;
    this.web = new WebSources(this);
  }

  get host(): Host {
    return this.engine.host;
  }

  get now(): Instant {
    return this.engine.now;
  }

  get uploads(): Uploads | undefined {
    return this.content?.uploads;
  }

  get isPrivate(): boolean {
    return (this.content ?? this.layers)?.metainfo.private ?? false;
  }

  /** Everything wanted is here. */
  get complete(): boolean {
    return this.content !== undefined && this.content.picker.wantedCount === 0 && this.state !== 'checking';
  }

  get running(): boolean {
    return this.state === 'downloading' || this.state === 'seeding';
  }

  /** It takes part in its swarm, or would if it knew what it is. */
  get isActive(): boolean {
    return this.running || this.state === 'metadata';
  }

  /** Sets, moves or (with Infinity) clears one of the torrent's own timers. `now` or earlier: right after this step. */
  schedule(name: TimerName, when: Instant): void {
    let task = this.#tasks.get(name);
    if (task === undefined) {
      task = { due: () => this.#timers[name](this) };
      this.#tasks.set(name, task);
    }
    this.engine.deadlines.set(task, when);
  }

  unscheduleAll(): void {
    for (const task of this.#tasks.values()) this.engine.deadlines.clear(task);
  }

  /** A piece is whole: whoever sent its blocks is remembered until it is known whether they are good. */
  rememberSenders(piece: OpenPiece): void {
    for (const peer of this.peers) {
      if (!this.senders.has(peer.key) && piece.writers.includes(peer.key)) this.senders.set(peer.key, peer.address.ip);
    }
    for (const [key, url] of this.web.senders()) this.senders.set(key, url);
  }

  hasPeerAt(address: Address): boolean {
    for (const peer of this.peers)
      if (peer.address.ip === address.ip && (peer.address.port === address.port || peer.listensAt === address.port))
        return true;
    return false;
  }
}

/** Makes the parts that need the info dictionary. */
export function contentOf(swarm: Swarm, metainfo: Metainfo): Content {
  const { engine } = swarm;
  const layout = new Layout(metainfo);
  const slots = new SharedSlots(metainfo.pieceLength, engine.memory, () => engine.reclaimSlot(swarm));
  const where = layout.storage(swarm.options.path);
  const storage = engine.settings.storage?.(where, slots) ?? engine.host.storage(where, slots);
  return {
    metainfo,
    layout,
    geometry: geometryOf(layout, metainfo),
    slots,
    storage,
    picker: new Picker(engine.host, metainfo.pieceCount),
    pieces: new Pieces(slots, layout),
    uploads: new Uploads(slots, storage, (piece) => layout.lengthOf(piece)),
    blocksPerPiece: Math.ceil(metainfo.pieceLength / BLOCK_LENGTH),
  };
}

/**
 * What may be asked for. In version 2 a piece ends where its file does (BEP 52), but libtorrent asks for the rest of it too, as if
 * there were padding; it gets zeros.
 */
function geometryOf({ pieceCount, pieceLength, length }: Layout, { version }: Metainfo): Geometry {
  return { pieceCount, pieceLength, length: version === 'v2' ? pieceCount * pieceLength : length };
}
