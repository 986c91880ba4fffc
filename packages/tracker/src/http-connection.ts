/**
 * One HTTP connection: the stream, and the core that reads it (BEP 3, trackers). The same job as the driver of streams, but without
 * a timer each, and with the stream ended as soon as the last answer is written: most clients come for one question.
 */
import type { Host, Instant, Stream, StreamHandler } from '@ferro/core';
import { HttpServerConnection, type HttpServerEvent, type HttpServerRequest } from '@ferro/tracker-http';
import { limits } from './limits.ts';

export interface HttpConnectionEvents {
  asked(request: HttpServerRequest): void;
  /** What came was no HTTP. */
  refused(): void;
  gone(): void;
}

export class HttpConnection implements StreamHandler {
  readonly #host: Host;
  readonly #core: HttpServerConnection;
  readonly #events: HttpConnectionEvents;
  #stream: Stream | undefined;
  #inStep = false;
  /** The stream was told that no more will come; when to stop waiting for the other side. */
  #endedAt: Instant = Number.POSITIVE_INFINITY;
  #rejected = false;
  #finishing = false;

  constructor(host: Host, events: HttpConnectionEvents) {
    this.#host = host;
    this.#core = new HttpServerConnection(host);
    this.#events = events;
  }

  /** There is no room for it: it is let go as soon as it is there. */
  reject(): void {
    this.#rejected = true;
  }

  opened(stream: Stream): void {
    this.#stream = stream;
    if (this.#rejected) this.close();
  }

  receive(bytes: Uint8Array): void {
    if (this.#endedAt === Number.POSITIVE_INFINITY) this.#step(this.#core.receive(bytes));
  }

  writable(): void {
    this.#stream?.resume();
  }

  ended(): void {
    this.#core.end();
    this.#step(this.#core.tick());
  }

  closed(): void {
    this.#events.gone();
  }

  /** To be called now and then: lets slow ones go, and those that do not go by themselves. */
  tick(now: Instant): void {
    if (now >= this.#endedAt + limits.closeMs) this.close();
    else if (now >= this.#core.deadline) this.#step(this.#core.tick());
  }

  respond(id: number, status: number, headers: Uint8Array, body: Uint8Array): void {
    this.#core.respond(id, status, headers, body);
    if (!this.#inStep) this.#step(this.#core.deadline <= this.#host.now() ? this.#core.tick() : []);
  }

  /** Answers what was asked, and no more. */
  finish(): void {
    this.#finishing = true;
    this.ended();
  }

  close(): void {
    this.#stream?.close();
    this.#events.gone();
  }

  #step(events: readonly HttpServerEvent[]): void {
    let closed = false;
    this.#inStep = true;
    for (const event of events) {
      if (event.type === 'request') this.#events.asked(event);
      else {
        closed = true;
        if (event.reason !== undefined) this.#events.refused();
      }
    }
    this.#inStep = false;
    const chunks = this.#core.flush();
    const stream = this.#stream;
    if (stream === undefined) return;
    if (chunks.length > 0 && !stream.write(chunks)) stream.pause();
    if ((closed || this.#core.finished) && this.#endedAt === Number.POSITIVE_INFINITY) {
      this.#endedAt = this.#host.now();
      stream.end();
    } else if (!this.#finishing && events.length > 0 && this.#core.deadline <= this.#host.now()) {
      this.#step(this.#core.tick()); // a pipelined request that waited for room
    }
  }
}
