/**
 * The core of one web seed: a URL that has files (BEP 19), or of a script that has pieces (BEP 17). Inputs return events,
 * commands return values, output waits to be flushed: parts of answers go in, blocks as of a peer come out, and what flush()
 * returns is what to GET. It chooses no pieces, checks no hashes and opens no connections.
 */
import type { Core, Environment, Id20, Instant, ProtocolError } from '@ferro/core';
import { fault } from './answer.ts';
import { FileDialect, ScriptDialect } from './dialect.ts';
import type { WebSeedEvent, WebSeedInput, WebSeedOutput } from './events.ts';
import { BLOCK_LENGTH, type SeedLayout, type WantedBlock } from './layout.ts';
import { letGo } from './leave.ts';
import { limits } from './limits.ts';
import { Patience } from './patience.ts';
import { Rate } from './rate.ts';
import { Reach } from './reach.ts';
import { deliverHeld, look, receiveBody, receiveEnd, receiveHead } from './receive.ts';
import { send } from './send.ts';
import { deliverSoon, lookLater, type SeedState } from './state.ts';
import { parseSeedUrl, type UrlRules } from './url.ts';
import { blocksOf, Wanted } from './wanted.ts';

export interface WebSeedOptions extends UrlRules {
  /** As it stands in a torrent (`url-list`, `httpseeds`) or a magnet link (`ws`). */
  readonly url: string;
  readonly layout: SeedLayout;
  /** The URL is that of a script (BEP 17), which knows torrents by this hash. Without it: of files (BEP 19). */
  readonly infoHash?: Id20;
  /** Requests under way at once. */
  readonly connections?: number;
  /** Bytes asked for and not here yet. */
  readonly outstandingBytes?: number;
}

const ZEROS = new Uint8Array(BLOCK_LENGTH);

export class WebSeed implements Core<WebSeedInput, WebSeedOutput, WebSeedEvent> {
  readonly url: string;
  readonly #layout: SeedLayout;
  readonly #state: SeedState;
  readonly #outstandingMax: number;
  /** Half of what was asked for has come, and the owner is about to ask for more. */
  #isFilling = true;
  /** Blocks that need no request: the next tick() delivers them. */
  #padding: WantedBlock[] = [];

  /** A ProtocolError with `webseed/bad-url` if the URL cannot be one of a web seed. */
  constructor(env: Environment, options: WebSeedOptions) {
    const url = parseSeedUrl(options.url, options);
    const { layout, infoHash } = options;
    const dialect = infoHash === undefined ? new FileDialect(url, layout) : new ScriptDialect(url, layout, infoHash);
    this.url = url;
    this.#layout = layout;
    this.#outstandingMax = options.outstandingBytes ?? limits.outstandingBytes;
    this.#state = {
      env,
      dialect,
      connections: options.connections ?? dialect.connections,
      piecesOf: (file) => layout.piecesOf(file),
      wanted: new Wanted(layout, dialect),
      reach: new Reach(layout, dialect),
      rate: new Rate(),
      patience: new Patience(env, dialect.retryMs),
      transfers: new Map(),
      out: [],
      nextId: 1,
      deliverAt: Number.POSITIVE_INFINITY,
      wasCancelled: false,
      isPaused: false,
      isClosed: false,
    };
  }

  /** `waiting`: nothing can be asked for until the `ready` event. `closed`: never again. */
  get state(): 'ready' | 'waiting' | 'closed' {
    if (this.#state.isClosed) return 'closed';
    return this.#state.patience.until === undefined ? 'ready' : 'waiting';
  }

  /** Bytes a second, of the time when something was under way; undefined until there is something to go by. */
  get rate(): number | undefined {
    return this.#state.rate.at(this.#state.env.now());
  }

  /** Bytes of blocks that were asked for and have not come. */
  get outstanding(): number {
    return this.#state.wanted.bytes;
  }

  /** Whether it has been found that the server sends whole files only. */
  get isSequential(): boolean {
    return !this.#state.reach.knowsRanges;
  }

  /**
   * Bytes that it should be asked for now, so that a few seconds of transfer are under way: ask while it is not 0. After a flush()
   * it is 0 until half of them have come, so that requests are long.
   */
  get room(): number {
    if (this.state !== 'ready' || this.#state.isPaused) return 0;
    const start = Math.max(limits.outstandingStart, this.#state.rate.total);
    const { rate } = this;
    const ahead = rate === undefined ? start : Math.max(limits.outstandingStart, (rate * limits.aheadMs) / 1000);
    const target = Math.min(ahead, this.#outstandingMax);
    this.#isFilling ||= this.outstanding <= target / 2;
    return this.#isFilling ? Math.max(0, Math.floor(target - this.outstanding)) : 0;
  }

  /** Whether the server has the piece, as far as one knows, and can send it now. */
  has(piece: number): boolean {
    return !this.#state.isClosed && this.#state.reach.has(piece, 0, this.#layout.lengthOf(piece));
  }

  /**
   * Asks for a piece, or the part of it that starts with a block. False: nothing was asked for, because it has to wait, does not
   * have it, or has enough to do. What follows each other becomes one request, if no flush() comes between. A block that is
   * under way is not asked for twice: what comes is the rest of it.
   */
  request(piece: number, begin = 0, length: number = this.#layout.lengthOf(piece) - begin): boolean {
    if (begin % BLOCK_LENGTH !== 0 || !(length > 0) || begin + length > this.#layout.lengthOf(piece)) {
      throw new RangeError(`piece ${piece} has no blocks from ${begin} for ${length} bytes`);
    }
    if (this.state !== 'ready' || this.outstanding >= this.#outstandingMax) return false;
    if (!this.#state.reach.has(piece, begin, length)) return false;
    for (const [at, blockLength] of blocksOf(begin, length)) {
      const block = this.#state.wanted.add(piece, at, blockLength);
      if (block?.missing !== 0) continue;
      this.#padding.push(block);
      deliverSoon(this.#state);
    }
    this.#state.reach.extend(piece, begin, length);
    return true;
  }

  /** What was asked for in this part of a piece is not wanted any more. No event tells of it. */
  cancel(piece: number, begin = 0, length: number = this.#layout.lengthOf(piece) - begin): void {
    for (const [at] of blocksOf(begin, length)) this.#state.wanted.forget(piece, at);
    this.#state.wasCancelled = true;
  }

  /** The hash of a piece that came from here alone is wrong: the URL is discarded (BEP 19, HTTP and FTP optimizations). */
  bad(piece: number): ProtocolError {
    this.close();
    return fault('bad-hash', 'BEP 19, HTTP and FTP optimizations', `the web seed sent a corrupt piece ${piece}`);
  }

  /** Lets go of everything. No event follows: whoever asked knows for what. */
  close(): void {
    letGo(this.#state);
    this.#padding = [];
  }

  /** Makes the server wait: for whoever limits the rate. */
  pause(): void {
    this.#state.isPaused = true;
    this.#state.rate.stop(this.#state.env.now());
    for (const transfer of this.#state.transfers.values()) transfer.lookAt = Number.POSITIVE_INFINITY;
  }

  resume(): void {
    this.#state.isPaused = false;
    if (this.#state.transfers.size > 0) this.#state.rate.start(this.#state.env.now());
    for (const transfer of this.#state.transfers.values()) lookLater(this.#state, transfer);
  }

  receive(input: WebSeedInput): readonly WebSeedEvent[] {
    const transfer = this.#state.transfers.get(input.id);
    const events: WebSeedEvent[] = [];
    if (transfer === undefined) return events;
    if (input.type === 'body') receiveBody(this.#state, transfer, input.bytes, events);
    else if (input.type === 'head') receiveHead(this.#state, transfer, input, events);
    else receiveEnd(this.#state, transfer, input.error, events);
    return events;
  }

  get deadline(): Instant {
    const { isClosed, deliverAt, transfers, patience } = this.#state;
    if (isClosed) return Number.POSITIVE_INFINITY;
    let first = Math.min(deliverAt, patience.until ?? Number.POSITIVE_INFINITY);
    for (const { lookAt } of transfers.values()) if (lookAt < first) first = lookAt;
    return first;
  }

  tick(): readonly WebSeedEvent[] {
    const { isClosed, transfers, patience, wanted, env } = this.#state;
    const events: WebSeedEvent[] = [];
    if (isClosed) return events;
    const now = env.now();
    for (const { piece, begin, length } of this.#padding.splice(0)) {
      if (wanted.forget(piece, begin) === undefined) continue;
      events.push({ type: 'block', piece, begin, length, offset: 0, data: ZEROS.subarray(0, length) });
    }
    this.#state.deliverAt = Number.POSITIVE_INFINITY;
    for (const transfer of transfers.values()) deliverHeld(this.#state, transfer, events);
    if (patience.isOver(now)) events.push({ type: 'ready' });
    for (const transfer of transfers.values()) if (now >= transfer.lookAt) look(this.#state, transfer, events);
    return events;
  }

  flush(): readonly WebSeedOutput[] {
    this.#isFilling = false;
    if (!this.#state.isClosed) send(this.#state);
    const { out } = this.#state;
    this.#state.out = [];
    return out;
  }
}
