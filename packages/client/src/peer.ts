/**
 * One connected peer: its protocol core, its stream, what it has, what we asked it for and what it asked us for. Plain state;
 * what is done with it stands in torrent/, one file a verb.
 */
import type { Address, Instant, Stream } from '@ferro/core';
import type { MetadataExtension } from '@ferro/ext-metadata';
import type { HolepunchExtension, PexExtension } from '@ferro/ext-pex';
import type { Bitfield, Block, DontHaveExtension, PeerConnection, PeerEvent } from '@ferro/wire';
import type { Due, Engine } from './engine.ts';
import type { KnownPeer } from './peer-list.ts';
import type { OpenPiece } from './pieces.ts';
import { Pipeline } from './pipeline.ts';
import { Meter } from './rate.ts';
import type { PeerExchange } from './torrent/exchange.ts';
import { serve } from './torrent/serve.ts';
import type { Swarm } from './torrent/swarm.ts';
import type { Loaded } from './uploads.ts';

/** The extensions that every connection of ours has (BEP 10). */
export type WireExtension = DontHaveExtension | MetadataExtension | PexExtension | HolepunchExtension;

/** A connection and the extensions in it. */
export interface Wire {
  readonly connection: PeerConnection<WireExtension>;
  readonly dontHave: DontHaveExtension;
  readonly metadata: MetadataExtension;
  /** Not of a private torrent. */
  readonly exchange: PeerExchange | undefined;
}

/** What carries the conversation: it makes no difference to it (BEP 3; BEP 29). */
export type Transport = 'tcp' | 'utp';

export class Peer implements Due {
  /** Unique in this client; never 0. */
  readonly key: number;
  readonly engine: Engine;
  readonly stream: Stream;
  readonly connection: PeerConnection<WireExtension>;
  /** By which it is told that we have lost a piece (BEP 54). */
  readonly dontHave: DontHaveExtension;
  /** By which the info dictionary is asked for and given (BEP 9). */
  readonly metadata: MetadataExtension;
  /** By which we tell each other of peers (BEP 11; BEP 55). */
  readonly exchange: PeerExchange | undefined;
  /** What it has said of itself (BEP 10): where it listens, and that it wants nothing. */
  listensAt: number | undefined;
  uploadOnly = false;
  /** It has been told what we have. */
  introduced = false;
  /** Pieces that we have by now and it has, too: it hears of them with our next requests, or within `watchMs`. */
  readonly unsaid: number[] = [];
  /** It was told that we have nothing, before we knew. */
  saidNone = false;
  readonly swarm: Swarm;
  readonly address: Address;
  readonly transport: Transport;
  /** The entry of the address that we connected to. */
  readonly known: KnownPeer | undefined;
  readonly incoming: boolean;
  handshaken = false;
  /** Its peer id in hexadecimal, and the name of its program. */
  remoteId = '';
  client = '';
  closed = false;
  readonly since: Instant;

  /** What it has; undefined before its first word. A seed's bits are not kept: `seed` says it all. */
  bits: Bitfield | undefined;
  seed = false;
  /** How many pieces it has that we want. */
  wanted = 0;
  /** Pieces that it lets us ask for while it chokes us (BEP 6). */
  readonly allowedFast: Set<number> = new Set();

  /** Blocks asked for, by number, with the time of asking; in the order of asking. */
  readonly asked: Map<number, Instant> = new Map();
  readonly pipeline: Pipeline;
  /** The open piece that it is being asked for. */
  current: OpenPiece | undefined;
  /** It wanted blocks and there was nothing to ask for, or no memory: woken when that changes. */
  hungry = false;
  snubbed = false;
  /** It took part in a corrupt piece: it gets pieces of its own until it is cleared. */
  parole = false;
  lastBlockAt: Instant;
  readonly down: Meter;
  readonly up: Meter;

  /** Blocks that it asked for and we have not sent. */
  readonly requests: Block[] = [];
  /** Pieces whose views are in the next flush. */
  pinned: Loaded[] = [];
  /** Everything handed to the stream that it has not let go of. */
  readonly inFlight: Set<readonly Loaded[]> = new Set();
  /** The stream is full. */
  full = false;
  lastRequestedPiece = -1;
  /** It has asked for a block since it was last told of leaves (BEP 52, hash request). */
  leavesAreDue = false;
  /** For the choker: bytes sent in this turn, and rounds since it began or ended. */
  sentInTurn = 0;
  rounds = 0;
  /** The piece shown to it in super-seeding (BEP 16). */
  shown = -1;
  /** It has told where its DHT node is. */
  dhtTold = false;
  /** What it said of its pieces before we knew the torrent's. */
  early: EarlyWord | undefined;
  readonly earlyHaves: Set<number> = new Set();

  constructor(
    engine: Engine,
    stream: Stream,
    { connection, dontHave, metadata, exchange }: Wire,
    known: KnownPeer | undefined,
    swarm: Swarm,
    transport: Transport,
  ) {
    this.key = newKey();
    this.engine = engine;
    this.stream = stream;
    this.connection = connection;
    this.dontHave = dontHave;
    this.metadata = metadata;
    this.exchange = exchange;
    this.address = stream.remote;
    this.transport = transport;
    this.known = known;
    this.incoming = known === undefined;
    this.swarm = swarm;
    this.since = engine.now;
    this.lastBlockAt = engine.now;
    this.pipeline = new Pipeline(engine.now);
    this.down = new Meter(engine.now);
    this.up = new Meter(engine.now);
  }

  has(piece: number): boolean {
    return this.seed || (this.bits?.has(piece) ?? false);
  }

  /** Its core's deadline has come. */
  due(): void {
    if (this.closed) return;
    this.handle(this.connection.tick());
  }

  /** Bytes from its stream: they are borrowed, and used up when this returns. */
  receive(bytes: Uint8Array): void {
    if (!this.closed) this.handle(this.connection.receive(bytes));
  }

  /** Set by whoever made the peer: what is done with its events. */
  handle: (events: readonly PeerEvent<WireExtension>[]) => void = () => {};

  /** It has something to send at the end of this step. */
  touch(): void {
    this.engine.dirty.add(this);
  }
}

export type EarlyWord =
  | { readonly type: 'have-all' | 'have-none' }
  | { readonly type: 'bitfield'; readonly bits: Uint8Array };

let nextKey = 1;

/** For whoever sends blocks. */
export function newKey(): number {
  return nextKey++;
}

/** Sends what the core has ready with one vectored write, unless the stream is full. */
export function flushPeer(peer: Peer): void {
  if (peer.closed) return;
  if (!peer.full) {
    const chunks = peer.connection.flush();
    if (chunks.length > 0) {
      const pinned = peer.pinned;
      const ok = pinned.length === 0 ? peer.stream.write(chunks) : writePinned(peer, chunks, pinned);
      if (!ok) peer.full = true;
    }
  }
  peer.engine.deadlines.set(peer, peer.connection.deadline);
}

/** The pieces that the chunks are views of stay in memory until the stream has let go of them. */
function writePinned(peer: Peer, chunks: readonly Uint8Array[], pinned: Loaded[]): boolean {
  peer.pinned = [];
  peer.inFlight.add(pinned);
  return peer.stream.write(chunks, () => {
    if (!peer.inFlight.delete(pinned)) return;
    unpin(pinned);
    // The burst is out and the stream never was full: the next one may follow.
    if (!peer.full && peer.requests.length > 0) peer.engine.step(() => serve(peer.swarm, peer));
  });
}

export function unpin(pinned: readonly Loaded[]): void {
  for (const loaded of pinned) loaded.pins--;
}
