/**
 * The world as a client sees it. Two hosts implement it, one of real sockets and files, one simulated; a test suite
 * holds them to the same behaviour. Callbacks are synchronous and never nested: a host calls nothing back from inside
 * a call made to it. Every callback that is asked for comes once, unless the request is closed first.
 */
import type { Address } from './address.ts';
import type { Datagram, Environment, Instant } from './core.ts';
import type { SlotPool } from './slots.ts';
import type { Storage, StorageLayout } from './storage.ts';

export interface Closable {
  close(): void;
}

/** Where to listen. */
export interface Endpoint {
  /** Left out: every address, of both families. */
  readonly ip?: string;
  /** 0: any free port. */
  readonly port: number;
  /**
   * A multicast group to join (local service discovery), on all networks of the machine, or only on the one where it has `ip`.
   * What is sent to a group goes out on the same networks, and comes back to all on this machine that have joined it, the sender
   * too. Several may have the port.
   */
  readonly group?: string;
  /** How far what is sent to a group may go: 0 stays on the machine, 1, the default, on its networks; then a router each. */
  readonly hops?: number;
  /** Several processes or workers may listen on the port and share what arrives. */
  readonly share?: boolean;
}

/** An ordered stream of bytes in both directions. TCP is one; a uTP connection is wrapped as one. */
export interface Stream {
  readonly remote: Address;
  /**
   * Sends the chunks with one vectored write. They must stay unchanged until `sent` runs (it does not run if the stream
   * closes first). False: the buffer is full, write no more until writable(). Writing to a closed stream does nothing.
   */
  write(chunks: readonly Uint8Array[], sent?: () => void): boolean;
  /** Stops receive() calls, and so makes the remote side wait. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then tells the remote side that no more will come. Receiving goes on. */
  end(): void;
  /** Lets go at once, of unsent data too. No callback follows. */
  close(): void;
}

export interface StreamHandler {
  /** The stream is connected: the first call, for outgoing and accepted streams alike. */
  opened?(stream: Stream): void;
  /** `bytes` is borrowed: valid until this call returns. */
  receive(bytes: Uint8Array): void;
  /** After a write() that returned false: there is room again. */
  writable?(): void;
  /** The remote side will send no more. Without this method, the host ends the stream then. */
  ended?(): void;
  /** The last call. An error says why; none means that both sides had finished. Not called after our own close(). */
  closed(error?: Error): void;
}

export interface Listener extends Closable {
  /** Known once ready() has been called. */
  readonly local: Address;
}

export interface ListenHandler {
  ready?(local: Address): void;
  accept(stream: Stream): StreamHandler;
  /** The port is taken, or the address is not ours. */
  failed?(error: Error): void;
}

export interface DatagramSocket extends Closable {
  /** Known once ready() has been called. */
  readonly local: Address;
  /** Sends each datagram; the bytes may be reused when the call returns. What cannot be sent is lost, as on a network. */
  send(datagrams: readonly Datagram[]): void;
}

export interface DatagramHandler {
  ready?(local: Address): void;
  /** What has arrived together: a batch, not a packet. Bytes are borrowed until the call returns. */
  receive(datagrams: readonly Datagram[]): void;
  failed?(error: Error): void;
}

export interface HttpRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many redirects to follow. Default 0: a redirect is an answer like others. */
  readonly redirects?: number;
  /** Asked for each address before it is connected to, after names were resolved, on every redirect too: false refuses. */
  readonly permits: (address: Address, url: string) => boolean;
}

export interface HttpHandler {
  /** Header names are in lower case. `url` is where the answer came from after redirects. */
  head(status: number, headers: Readonly<Record<string, string>>, url: string): void;
  /** The body with its content coding (gzip, deflate) undone; borrowed. The receiver counts, and closes when it is enough. */
  body(bytes: Uint8Array): void;
  end(error?: Error): void;
}

export interface HttpExchange extends Closable {
  pause(): void;
  resume(): void;
}

export interface Host extends Environment {
  /** One-shot timer. */
  at(when: Instant, run: () => void): Closable;
  /** A name to its addresses of both families. An empty answer is an error; an IP answers itself. */
  resolve(name: string, done: (answer: readonly string[] | Error) => void): Closable;
  connect(to: Address, handler: StreamHandler): Stream;
  listen(at: Endpoint, handler: ListenHandler): Listener;
  bind(at: Endpoint, handler: DatagramHandler): DatagramSocket;
  /** A GET. TLS certificates are always verified. */
  http(request: HttpRequest, handler: HttpHandler): HttpExchange;
  storage(layout: StorageLayout, slots: SlotPool): Storage;
  /**
   * Copies all of `from` into `into` at an offset, the fastest way that the platform has. The language's own `set` is slow where
   * `into` is shared memory, as slots are: V8 copies byte by byte then.
   */
  copy(from: Uint8Array, into: Uint8Array, at: number): void;
  /** A small file, whole, or undefined where there is none; longer than `limit` is an error. For resume data and the like. */
  readFile(path: string, limit: number, done: (answer: Uint8Array | undefined | Error) => void): void;
  /** Replaces a small file so that after a crash either the old or the new one is there, whole and synced. */
  replaceFile(path: string, bytes: Uint8Array, done: (error?: Error) => void): void;
}
