/**
 * The real world as a Host: Node's sockets, resolver, timers, clock, files and disk workers. It keeps a process alive only while
 * something that was asked of it is open.
 */
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import {
  type Address,
  type Closable,
  canonicalIp,
  type DatagramHandler,
  type DatagramSocket,
  type Endpoint,
  type Host,
  type HttpExchange,
  type HttpHandler,
  type HttpRequest,
  type Instant,
  type Listener,
  type ListenHandler,
  type SlotPool,
  type Storage,
  type StorageLayout,
  type Stream,
  type StreamHandler,
} from '@ferro/core';
import { copyBytes } from './copy.ts';
import { DiskPool } from './disk-pool.ts';
import { readSmallFile, replaceSmallFile } from './files.ts';
import { Http } from './http.ts';
import { limits } from './limits.ts';
import { RandomBytes } from './random.ts';
import { FileStorage } from './storage.ts';
import { Tcp } from './tcp.ts';
import { Timers } from './timer.ts';
import { Udp } from './udp.ts';

export interface NodeHostOptions {
  /** Threads that hash, read and write. Started when there is work. */
  readonly workers?: number;
  /** Files that each of them keeps open. */
  readonly openFiles?: number;
  /** Fills wanted files with zeros before the first piece is written: slow at first, but a full disk is noticed then. */
  readonly preallocate?: boolean;
  /**
   * Accepted sockets read into the buffer that outgoing ones share, which halves what it costs to receive from them. Default
   * true. The way there is no documented part of Node; where a version has it otherwise, they read into fresh memory.
   */
  readonly bufferAccepted?: boolean;
}

export interface NodeHost extends Host, AsyncDisposable {
  /** Lets go of all that is open, without further callbacks. Disk jobs under way are finished first. */
  close(): Promise<void>;
}

export function nodeHost(options: NodeHostOptions = {}): NodeHost {
  return new HostOfNode(options);
}

class HostOfNode implements NodeHost {
  readonly #timers = new Timers();
  readonly #random = new RandomBytes();
  readonly #tcp: Tcp;
  readonly #udp = new Udp();
  readonly #http = new Http();
  readonly #disk: DiskPool;
  readonly #preallocate: boolean;
  /** The last replacement of each file under way: the last one asked for is the one that stays. */
  readonly #replacements = new Map<string, Promise<void>>();

  constructor(options: NodeHostOptions) {
    const workers = options.workers ?? Math.min(limits.workers, availableParallelism());
    this.#tcp = new Tcp(options.bufferAccepted ?? true);
    this.#disk = new DiskPool(workers, options.openFiles ?? limits.openFiles);
    this.#preallocate = options.preallocate ?? false;
  }

  now(): Instant {
    return performance.now();
  }

  random(bytes: Uint8Array): void {
    this.#random.fill(bytes);
  }

  copy(from: Uint8Array, into: Uint8Array, at: number): void {
    copyBytes(from, into, at);
  }

  at(when: Instant, run: () => void): Closable {
    return this.#timers.at(when, run);
  }

  resolve(name: string, done: (answer: readonly string[] | Error) => void): Closable {
    let closed = false;
    const answer = (result: readonly string[] | Error) => {
      if (!closed) done(result);
    };
    if (isIP(name) !== 0) queueMicrotask(() => answer([canonicalIp(name) ?? name]));
    else
      lookup(name, { all: true }, (error, found) => {
        const ips = new Set((error === null ? found : []).map(({ address }) => canonicalIp(address.split('%')[0]!)));
        ips.delete(undefined);
        if (ips.size === 0) answer(error ?? new Error(`${name} has no address`));
        else answer([...(ips as Set<string>)].slice(0, limits.addressesOfName));
      });
    return {
      close: () => {
        closed = true;
      },
    };
  }

  connect(to: Address, handler: StreamHandler): Stream {
    return this.#tcp.connect(to, handler);
  }

  listen(at: Endpoint, handler: ListenHandler): Listener {
    return this.#tcp.listen(at, handler);
  }

  bind(at: Endpoint, handler: DatagramHandler): DatagramSocket {
    return this.#udp.bind(at, handler);
  }

  http(request: HttpRequest, handler: HttpHandler): HttpExchange {
    return this.#http.get(request, handler);
  }

  storage(layout: StorageLayout, slots: SlotPool): Storage {
    return new FileStorage(layout, slots, this.#disk, this.#preallocate);
  }

  readFile(path: string, limit: number, done: (answer: Uint8Array | undefined | Error) => void): void {
    readSmallFile(path, limit).then(done, done);
  }

  replaceFile(path: string, bytes: Uint8Array, done: (error?: Error) => void): void {
    const own = bytes.slice();
    const before = this.#replacements.get(path) ?? Promise.resolve();
    const now = before
      .then(() => replaceSmallFile(path, own))
      .finally(() => {
        if (this.#replacements.get(path) === over) this.#replacements.delete(path);
      });
    // What comes after waits for the end of this one, good or bad.
    const over = now.catch(() => {});
    this.#replacements.set(path, over);
    now.then(() => done(), done);
  }

  async close(): Promise<void> {
    this.#timers.close();
    this.#tcp.close();
    this.#udp.close();
    this.#http.close();
    await Promise.all(this.#replacements.values());
    await this.#disk.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
