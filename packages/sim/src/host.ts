/**
 * A process on a simulated machine: the Host that code under test sees. It can be killed like any process, and its machine can
 * lose power; nothing of a dead process is ever called again, and restart() gives a new one on the same machine.
 */
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
import { connectStream, SimulatedListener } from './connect.ts';
import { SimulatedSocket } from './datagram.ts';
import { DiskError, type SimulatedDisk } from './disk.ts';
import { SimulatedExchange } from './http.ts';
import { limits } from './limits.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import { type Hashes, SimulatedStorage } from './storage.ts';
import type { StreamEnd } from './stream.ts';

/** What all hosts of one simulation share. */
export interface World {
  readonly network: Network;
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly hashes: Hashes;
}

export class SimulatedHost implements Host {
  readonly machine: Machine;
  readonly network: Network;
  readonly ends: Set<StreamEnd> = new Set();
  readonly #world: World;
  readonly #random: Random;
  readonly #timers = new Set<Closable>();
  readonly #sockets = new Set<Closable>();
  #isAlive = true;

  constructor(world: World, machine: Machine) {
    this.#world = world;
    this.network = world.network;
    this.machine = machine;
    this.#random = machine.random.split(`process ${machine.life}`);
  }

  /** Its IPv4 address, or the IPv6 one where there is no other. */
  get ip(): string {
    return (this.machine.v4 ?? this.machine.v6)!;
  }

  get disk(): SimulatedDisk {
    return this.machine.disk;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  now(): Instant {
    return this.network.timeline.now;
  }

  copy(from: Uint8Array, into: Uint8Array, at: number): void {
    into.set(from, at);
  }

  random(bytes: Uint8Array): void {
    this.#random.fill(bytes);
  }

  at(when: Instant, run: () => void): Closable {
    if (!this.#isAlive) return { close: () => {} };
    const timer = this.network.timeline.at(when, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return {
      close: () => {
        this.#timers.delete(timer);
        timer.close();
      },
    };
  }

  /** As soon as possible, but not from inside this call. */
  soon(run: () => void): Closable {
    return this.at(this.now(), run);
  }

  resolve(name: string, done: (answer: readonly string[] | Error) => void): Closable {
    const ip = canonicalIp(name);
    if (ip !== undefined) return this.soon(() => done([ip]));
    return this.at(this.now() + limits.resolveMs, () => {
      const ips = this.#world.names.get(name.toLowerCase()) ?? [];
      done(ips.length > 0 ? ips : new Error(`nobody is called ${name}`));
    });
  }

  connect(to: Address, handler: StreamHandler): Stream {
    const end = connectStream(this, to, handler);
    if (!this.#isAlive) end.vanish();
    return end;
  }

  listen(at: Endpoint, handler: ListenHandler): Listener {
    const listener: SimulatedListener = new SimulatedListener(this, at, handler, () => this.#sockets.delete(listener));
    this.#sockets.add(listener);
    if (!this.#isAlive) listener.close();
    return listener;
  }

  bind(at: Endpoint, handler: DatagramHandler): DatagramSocket {
    const socket: SimulatedSocket = new SimulatedSocket(this, at, handler, () => this.#sockets.delete(socket));
    this.#sockets.add(socket);
    if (!this.#isAlive) socket.close();
    return socket;
  }

  http(request: HttpRequest, handler: HttpHandler): HttpExchange {
    return new SimulatedExchange(this, request, handler);
  }

  storage(layout: StorageLayout, slots: SlotPool): Storage {
    return new SimulatedStorage(this.disk, (when, run) => this.at(when, run), layout, slots, this.#world.hashes);
  }

  readFile(path: string, limit: number, done: (answer: Uint8Array | undefined | Error) => void): void {
    const work = (): Uint8Array | undefined => {
      const length = this.disk.stamp(path)?.length;
      if (length === undefined) return undefined;
      if (length > limit) throw new DiskError('io', `${path} has ${length} bytes, more than ${limit}`);
      const bytes = new Uint8Array(length);
      this.disk.readAt(path, 0, bytes);
      return bytes;
    };
    this.disk.job((when, run) => this.at(when, run), this.disk.stamp(path)?.length ?? 0, work, done);
  }

  replaceFile(path: string, bytes: Uint8Array, done: (error?: Error) => void): void {
    this.disk.job(
      (when, run) => this.at(when, run),
      bytes.length,
      () => this.disk.replace(path, bytes),
      (result) => done(result instanceof DiskError ? result : undefined),
    );
  }

  /**
   * The process ends at once. `killed`: the system lives, resets the streams and keeps what was written. `power`: the machine
   * goes silent, and what was not synced may be lost or torn.
   */
  crash(how: 'killed' | 'power' = 'power'): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.network.trace.note(this.now(), how, this.machine.name);
    for (const timer of [...this.#timers]) timer.close();
    this.#timers.clear();
    for (const end of [...this.ends]) how === 'killed' ? end.close() : end.vanish();
    for (const socket of [...this.#sockets]) socket.close();
    if (how === 'killed') return;
    this.machine.isOn = false;
    this.machine.life++;
    this.disk.crash();
  }

  /** A new process on the machine, with the same addresses and what the disk has kept. The old one stays dead. */
  restart(): SimulatedHost {
    if (this.#isAlive) throw new RangeError('the process is still alive');
    this.machine.isOn = true;
    this.machine.life++;
    this.network.trace.note(this.now(), 'restarted', this.machine.name);
    return new SimulatedHost(this.#world, this.machine);
  }
}
