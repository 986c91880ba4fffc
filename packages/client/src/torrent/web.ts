/**
 * Web servers that have the files of a torrent (BEP 19; BEP 17; the `ws` of magnet links), each treated as one more peer that
 * has everything. A server takes whole pieces in long runs and works at them alone, so that a corrupt one has one sender; what
 * it is slow with, peers get in the end game. A private torrent asks nobody but its peers (BEP 27).
 */
import { type Driven, ProtocolError } from '@ferro/core';
import { driveWebSeed, longestGap, WebSeed, type WebSeedEvent } from '@ferro/webseed';
import { limits } from '../limits.ts';
import { newKey } from '../peer.ts';
import { BLOCK_LENGTH, type OpenPiece } from '../pieces.ts';
import { Meter } from '../rate.ts';
import { cancelElsewhere, feedHungry, mayDownloadNow } from './request.ts';
import { storePiece } from './stored.ts';
import type { Content, Swarm } from './swarm.ts';

/** One server. */
interface Source {
  readonly key: number;
  readonly seed: WebSeed;
  readonly driven: Driven;
  readonly down: Meter;
  /** The piece after the last one that it was asked for: where it goes on. */
  next: number;
}

export class WebSources {
  readonly #swarm: Swarm;
  readonly #sources = new Map<string, Source>();
  /** Those that have lied, or have nothing. */
  readonly #discarded = new Set<string>();
  #isFeeding = false;

  constructor(swarm: Swarm) {
    this.#swarm = swarm;
  }

  get size(): number {
    return this.#sources.size;
  }

  /** Begins, or goes on, while something is missing. */
  start(): void {
    const { content, engine } = this.#swarm;
    if (content === undefined || content.metainfo.private || !engine.settings.webSeeds) return;
    const { webSeeds, httpSeeds } = content.metainfo;
    for (const url of webSeeds.slice(0, limits.webSeeds)) this.#open(url, content, false);
    for (const url of httpSeeds.slice(0, limits.webSeeds)) this.#open(url, content, true);
    this.feed();
  }

  stop(): void {
    for (const source of [...this.#sources.values()]) this.#close(source);
  }

  /** Asks servers that have room for more. */
  feed(): void {
    const { content, state, trouble } = this.#swarm;
    if (this.#isFeeding || content === undefined || state !== 'downloading' || trouble !== undefined) return;
    this.#isFeeding = true;
    for (const source of this.#sources.values()) {
      while (source.seed.room > 0 && this.#ask(source, content));
      source.driven.flush();
    }
    this.#isFeeding = false;
  }

  /** Somebody else was faster with a block. */
  cancel(piece: OpenPiece, block: number): void {
    for (const source of this.#sources.values()) {
      source.seed.cancel(piece.index, block * BLOCK_LENGTH, piece.blockLength(block));
      source.driven.flush();
    }
  }

  /** Which server has which key, for whoever names liars. */
  senders(): readonly (readonly [key: number, url: string])[] {
    return [...this.#sources].map(([url, { key }]) => [key, url]);
  }

  /** True if the liar is a server: it is not asked again. */
  discard(url: string, piece: number): boolean {
    const source = this.#sources.get(url);
    if (source === undefined) return this.#discarded.has(url);
    this.#discarded.add(url);
    const { torrent, engine } = this.#swarm;
    engine.events.push({ type: 'web-seed-closed', torrent, url, reason: source.seed.bad(piece).message });
    this.#close(source);
    return true;
  }

  #open(url: string, content: Content, isScript: boolean): void {
    const swarm = this.#swarm;
    const { engine, host, infoHash } = swarm;
    if (this.#sources.has(url) || this.#discarded.has(url)) return;
    try {
      const seed = new WebSeed(host, { url, layout: content.layout, ...(isScript ? { infoHash } : {}) });
      const hear = (events: readonly WebSeedEvent[]) => engine.step(() => this.#hear(source, url, events));
      const driven = driveWebSeed(host, seed, hear, { userAgent: engine.settings.agent });
      const source: Source = { key: newKey(), seed, driven, down: new Meter(engine.now), next: -1 };
      this.#sources.set(url, source);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#discarded.add(url);
      engine.events.push({ type: 'web-seed-closed', torrent: swarm.torrent, url, reason: error.message });
    }
  }

  /** What it was asked for is anybody's again. */
  #close(source: Source): void {
    const { content } = this.#swarm;
    for (const [url, other] of this.#sources) if (other === source) this.#sources.delete(url);
    source.driven.close();
    if (content === undefined) return;
    for (const piece of content.pieces.open.values()) {
      if (piece.owner !== source.key || piece.storing) continue;
      for (let block = 0; block < piece.blockCount; block++) piece.giveUp(block, source.key);
    }
    content.pieces.disown(source.key);
    feedHungry(this.#swarm);
  }

  /** Asks for one piece, or for what is missing of one. False: there is none, or no memory, or no leave to ask. */
  #ask(source: Source, content: Content): boolean {
    if (!mayDownloadNow(this.#swarm)) return false;
    const piece = this.#abandoned(source, content) ?? this.#newPiece(source, content);
    if (piece === undefined) return false;
    piece.owner = source.key;
    piece.exclusive = true;
    source.next = piece.index + 1;
    let asked = 0;
    for (let block = piece.takeFree(); block !== -1; block = piece.takeFree()) {
      const length = piece.blockLength(block);
      if (!source.seed.request(piece.index, block * BLOCK_LENGTH, length)) {
        piece.giveUp(block, source.key);
        break;
      }
      asked += length;
    }
    this.#swarm.engine.downLimit.spend(asked);
    this.#swarm.downLimit.spend(asked);
    return asked > 0;
  }

  /** A piece that somebody has begun and nobody goes on with. */
  #abandoned({ seed, key }: Source, { pieces }: Content): OpenPiece | undefined {
    for (const piece of pieces.withFree) {
      if ((piece.owner === 0 || piece.owner === key) && !piece.storing && seed.has(piece.index)) return piece;
    }
    return undefined;
  }

  #newPiece(source: Source, content: Content): OpenPiece | undefined {
    const { picker, pieces } = content;
    if (pieces.full || picker.candidates === 0) return undefined;
    const index = this.#nextOf(source, content);
    if (index === undefined) return undefined;
    const piece = pieces.start(index, source.key);
    if (piece !== undefined) picker.setOpen(index, true);
    return piece;
  }

  /** Where it was, if it can go on there; else the start of the longest run that nobody works at, or (without ranges) the first. */
  #nextOf({ seed, next }: Source, { picker, pieces }: Content): number | undefined {
    const isOpen = (piece: number) => picker.wants(piece) && pieces.get(piece) === undefined && seed.has(piece);
    if (picker.hasUrgent || picker.sequential) {
      const urgent = picker.choose({ has: (piece) => seed.has(piece) });
      return urgent === -1 ? undefined : urgent;
    }
    if (seed.isSequential) {
      for (let piece = 0; piece < picker.pieceCount; piece++) if (isOpen(piece)) return piece;
      return undefined;
    }
    if (next >= 0 && next < picker.pieceCount && isOpen(next)) return next;
    return longestGap(picker.pieceCount, isOpen)?.first;
  }

  #hear(source: Source, url: string, events: readonly WebSeedEvent[]): void {
    const { content, torrent, engine } = this.#swarm;
    if (content === undefined) return;
    for (const event of events) {
      if (event.type === 'block') this.#receive(source, content, event);
      else if (event.type === 'reject') this.#rejected(source, content.pieces.get(event.piece), event.begin);
      else if (event.type === 'waiting') content.pieces.disown(source.key);
      else if (event.type === 'closed') {
        this.#discarded.add(url);
        engine.events.push({ type: 'web-seed-closed', torrent, url, reason: event.reason.message });
        this.#close(source);
      }
    }
    feedHungry(this.#swarm);
  }

  /** What it turns out not to have is others' business. */
  #rejected({ key, seed }: Source, piece: OpenPiece | undefined, begin: number): void {
    piece?.giveUp(begin / BLOCK_LENGTH, key);
    if (piece?.owner !== key || seed.has(piece.index)) return;
    piece.owner = 0;
    piece.exclusive = false;
  }

  #receive(
    source: Source,
    { pieces, blocksPerPiece }: Content,
    part: Extract<WebSeedEvent, { readonly type: 'block' }>,
  ): void {
    const swarm = this.#swarm;
    const { length } = part.data;
    source.down.add(length);
    swarm.down.add(length);
    const piece = pieces.get(part.piece);
    const block = part.begin / BLOCK_LENGTH;
    const written = piece?.write(swarm.host, source.key, part.begin, part.length, part.offset, part.data) ?? 'ignored';
    if (written === 'ignored') swarm.wasted += length;
    if (piece === undefined || written === 'ignored' || written === 'fragment') return;
    if (piece.askedOf[block]! > 1) cancelElsewhere(swarm, part.piece * blocksPerPiece + block);
    if (written !== 'piece') return;
    swarm.rememberSenders(piece);
    storePiece(swarm, piece);
  }
}
