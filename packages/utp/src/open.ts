/**
 * uTP (BEP 29) over any host in a few lines: listen, connect, and read and write web streams. No protocol is in here, only the way
 * from events to promises.
 */
import { type Address, AsyncQueue, driveDatagrams, type Host } from '@ferro/core';
import { Arena } from './arena.ts';
import type { UtpConnection } from './connection.ts';
import { UtpEndpoint, type UtpOptions } from './endpoint.ts';
import type { UtpEvent } from './events.ts';
import { limits } from './limits.ts';

export interface UtpChannel {
  readonly remote: Address;
  /** Ends where the peer ended; cancelling it resets the connection. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Closing it ends our half; the other goes on. */
  readonly writable: WritableStream<Uint8Array>;
}

/** Iterates over the connections that others open. */
export interface Utp extends AsyncIterable<UtpChannel>, AsyncDisposable {
  readonly local: Address;
  connect(to: Address): Promise<UtpChannel>;
  /** Ends all connections, waits until their peers have everything or some seconds are over, and closes the port. */
  close(): Promise<void>;
}

/** Rejects if the port cannot be had. */
export function openUtp(host: Host, port: number, options: UtpOptions & { readonly ip?: string } = {}): Promise<Utp> {
  const endpoint = new UtpEndpoint(host, { copier: host, ...options });
  const arena = new Arena();
  const channels = new Map<UtpConnection, Channel>();
  const accepted = new AsyncQueue<UtpChannel>({ limit: limits.connections });
  let idle: (() => void) | undefined;
  const on = (events: readonly UtpEvent[]) => {
    for (const event of events) {
      if (event.type === 'ignored') continue;
      const { connection } = event;
      if (event.type === 'accepted') {
        accepted.push(open(connection));
      }
      channels.get(connection)?.on(event);
      if (event.type === 'closed') channels.delete(connection);
    }
    if (channels.size === 0) idle?.();
  };
  const open = (connection: UtpConnection): Channel => {
    const channel = new Channel(connection, arena, () => {
      if (connection.state === 'closed') channels.delete(connection);
      run.flush();
    });
    channels.set(connection, channel);
    return channel;
  };
  const close = async () => {
    accepted.end();
    for (const connection of channels.keys()) connection.end();
    run.flush();
    if (channels.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      idle = resolve;
      const timer = host.at(host.now() + limits.lingerMs, resolve);
      await promise;
      timer.close();
    }
    run.close();
  };
  const connect = (to: Address) => {
    const channel = open(endpoint.connect(to));
    run.flush();
    return channel.opened.promise;
  };
  const { promise, resolve, reject } = Promise.withResolvers<Utp>();
  const ready = (local: Address) =>
    resolve({ local, connect, close, [Symbol.asyncDispose]: close, [Symbol.asyncIterator]: () => accepted });
  const at = { port, ...(options.ip !== undefined && { ip: options.ip }) };
  const run = driveDatagrams(host, at, endpoint, on, { ready, failed: reject });
  return promise;
}

/** What a readable stream gives to its source. */
interface ReadEnd {
  readonly desiredSize: number | null;
  enqueue(chunk: Uint8Array): void;
  close(): void;
  error(reason: unknown): void;
}

class Channel implements UtpChannel {
  readonly connection: UtpConnection;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly opened: PromiseWithResolvers<UtpChannel> = Promise.withResolvers<UtpChannel>();
  readonly #arena: Arena;
  /** To be called after each command. */
  readonly #flush: () => void;
  #read!: ReadEnd;
  #write!: Pick<ReadEnd, 'error'>;
  #drained: (() => void) | undefined;
  /** What has come since the reader was last served; served again when the whole batch of packets is in. */
  readonly #chunks: Uint8Array[] = [];

  constructor(connection: UtpConnection, arena: Arena, flush: () => void) {
    this.connection = connection;
    this.#arena = arena;
    this.#flush = flush;
    // Who accepts a connection does not wait for it to open.
    this.opened.promise.catch(() => undefined);
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#read = controller),
      pull: () => this.#resume(),
      cancel: () => this.#reset(),
    });
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => void (this.#write = controller),
      write: (chunk) => this.#send(chunk),
      close: () => {
        connection.end();
        flush();
      },
      abort: () => this.#reset(),
    });
  }

  get remote(): Address {
    return this.connection.remote;
  }

  on(event: Exclude<UtpEvent, { readonly type: 'ignored' }>): void {
    if (event.type === 'connected') this.opened.resolve(this);
    else if (event.type === 'writable') this.#drained?.();
    else if (event.type === 'data') {
      if (this.#chunks.length === 0) void Promise.resolve().then(() => this.#serve());
      this.#arena.append(this.#chunks, event.bytes);
    } else if (event.type === 'ended') {
      this.#serve();
      this.#read.close();
    } else if (event.type === 'closed' && event.reason !== undefined) this.#fail(new Error(`uTP: ${event.reason}`));
  }

  #serve(): void {
    for (const chunk of this.#chunks.splice(0)) this.#read.enqueue(chunk);
    if ((this.#read.desiredSize ?? 0) < -READ_AHEAD_CHUNKS) this.connection.pause();
  }

  #resume(): void {
    this.connection.resume();
    this.#flush();
  }

  /** The stream's writer may change the chunk when this is done; the connection may not have sent it by then. */
  #send(chunk: Uint8Array): Promise<void> | undefined {
    const room = this.connection.write([chunk.slice()]);
    this.#flush();
    if (room) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained = resolve;
    return promise;
  }

  #reset(): void {
    this.connection.reset();
    this.#flush();
    this.#fail(new Error('uTP: reset'));
  }

  #fail(error: Error): void {
    this.#chunks.length = 0;
    this.opened.reject(error);
    this.#read.error(error);
    this.#write.error(error);
    this.#drained?.();
  }
}

/** Chunks, each of a batch of packets, that wait for a slow reader before the peer is made to wait. */
const READ_AHEAD_CHUNKS = 16;
