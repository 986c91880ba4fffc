/**
 * A whole torrent from web seeds alone (BEP 19; BEP 17): whatever server has room is asked for the next piece that it has, pieces
 * are put together and verified, and a server that lied is asked no more. A client with peers has better plans than this.
 */
import { type Closable, type Driven, type Host, type Id20, ProtocolError } from '@ferro/core';
import { type DriveWebSeedOptions, driveWebSeed } from './drive.ts';
import type { WebSeedEvent } from './events.ts';
import type { SeedLayout } from './layout.ts';
import { limits } from './limits.ts';
import { WebSeed } from './seed.ts';

export interface WebTorrent {
  readonly layout: SeedLayout;
  /** `url-list` of a torrent, `ws` of a magnet link (BEP 19). */
  readonly webSeeds?: readonly string[];
  /** `httpseeds` (BEP 17): they need the info-hash. */
  readonly httpSeeds?: readonly string[];
  readonly infoHash?: Id20;
  /** Whether these are the bytes of the piece. */
  readonly verify: (piece: number, bytes: Uint8Array) => boolean;
}

export interface WebPiece {
  readonly piece: number;
  readonly bytes: Uint8Array;
}

interface Source {
  readonly seed: WebSeed;
  readonly run: Driven;
}

interface OpenPiece {
  readonly bytes: Uint8Array;
  readonly source: Source;
  missing: number;
}

export class WebDownload implements Closable {
  /** Set when it cannot go on. */
  failure: Error | undefined;
  readonly #torrent: WebTorrent;
  readonly #changed: () => void;
  readonly #sources: Source[] = [];
  readonly #pending: Set<number>;
  readonly #open = new Map<number, OpenPiece>();
  #done: WebPiece[] = [];
  #doneBytes = 0;

  /** `changed` is called when there is something to take, or nothing more to come. */
  constructor(host: Host, torrent: WebTorrent, options: DriveWebSeedOptions, changed: () => void) {
    this.#torrent = torrent;
    this.#changed = changed;
    const { layout, infoHash, webSeeds = [], httpSeeds = [] } = torrent;
    this.#pending = new Set(Array(layout.pieceCount).keys());
    for (const url of webSeeds) this.#add(host, () => new WebSeed(host, { ...options, url, layout }), options);
    if (infoHash !== undefined) {
      for (const url of httpSeeds)
        this.#add(host, () => new WebSeed(host, { ...options, url, layout, infoHash }), options);
    }
    this.feed();
  }

  get isOver(): boolean {
    return this.failure !== undefined || (this.#pending.size === 0 && this.#open.size === 0);
  }

  take(): WebPiece | undefined {
    const piece = this.#done.shift();
    this.#doneBytes -= piece?.bytes.length ?? 0;
    return piece;
  }

  /** Asks every server for as much as it and the reader have room for. */
  feed(): void {
    for (const source of this.#sources) {
      const { seed } = source;
      while (seed.room > 0 && this.#doneBytes < limits.outstandingBytes) {
        const piece = this.#next(seed);
        if (piece === undefined || !seed.request(piece)) break;
        const length = this.#torrent.layout.lengthOf(piece);
        this.#pending.delete(piece);
        this.#open.set(piece, { bytes: new Uint8Array(length), source, missing: length });
      }
    }
    for (const { run } of this.#sources) run.flush();
    const isHopeless = this.#open.size === 0 && this.#done.length === 0 && this.#pending.size > 0;
    if (isHopeless && this.#sources.every(({ seed }) => seed.state !== 'waiting')) {
      this.failure ??= new ProtocolError('webseed/nothing-there', 'BEP 19', 'no web seed has what is missing');
    }
  }

  close(): void {
    for (const { run } of this.#sources) run.close();
  }

  #add(host: Host, make: () => WebSeed, options: DriveWebSeedOptions): void {
    try {
      const seed = make();
      const run: Driven = driveWebSeed(host, seed, (events) => this.#hear(source, events), options);
      const source: Source = { seed, run };
      this.#sources.push(source);
    } catch {
      // A URL that cannot be one: the others remain.
    }
  }

  #next(seed: WebSeed): number | undefined {
    for (const piece of this.#pending) if (seed.has(piece)) return piece;
    return undefined;
  }

  #hear(source: Source, events: readonly WebSeedEvent[]): void {
    for (const event of events) {
      if (event.type === 'block') this.#write(source, event);
      else if (event.type === 'reject') this.#giveUp(source, event.piece);
      else if (event.type === 'closed') this.failure = this.#failureOf(event.reason);
    }
    this.feed();
    if (this.#done.length > 0 || this.isOver) this.#changed();
  }

  #write(source: Source, { piece, begin, offset, data }: Extract<WebSeedEvent, { readonly type: 'block' }>): void {
    const open = this.#open.get(piece);
    if (open?.source !== source) return;
    open.bytes.set(data, begin + offset);
    open.missing -= data.length;
    if (open.missing > 0) return;
    this.#open.delete(piece);
    if (this.#torrent.verify(piece, open.bytes)) {
      this.#done.push({ piece, bytes: open.bytes });
      this.#doneBytes += open.bytes.length;
      return;
    }
    this.#pending.add(piece);
    const reason = source.seed.bad(piece);
    for (const [other, { source: theirs }] of this.#open) if (theirs === source) this.#giveUp(source, other);
    this.failure = this.#failureOf(reason);
  }

  /** One block will not come, so the piece is asked for as a whole again, of whoever has room. */
  #giveUp(source: Source, piece: number): void {
    if (this.#open.get(piece)?.source !== source) return;
    this.#open.delete(piece);
    this.#pending.add(piece);
    source.seed.cancel(piece);
  }

  #failureOf(reason: Error): Error | undefined {
    return this.#sources.every(({ seed }) => seed.state === 'closed') ? reason : this.failure;
  }
}
