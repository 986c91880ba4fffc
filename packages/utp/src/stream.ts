/**
 * uTP connections (BEP 29) as the streams of core's Host, so that whoever speaks over TCP speaks over uTP without knowing. It
 * needs only an endpoint that somebody drives: hand its events to handle(), and give a flush() that sends what is ready.
 */
import type { Address, Stream, StreamHandler } from '@ferro/core';
import type { UtpConnection } from './connection.ts';
import type { UtpEndpoint } from './endpoint.ts';
import type { UtpEvent } from './events.ts';

export class UtpStreams {
  readonly #endpoint: UtpEndpoint;
  readonly #flush: () => void;
  readonly #accept: ((stream: Stream) => StreamHandler) | undefined;
  readonly #streams = new Map<UtpConnection, UtpStream>();
  /** Events are being handed out: whoever drives the endpoint flushes when it is done. */
  #handling = false;

  /** Without `accept`, who connects is turned away. */
  constructor(endpoint: UtpEndpoint, flush: () => void, accept?: (stream: Stream) => StreamHandler) {
    this.#endpoint = endpoint;
    this.#flush = flush;
    this.#accept = accept;
  }

  connect(to: Address, handler: StreamHandler): Stream {
    const stream = new UtpStream(this.#endpoint.connect(to), this.#changed);
    stream.handler = handler;
    this.#streams.set(stream.connection, stream);
    this.#changed(stream);
    return stream;
  }

  handle(events: readonly UtpEvent[]): void {
    this.#handling = true;
    for (const event of events) {
      if (event.type === 'ignored') continue;
      if (event.type === 'accepted') this.#welcome(event.connection);
      else this.#streams.get(event.connection)?.handle(event);
      if (event.type === 'closed') this.#streams.delete(event.connection);
    }
    this.#handling = false;
  }

  #welcome(connection: UtpConnection): void {
    if (this.#accept === undefined) {
      connection.reset();
      return;
    }
    const stream = new UtpStream(connection, this.#changed);
    this.#streams.set(connection, stream);
    stream.handler = this.#accept(stream);
    stream.handler.opened?.(stream);
  }

  readonly #changed = (stream: UtpStream): void => {
    if (stream.isClosed) this.#streams.delete(stream.connection);
    if (!this.#handling) this.#flush();
  };
}

class UtpStream implements Stream {
  readonly connection: UtpConnection;
  handler: StreamHandler | undefined;
  isClosed = false;
  readonly #changed: (stream: UtpStream) => void;
  #written = 0;
  #full = false;
  /** Who wants to know that so many bytes in all are in packets, and their chunks free. */
  readonly #marks: { readonly at: number; readonly sent: () => void }[] = [];

  constructor(connection: UtpConnection, changed: (stream: UtpStream) => void) {
    this.connection = connection;
    this.#changed = changed;
  }

  get remote(): Address {
    return this.connection.remote;
  }

  write(chunks: readonly Uint8Array[], sent?: () => void): boolean {
    if (this.isClosed) return false;
    for (const chunk of chunks) this.#written += chunk.length;
    if (sent !== undefined) this.#marks.push({ at: this.#written, sent });
    this.#full = !this.connection.write(chunks);
    this.#changed(this);
    return !this.#full;
  }

  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
    this.#changed(this);
  }

  end(): void {
    this.connection.end();
    this.#changed(this);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.connection.reset();
    this.#changed(this);
  }

  handle(event: Exclude<UtpEvent, { readonly type: 'ignored' }>): void {
    if (this.isClosed || this.handler === undefined) return;
    if (event.type === 'data') this.handler.receive(event.bytes);
    else if (event.type === 'writable') this.#writable(this.handler);
    else if (event.type === 'connected') this.handler.opened?.(this);
    else if (event.type === 'ended') {
      if (this.handler.ended === undefined) this.connection.end();
      else this.handler.ended();
    } else if (event.type === 'closed') {
      this.isClosed = true;
      this.handler.closed(event.reason === undefined ? undefined : new Error(`uTP: ${event.reason}`));
    }
  }

  #writable(handler: StreamHandler): void {
    const free = this.#written - this.connection.unsent;
    while (this.#marks.length > 0 && this.#marks[0]!.at <= free) this.#marks.shift()!.sent();
    if (!this.#full || this.isClosed) return;
    this.#full = false;
    handler.writable?.();
  }
}
