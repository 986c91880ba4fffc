/**
 * One connection of an HTTP/1.1 server (RFC 9112), no more of it than a tracker needs (BEP 3, trackers; BEP 48): GET requests
 * in, answers out in the order of the requests, keep-alive, pipelining, HTTP/1.0. It has no bodies of requests, no chunks, no
 * upgrade. Bad requests and other methods are answered here; a client that is slow or sends too much is let go.
 *
 * With an answer that ends the connection, `finished` becomes true and the `closed` event is due at once; a program that does
 * not want to wait for its next step may end the stream after the flush.
 */
import { type Environment, type Instant, ProtocolError, type StreamCore, utf8 } from '@ferro/core';
import { ALLOW_GET, encodeAnswer, NO_HEADERS } from './http-answer.ts';
import { endOfHead, parseHead, type RequestHead } from './http-request.ts';
import { limits } from './limits.ts';

export interface HttpServerRequest {
  readonly type: 'request';
  /** To be given to respond(). */
  readonly id: number;
  /** Path and query, borrowed until the next receive(). */
  readonly target: Uint8Array;
  /** The whole head, borrowed likewise: for headerOf(). */
  readonly head: Uint8Array;
}

export type HttpServerEvent = HttpServerRequest | { readonly type: 'closed'; readonly reason?: ProtocolError };

export interface HttpServerOptions {
  readonly headMs?: number;
  readonly idleMs?: number;
  readonly pipelinedRequests?: number;
}

/** A request that waits for its answer, or for those of the requests before it. */
interface Waiting {
  readonly id: number;
  readonly keepAlive: boolean;
  readonly old: boolean;
  answer: readonly Uint8Array[] | undefined;
}

const EMPTY = new Uint8Array(0);

export class HttpServerConnection implements StreamCore<HttpServerEvent> {
  readonly #env: Environment;
  readonly #headMs: number;
  readonly #idleMs: number;
  readonly #waitingMax: number;
  #held = EMPTY;
  /** What of #held is not yet parsed, and how far the search for the end of the head has come. */
  #from = 0;
  #to = 0;
  #scanned = 0;
  readonly #waiting: Waiting[] = [];
  #output: Uint8Array[] = [];
  #nextId = 0;
  /** When the present state (a head begun, or idleness) ends. */
  #patience: Instant;
  /** A whole head may lie in #held, unread because too many requests waited. */
  #more = false;
  /** The remote side has said that it is done. */
  #ended = false;
  /** No further request is read. */
  #last = false;
  #closed = false;
  #reason: ProtocolError | undefined;

  constructor(env: Environment, options: HttpServerOptions = {}) {
    this.#env = env;
    this.#headMs = options.headMs ?? limits.headMs;
    this.#idleMs = options.idleMs ?? limits.idleMs;
    this.#waitingMax = options.pipelinedRequests ?? limits.pipelinedRequests;
    this.#patience = env.now() + this.#headMs;
  }

  /** The last answer has been given: nothing follows but the `closed` event. */
  get finished(): boolean {
    return this.#last && this.#waiting.length === 0;
  }

  get deadline(): Instant {
    if (this.#closed) return Number.POSITIVE_INFINITY;
    return this.#waiting.length > 0 && !this.#resumable ? Number.POSITIVE_INFINITY : this.#patience;
  }

  receive(bytes: Uint8Array): readonly HttpServerEvent[] {
    if (this.#closed || this.#last || bytes.length === 0) return this.#close([]);
    if (this.#to - this.#from + bytes.length > limits.heldLength) return this.#close([], tooMuch());
    if (this.#from === this.#to) {
      this.#scanned = 0;
      const events = this.#read(bytes, 0, bytes.length);
      if (this.#from < this.#to) this.#hold(bytes);
      return events;
    }
    this.#append(bytes);
    return this.#read(this.#held, this.#from, this.#to);
  }

  tick(): readonly HttpServerEvent[] {
    if (this.#resumable) return this.#read(this.#held, this.#from, this.#to);
    if (this.#closed || this.#env.now() < this.deadline) return [];
    if (!this.finished) {
      const begun = this.#from < this.#to;
      this.#last = true;
      if (begun)
        this.#reason = new ProtocolError('tracker-http/slow-head', 'RFC 9112, timeouts', 'a head came too slowly');
    }
    return this.#close([]);
  }

  flush(): readonly Uint8Array[] {
    if (this.#output.length === 0) return this.#output;
    const output = this.#output;
    this.#output = [];
    return output;
  }

  /** The remote side will send no more; what it has asked is still answered. */
  end(): void {
    this.#ended = true;
    if (!this.#more) this.#last = true;
    this.#patience = this.#env.now();
  }

  /**
   * Answers a request: in any order, the answers leave in the order of the requests. An id that is answered or gone is
   * ignored. `headers` comes from headerLines(); Content-Length and Connection are added here.
   */
  respond(id: number, status: number, headers: Uint8Array, body: Uint8Array): void {
    const waiting = this.#waiting;
    const index = waiting[0]?.id === id ? 0 : waiting.findIndex((request) => request.id === id);
    const request = waiting[index];
    if (request === undefined || request.answer !== undefined) return;
    const answer = encodeAnswer(status, headers, body, request);
    if (index > 0) {
      request.answer = answer;
      return;
    }
    this.#output.push(...answer);
    waiting.shift();
    while (waiting[0]?.answer !== undefined) this.#output.push(...waiting.shift()!.answer!);
    if (this.#last || this.#more) this.#patience = this.#env.now();
    else if (waiting.length === 0 && this.#from === this.#to) this.#patience = this.#env.now() + this.#idleMs;
  }

  get #resumable(): boolean {
    return this.#more && !this.#closed && !this.#last && this.#waiting.length < this.#waitingMax;
  }

  /** Reads the requests between `from` and `to`; what is left is between #from and #to. */
  #read(bytes: Uint8Array, from: number, to: number): readonly HttpServerEvent[] {
    const events: HttpServerEvent[] = [];
    let at = from;
    let scanned = Math.max(from, this.#scanned);
    this.#more = false;
    while (at < to && !this.#last) {
      if (bytes[at] === 13 || bytes[at] === 10) {
        scanned = Math.max(scanned, ++at); // some clients send an empty line too many
        continue;
      }
      if (this.#waiting.length >= this.#waitingMax) {
        this.#more = true;
        break;
      }
      // A handshake of another protocol need not be waited for.
      if (!isLetter(bytes[at]!)) return this.#refuse(events, noRequest(), 400);
      const end = endOfHead(bytes, scanned, to);
      if ((end < 0 ? to : end) - at > limits.headLength) return this.#refuse(events, tooLong(), 431);
      if (end < 0) break;
      try {
        this.#admit(events, bytes, at, parseHead(bytes, at, end), end);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        return this.#refuse(events, error, 400);
      }
      at = end;
      scanned = end;
    }
    this.#settle(at, to);
    return this.#close(events);
  }

  #admit(events: HttpServerEvent[], bytes: Uint8Array, at: number, head: RequestHead, end: number): void {
    const id = this.#nextId++;
    const keepAlive = head.keepAlive && head.get;
    if (!keepAlive) this.#last = true;
    this.#waiting.push({ id, keepAlive, old: head.old, answer: undefined });
    if (!head.get) this.respond(id, 405, ALLOW_GET, EMPTY);
    else {
      const target = bytes.subarray(head.targetAt, head.targetEnd);
      events.push({ type: 'request', id, target, head: bytes.subarray(at, end) });
    }
  }

  /** Notes what is left, and from when on the client is waited for. */
  #settle(at: number, to: number): void {
    const begins = at < to && (this.#from === this.#to || at !== this.#from);
    if (this.#ended && !this.#more) this.#last = true;
    this.#from = this.#last ? to : at;
    this.#to = to;
    this.#scanned = this.#more ? at : Math.max(at, to - 3);
    if (begins) this.#patience = this.#env.now() + this.#headMs;
  }

  /** Answers a bad request, behind the answers that are still due, and reads no more. */
  #refuse(events: HttpServerEvent[], reason: ProtocolError, status: number): readonly HttpServerEvent[] {
    const id = this.#nextId++;
    this.#last = true;
    this.#reason = reason;
    this.#from = this.#to;
    this.#waiting.push({ id, keepAlive: false, old: false, answer: undefined });
    this.respond(id, status, NO_HEADERS, utf8(`${reason.message}\n`));
    return this.#close(events);
  }

  /** Ends the conversation if nothing is left to answer. */
  #close(events: HttpServerEvent[], reason?: ProtocolError): readonly HttpServerEvent[] {
    if (reason !== undefined) {
      this.#last = true;
      this.#reason = reason;
      this.#waiting.length = 0;
    }
    if (this.#closed || !this.finished) return events;
    this.#closed = true;
    this.#held = EMPTY;
    events.push(this.#reason === undefined ? { type: 'closed' } : { type: 'closed', reason: this.#reason });
    return events;
  }

  /** Keeps what is left of a borrowed chunk. */
  #hold(bytes: Uint8Array): void {
    const length = this.#to - this.#from;
    if (this.#held.length < length) this.#held = new Uint8Array(Math.max(1024, length));
    this.#held.set(bytes.subarray(this.#from, this.#to));
    this.#scanned -= this.#from;
    this.#from = 0;
    this.#to = length;
  }

  #append(bytes: Uint8Array): void {
    const length = this.#to - this.#from;
    if (this.#to + bytes.length > this.#held.length) {
      const room = new Uint8Array(Math.max(1024, 2 * (length + bytes.length)));
      room.set(this.#held.subarray(this.#from, this.#to));
      this.#held = room;
      this.#scanned -= this.#from;
      this.#from = 0;
      this.#to = length;
    }
    this.#held.set(bytes, this.#to);
    this.#to += bytes.length;
  }
}

function isLetter(code: number): boolean {
  return (code | 32) >= 97 && (code | 32) <= 122;
}

function noRequest(): ProtocolError {
  return new ProtocolError('tracker-http/bad-request-line', 'RFC 9112, request line', 'what was sent is no request');
}

function tooLong(): ProtocolError {
  return new ProtocolError(
    'tracker-http/head-too-long',
    'RFC 9112, request line',
    'the head of the request is too long',
  );
}

function tooMuch(): ProtocolError {
  return new ProtocolError(
    'tracker-http/too-much-unread',
    'RFC 9112, pipelining',
    'more was sent than is read before answers',
  );
}
