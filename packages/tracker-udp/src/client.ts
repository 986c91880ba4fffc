/**
 * The client's side of the UDP tracker protocol (BEP 15; BEP 41, URLData): one core, and so one socket, for any number of
 * trackers and torrents. A connection id is fetched once and shared by all requests to a tracker while it lives; what is lost
 * is sent again after 15·2^n seconds. Answers count only from the address that was asked, to the action that was asked.
 */
import {
  type Address,
  type Datagram,
  type DatagramCore,
  Deadlines,
  type Environment,
  familyOf,
  formatAddress,
  type Id20,
  type Instant,
  ProtocolError,
  readU32,
  sameAddress,
} from '@ferro/core';
import { ignored } from './errors.ts';
import { limits } from './limits.ts';
import {
  type AnnounceRequest,
  type AnnounceResponse,
  decodeReply,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  type Reply,
  type ScrapeCounts,
} from './packet.ts';

export type UdpTrackerEvent =
  | { readonly type: 'announced'; readonly id: number; readonly response: AnnounceResponse }
  /** One count for each hash that was asked for, in their order; undefined where the tracker's answer was too short. */
  | { readonly type: 'scraped'; readonly id: number; readonly counts: readonly (ScrapeCounts | undefined)[] }
  | { readonly type: 'failed'; readonly id: number; readonly reason: ProtocolError }
  | { readonly type: 'ignored'; readonly from: Address; readonly reason: ProtocolError };

export interface UdpTrackerClientOptions {
  readonly retransmitMs?: number;
  readonly retransmissions?: number;
}

/** What is known about one tracker while something is asked of it, or its connection id lives. */
interface Tracker {
  readonly address: Address;
  readonly requests: Set<Request>;
  connectionId: Uint8Array | undefined;
  expires: Instant;
  connect: Exchange | undefined;
}

/** One question on the wire: a connect of a tracker, an announce, or one packet of a scrape. */
interface Exchange {
  readonly action: 'connect' | 'announce' | 'scrape';
  readonly tracker: Tracker;
  readonly transaction: number;
  /** How often it, or the connect before it, was sent again. */
  retransmissions: number;
}

interface Request extends Exchange {
  readonly action: 'announce' | 'scrape';
  readonly id: number;
  readonly encode: (connectionId: Uint8Array, transaction: number) => Uint8Array;
  /** Of a scrape: what its packets have brought so far, and where the hashes of this packet begin. */
  readonly scrape: Scrape | undefined;
  readonly first: number;
}

interface Scrape {
  readonly counts: (ScrapeCounts | undefined)[];
  missing: number;
}

export class UdpTrackerClient implements DatagramCore<UdpTrackerEvent> {
  readonly #env: Environment;
  readonly #retransmitMs: number;
  readonly #retransmissions: number;
  readonly #trackers = new Map<string, Tracker>();
  /** By transaction id. */
  readonly #exchanges = new Map<number, Exchange>();
  readonly #deadlines = new Deadlines<Exchange>();
  /** All packets of a command, by its id. */
  readonly #requests = new Map<number, Request[]>();
  #pruneAt = 64;
  #output: Datagram[] = [];
  #nextId = 0;

  constructor(env: Environment, options: UdpTrackerClientOptions = {}) {
    this.#env = env;
    this.#retransmitMs = options.retransmitMs ?? limits.retransmitMs;
    this.#retransmissions = options.retransmissions ?? limits.retransmissions;
  }

  get deadline(): Instant {
    return this.#deadlines.next;
  }

  /** `urlData`: path and query of the tracker's URL (BEP 41). The result is the id that the event will carry. */
  announce(tracker: Address, request: AnnounceRequest, urlData = ''): number {
    const data = urlData.slice(0, limits.urlDataLength);
    return this.#ask('announce', tracker, [
      (connectionId, transaction) => encodeAnnounce(connectionId, transaction, request, data),
    ]);
  }

  /** Up to 74 hashes go in one packet, more in several; the answer comes in one event. */
  scrape(tracker: Address, infoHashes: readonly Id20[]): number {
    if (infoHashes.length === 0 || infoHashes.length > limits.scrapeHashesTotal) {
      throw new RangeError(`a scrape asks for 1 to ${limits.scrapeHashesTotal} hashes`);
    }
    const packets = Array.from({ length: Math.ceil(infoHashes.length / limits.scrapeHashes) }, (_, i) =>
      infoHashes.slice(limits.scrapeHashes * i, limits.scrapeHashes * (i + 1)),
    );
    return this.#ask(
      'scrape',
      tracker,
      packets.map((hashes) => (connectionId, transaction) => encodeScrape(connectionId, transaction, hashes)),
      infoHashes.length,
    );
  }

  /** Forgets a command: no event will carry its id. */
  cancel(id: number): void {
    for (const request of this.#requests.get(id) ?? []) this.#forget(request);
    this.#requests.delete(id);
  }

  receive(datagram: Datagram): readonly UdpTrackerEvent[] {
    const { bytes, address: from } = datagram;
    if (bytes.length < 8)
      return [{ type: 'ignored', from, reason: bytes.length === 0 ? ignored.empty : ignored.tooShort }];
    const exchange = this.#exchanges.get(readU32(bytes, 4));
    if (exchange === undefined) return [{ type: 'ignored', from, reason: ignored.unknownTransaction }];
    if (!sameAddress(from, exchange.tracker.address)) return [{ type: 'ignored', from, reason: ignored.wrongSource }];
    try {
      const reply = decodeReply(bytes, familyOf(from.ip));
      if (reply.type !== 'error' && reply.type !== exchange.action) {
        return [{ type: 'ignored', from, reason: ignored.wrongAction }];
      }
      return this.#answered(exchange, reply);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return [{ type: 'ignored', from, reason: error }];
    }
  }

  tick(): readonly UdpTrackerEvent[] {
    const events: UdpTrackerEvent[] = [];
    const now = this.#env.now();
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      if (due.retransmissions < this.#retransmissions) this.#again(due);
      else this.#failed(due, events, timedOut());
    }
    return events;
  }

  flush(): readonly Datagram[] {
    if (this.#output.length === 0) return this.#output;
    const output = this.#output;
    this.#output = [];
    return output;
  }

  #ask(action: Request['action'], address: Address, packets: readonly Request['encode'][], hashes?: number): number {
    if (this.#exchanges.size + packets.length > limits.pendingRequests) throw new RangeError('too many requests wait');
    const id = this.#nextId++;
    const tracker = this.#trackerAt(address);
    const scrape =
      hashes === undefined
        ? undefined
        : { counts: new Array<ScrapeCounts | undefined>(hashes).fill(undefined), missing: packets.length };
    const requests = packets.map((encode, packet) => {
      const first = limits.scrapeHashes * packet;
      const transaction = this.#freeTransaction();
      const request: Request = { action, tracker, transaction, retransmissions: 0, id, encode, scrape, first };
      this.#exchanges.set(transaction, request);
      tracker.requests.add(request);
      return request;
    });
    this.#requests.set(id, requests);
    for (const request of requests) this.#send(request);
    return id;
  }

  #trackerAt(address: Address): Tracker {
    const key = formatAddress(address);
    let tracker = this.#trackers.get(key);
    if (tracker === undefined) {
      if (this.#trackers.size >= this.#pruneAt) this.#prune();
      tracker = { address, requests: new Set(), connectionId: undefined, expires: 0, connect: undefined };
      this.#trackers.set(key, tracker);
    }
    return tracker;
  }

  /** Lets go of trackers that nobody asks any more and whose connection ids have expired. */
  #prune(): void {
    const now = this.#env.now();
    for (const [key, tracker] of this.#trackers) {
      if (tracker.requests.size === 0 && now >= tracker.expires) this.#trackers.delete(key);
    }
    this.#pruneAt = 2 * this.#trackers.size + 64;
  }

  /** Random, so that nobody can answer who has not seen the question; the next one that is free. */
  #freeTransaction(): number {
    const bytes = new Uint8Array(4);
    this.#env.random(bytes);
    let transaction = readU32(bytes, 0);
    while (this.#exchanges.has(transaction)) transaction = (transaction + 1) >>> 0;
    return transaction;
  }

  /** Sends a request if the tracker's connection id lives; otherwise it waits for a new one. */
  #send(request: Request): void {
    const { tracker } = request;
    if (tracker.connectionId !== undefined && this.#env.now() < tracker.expires) {
      this.#put(request, request.encode(tracker.connectionId, request.transaction));
      return;
    }
    tracker.connectionId = undefined;
    if (tracker.connect !== undefined) return;
    const transaction = this.#freeTransaction();
    const { retransmissions } = request;
    tracker.connect = { action: 'connect', tracker, transaction, retransmissions };
    this.#exchanges.set(transaction, tracker.connect);
    this.#put(tracker.connect, encodeConnect(transaction));
  }

  #put(exchange: Exchange, bytes: Uint8Array): void {
    this.#output.push({ bytes, address: exchange.tracker.address });
    this.#deadlines.set(exchange, this.#env.now() + this.#retransmitMs * 2 ** exchange.retransmissions);
  }

  /** The same transaction id again: an answer to the first copy, come late, is an answer. */
  #again(exchange: Exchange): void {
    exchange.retransmissions++;
    if (exchange.action === 'connect') this.#put(exchange, encodeConnect(exchange.transaction));
    else this.#send(exchange as Request);
  }

  #answered(exchange: Exchange, reply: Reply): readonly UdpTrackerEvent[] {
    const events: UdpTrackerEvent[] = [];
    const { tracker } = exchange;
    if (reply.type === 'error') {
      // The id may be what it complains about: the next question fetches another.
      tracker.connectionId = undefined;
      this.#failed(exchange, events, refused(reply.message));
    } else if (reply.type === 'connect') {
      this.#forget(exchange);
      tracker.connectionId = reply.connectionId;
      tracker.expires = this.#env.now() + limits.connectionLifeMs;
      for (const request of tracker.requests) if (this.#deadlines.get(request) === undefined) this.#send(request);
    } else if (reply.type === 'announce') {
      const { id } = exchange as Request;
      this.cancel(id);
      events.push({ type: 'announced', id, response: reply.response });
    } else this.#scraped(exchange as Request, reply.counts, events);
    return events;
  }

  #scraped(request: Request, counts: readonly ScrapeCounts[], events: UdpTrackerEvent[]): void {
    const { id, first } = request;
    const scrape = request.scrape!;
    this.#forget(request);
    const asked = Math.min(limits.scrapeHashes, scrape.counts.length - first);
    for (let i = 0; i < asked; i++) scrape.counts[first + i] = counts[i];
    if (--scrape.missing > 0) return;
    this.cancel(id);
    events.push({ type: 'scraped', id, counts: scrape.counts });
  }

  /** A failed connect fails all that waited for it; a failed packet of a scrape fails the scrape. */
  #failed(exchange: Exchange, events: UdpTrackerEvent[], reason: ProtocolError): void {
    const { tracker } = exchange;
    const failed =
      exchange.action === 'connect'
        ? [...tracker.requests].filter((request) => this.#deadlines.get(request) === undefined)
        : [exchange as Request];
    this.#forget(exchange);
    for (const id of new Set(failed.map((request) => request.id))) {
      this.cancel(id);
      events.push({ type: 'failed', id, reason });
    }
  }

  #forget(exchange: Exchange): void {
    const { tracker } = exchange;
    this.#exchanges.delete(exchange.transaction);
    this.#deadlines.clear(exchange);
    if (exchange === tracker.connect) tracker.connect = undefined;
    else tracker.requests.delete(exchange as Request);
    if (tracker.requests.size === 0 && tracker.connect !== undefined) this.#forget(tracker.connect);
  }
}

function timedOut(): ProtocolError {
  return new ProtocolError('tracker-udp/timeout', 'BEP 15, time outs', 'the tracker does not answer');
}

function refused(message: string): ProtocolError {
  return new ProtocolError('tracker-udp/refused', 'BEP 15, errors', message);
}
