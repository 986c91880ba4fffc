/**
 * TCP streams. All sockets read into one buffer: a view of it is only lent until receive() returns, so one is enough, and
 * 256 KiB come with one call. For accepted sockets Node has no such option, so it is set from outside; where that fails, their
 * chunks are fresh ones. Chunks are written corked: one vectored write, without a copy.
 */
import { connect, createServer, isIP, type OnReadOpts, type Server, Socket } from 'node:net';
import {
  type Address,
  type Closable,
  canonicalIp,
  type Endpoint,
  type Listener,
  type ListenHandler,
  type Stream,
  type StreamHandler,
} from '@ferro/core';
import { limits } from './limits.ts';

const NOTHING = new Uint8Array(0);

export class Tcp {
  readonly #buffer = new Uint8Array(limits.receiveBytes);
  readonly #bufferAccepted: boolean;
  readonly #open = new Set<Closable>();

  /** `bufferAccepted`: accepted sockets read into the shared buffer too. */
  constructor(bufferAccepted: boolean) {
    this.#bufferAccepted = bufferAccepted;
  }

  connect(to: Address, handler: StreamHandler): Stream {
    const stream = new TcpStream(to, this.#open);
    const valid = isIP(to.ip) !== 0 && to.port >= 0 && to.port <= 65535;
    if (!valid) {
      queueMicrotask(() => stream.fail(handler, new RangeError(`${to.ip} port ${to.port} is no address`)));
      return stream;
    }
    const socket = connect({
      host: to.ip,
      port: to.port,
      allowHalfOpen: true,
      noDelay: true,
      autoSelectFamily: false,
      onread: reading(this.#buffer, (bytes) => {
        if (!stream.closed) handler.receive(bytes);
      }),
    });
    socket.once('connect', () => {
      if (!stream.closed) handler.opened?.(stream);
    });
    stream.use(socket);
    stream.attach(socket, handler);
    return stream;
  }

  listen(at: Endpoint, handler: ListenHandler): Listener {
    const listener = new TcpListener(at, handler, this.#open, this.#bufferAccepted ? this.#buffer : undefined);
    this.#open.add(listener);
    return listener;
  }

  close(): void {
    for (const item of this.#open) item.close();
  }
}

class TcpStream implements Stream {
  readonly remote: Address;
  readonly #open: Set<Closable>;
  #socket: Socket | undefined;
  closed = false;
  paused = false;
  #full = false;

  constructor(remote: Address, open: Set<Closable>) {
    this.remote = remote;
    this.#open = open;
    open.add(this);
  }

  /** The socket under it. It may be written to, or closed, before anybody listens to it. */
  use(socket: Socket): void {
    this.#socket = socket;
  }

  attach(socket: Socket, handler: StreamHandler): void {
    let problem: Error | undefined;
    socket.on('drain', () => {
      if (!this.#full || this.closed) return;
      this.#full = false;
      handler.writable?.();
    });
    socket.once('end', () => {
      if (this.closed) return;
      if (handler.ended === undefined) socket.end();
      else handler.ended();
    });
    socket.on('error', (error) => {
      problem ??= error;
    });
    socket.once('close', () => this.fail(handler, problem));
  }

  /** Tells that the stream is gone, unless we let it go ourselves. */
  fail(handler: StreamHandler, error?: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.#open.delete(this);
    handler.closed(error);
  }

  write(chunks: readonly Uint8Array[], sent?: () => void): boolean {
    const socket = this.#socket;
    if (socket === undefined || this.closed || !socket.writable) return true;
    if (chunks.length === 0) {
      if (sent === undefined) return true;
      return this.write([NOTHING], sent);
    }
    const last = chunks.length - 1;
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i++) socket.write(chunks[i]!);
    if (sent === undefined) socket.write(chunks[last]!);
    else
      socket.write(chunks[last]!, (error) => {
        if (!this.closed && (error === undefined || error === null)) sent();
      });
    if (last > 0) socket.uncork();
    // What the kernel took at once does not count, though it may have been more than Node likes to hold.
    if (socket.writableLength < limits.unsentBytes) return true;
    this.#full = true;
    return false;
  }

  pause(): void {
    this.paused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.paused = false;
    this.#socket?.resume();
  }

  end(): void {
    if (!this.closed) this.#socket?.end();
  }

  close(): void {
    this.closed = true;
    this.#open.delete(this);
    this.#socket?.destroy();
  }
}

class TcpListener implements Listener {
  readonly #server: Server;
  readonly #open: Set<Closable>;
  #local: Address;

  /** `buffer`: what accepted sockets read into, if not each into fresh memory. */
  constructor(at: Endpoint, handler: ListenHandler, open: Set<Closable>, buffer: Uint8Array | undefined) {
    this.#open = open;
    this.#local = { ip: at.ip ?? '::', port: at.port };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (open.has(this)) accept(socket, handler, open, buffer);
      else socket.destroy();
    });
    this.#server.on('error', (error) => {
      // After it listens, an error is one connection that could not be accepted: the next one may be.
      if (this.#server.listening || !open.has(this)) return;
      open.delete(this);
      handler.failed?.(error);
    });
    this.#server.once('listening', () => {
      if (!open.has(this)) return;
      const { address, port } = this.#server.address() as { readonly address: string; readonly port: number };
      this.#local = { ip: canonicalIp(address) ?? address, port };
      handler.ready?.(this.#local);
    });
    // Without an address Node listens on both families, or on the one that there is.
    this.#server.listen({
      port: at.port,
      exclusive: true,
      ...(at.ip === undefined ? {} : { host: at.ip }),
      ...(at.share === true ? { reusePort: true } : {}),
    });
  }

  get local(): Address {
    return this.#local;
  }

  close(): void {
    this.#open.delete(this);
    this.#server.close();
  }
}

function accept(socket: Socket, handler: ListenHandler, open: Set<Closable>, buffer: Uint8Array | undefined): void {
  // Gone before we saw it: there is no address to tell.
  const ip = plainIp(socket.remoteAddress);
  if (ip === undefined) {
    socket.on('error', () => {});
    socket.destroy();
    return;
  }
  const stream = new TcpStream({ ip, port: socket.remotePort ?? 0 }, open);
  let streamHandler: StreamHandler | undefined;
  const receive = (bytes: Uint8Array) => {
    if (!stream.closed) streamHandler?.receive(bytes);
  };
  const buffered = buffer !== undefined && readInto(socket, reading(buffer, receive));
  stream.use(socket);
  streamHandler = handler.accept(stream);
  stream.attach(socket, streamHandler);
  if (stream.closed) return;
  streamHandler.opened?.(stream);
  // A plain view: slice() of a Buffer would not copy, which is what cores mean by it.
  if (!buffered) {
    socket.on('data', (bytes: Buffer) => receive(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)));
  }
  if (!stream.paused) stream.resume();
}

/** Hands on what is read into a shared buffer, as a view that is lent until the call returns. */
function reading(buffer: Uint8Array, receive: (bytes: Uint8Array) => void): OnReadOpts {
  return {
    buffer,
    callback: (length, bytes) => {
      receive(length === bytes.length ? bytes : bytes.subarray(0, length));
      return true;
    },
  };
}

/**
 * Sets on an accepted socket what `onread` sets on an outgoing one. The fields and the handle are no documented part of Node:
 * false where they look different from what is expected, and nothing was changed.
 */
function readInto(socket: Socket, { buffer, callback }: OnReadOpts): boolean {
  const fields = socket as unknown as Record<symbol, unknown> & { readonly _handle?: Handle | null };
  const handle = fields._handle;
  if (BUFFER === undefined || CALLBACK === undefined || typeof handle?.useUserBuffer !== 'function') return false;
  fields[BUFFER] = buffer;
  fields[CALLBACK] = callback;
  handle.useUserBuffer(buffer as Uint8Array);
  return true;
}

interface Handle {
  readonly useUserBuffer?: (buffer: Uint8Array) => void;
}

/** Where a socket keeps the buffer of `onread` and its callback. */
const [BUFFER, CALLBACK] = ['kBuffer', 'kBufferCb'].map((name) =>
  Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === name),
);

/** Without the zone that the system adds to link-local addresses. */
function plainIp(ip: string | undefined): string | undefined {
  return ip === undefined ? undefined : canonicalIp(ip.split('%')[0]!);
}
