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
  /** Streams with data that has not been handed out. */
  readonly #gathering: UtpStream[] = [];

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
    this.gather(events);
    this.deliver();
  }

  /**
   * The same, but data waits for deliver(), so that a reader is called once for all packets that came together. Until then the
   * datagrams that the events came from must stay as they are.
   */
  gather(events: readonly UtpEvent[]): void {
    this.#handling = true;
    for (const event of events) if (event.type !== 'ignored') this.#take(event);
    this.#handling = false;
  }

  deliver(): void {
    if (this.#gathering.length === 0) return;
    this.#handling = true;
    for (const stream of this.#gathering.splice(0)) stream.deliver();
    this.#handling = false;
  }

  #take(event: Exclude<UtpEvent, { readonly type: 'ignored' }>): void {
    if (event.type === 'accepted') {
      this.#welcome(event.connection);
      return;
    }
    const stream = this.#streams.get(event.connection);
    if (stream === undefined) return;
    if (event.type === 'data') {
      if (stream.gather(event.bytes)) this.#gathering.push(stream);
      return;
    }
    // The end is heard behind what came before it.
    if (event.type === 'ended' || event.type === 'closed') stream.deliver();
    stream.handle(event);
    if (event.type === 'closed') this.#streams.delete(event.connection);
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
  /** Views of packets that the reader has not been given. */
  #gathered: Uint8Array[] = [];
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

  /** True: it is the first since the last delivery. */
  gather(bytes: Uint8Array): boolean {
    return this.#gathered.push(bytes) === 1;
  }

  deliver(): void {
    if (this.#gathered.length === 0) return;
    const bytes = joined(this.#gathered);
    this.#gathered = [];
    if (!this.isClosed) this.handler?.receive(bytes);
  }

  handle(event: Exclude<UtpEvent, { readonly type: 'accepted' | 'data' | 'ignored' }>): void {
    if (this.isClosed || this.handler === undefined) return;
    if (event.type === 'writable') this.#writable(this.handler);
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

/** Used again for each batch: readers borrow it. */
let scratch: Uint8Array = new Uint8Array(0);

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  if (scratch.length < length) scratch = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    scratch.set(chunk, at);
    at += chunk.length;
  }
  return scratch.subarray(0, length);
}
