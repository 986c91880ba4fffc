/**
 * A world in virtual time: hosts, links, routers, names, and the one timeline on which all happens. run() is synchronous and
 * takes no real time; settle() is for facades that speak in promises. One seed, one course of events, one trace hash.
 */
import { type Closable, canonicalIp, familyOf, type Instant, sha1, sha256 } from '@ferro/core';
import { type DiskModel, SimulatedDisk } from './disk.ts';
import { SimulatedHost, type World } from './host.ts';
import { limits } from './limits.ts';
import type { Link } from './link.ts';
import { Machine } from './machine.ts';
import type { Hash } from './merkle.ts';
import { Nat, type NatModel } from './nat.ts';
import { Network } from './network.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';
import { type Respond, serveWebsite } from './website.ts';

export interface SimulationOptions {
  readonly seed: number | string;
  /** The line of every host that has none of its own, in both directions. Default: perfect. */
  readonly link?: Link;
  /** Faster hashes than those of the library, for large swarms. */
  readonly sha1?: Hash;
  readonly sha256?: Hash;
  /** How many lines of the trace are kept. */
  readonly traceLines?: number;
}

export interface HostOptions {
  /** One line for both directions, or one for each. */
  readonly link?: Link | { readonly up: Link; readonly down: Link };
  readonly disk?: DiskModel;
  /** The router in front of its IPv4 address. */
  readonly nat?: Nat;
}

export class Simulation {
  readonly trace: Trace;
  readonly #timeline = new Timeline();
  readonly #network: Network;
  readonly #random: Random;
  readonly #link: Link;
  readonly #names = new Map<string, readonly string[]>();
  readonly #world: World;

  constructor(options: SimulationOptions) {
    this.trace = new Trace(options.traceLines ?? limits.traceLines);
    this.#random = new Random(options.seed);
    this.#link = options.link ?? {};
    this.#network = new Network(this.#timeline, this.trace);
    const hashes = { sha1: options.sha1 ?? sha1, sha256: options.sha256 ?? sha256 };
    this.#world = { network: this.#network, names: this.#names, hashes };
  }

  get now(): Instant {
    return this.#timeline.now;
  }

  /** Actions that are still to come. After everything was closed and the last packet has landed: none. */
  get pending(): number {
    return this.#timeline.pending;
  }

  /** A computer with an IPv4 or an IPv6 address, or both. */
  host(address: string | { readonly v4?: string; readonly v6?: string }, options: HostOptions = {}): SimulatedHost {
    const ips = typeof address === 'string' ? [address] : [address.v4, address.v6].filter((ip) => ip !== undefined);
    const known = ips.map((ip) => canonicalIp(ip) ?? '');
    const v4 = known.find((ip) => ip !== '' && familyOf(ip) === 4);
    const v6 = known.find((ip) => ip !== '' && familyOf(ip) === 6);
    if (known.includes('') || (v4 === undefined && v6 === undefined))
      throw new RangeError('a host needs an IP address');
    const { link = this.#link, nat } = options;
    const random = this.#random.split(`host ${nat?.ip ?? ''} ${v4 ?? ''} ${v6 ?? ''}`);
    const machine = new Machine({
      ...(v4 === undefined ? {} : { v4 }),
      ...(v6 === undefined ? {} : { v6 }),
      ...(nat === undefined ? {} : { nat }),
      ...('up' in link ? link : { up: link, down: link }),
      disk: new SimulatedDisk(this.#timeline, random.split('disk'), options.disk ?? {}),
      random,
    });
    this.#network.add(machine);
    return new SimulatedHost(this.#world, machine);
  }

  /** A router with a public address, for hosts behind it. */
  nat(ip: string, model: NatModel): Nat {
    const nat = new Nat(ip, model, this.#random.split(`nat ${ip}`));
    this.#network.addRouter(nat);
    return nat;
  }

  /** From now on the name has these addresses; with none it has none. */
  name(name: string, ips: readonly string[]): void {
    this.#names.set(name.toLowerCase(), ips);
  }

  /**
   * Until it is closed nothing passes between the two groups of addresses, or nothing from `a` to `b`. The address of a router
   * stands for all behind it. Streams wait, and break only when it takes too long.
   */
  partition(a: readonly string[], b: readonly string[], options: { readonly oneWay?: boolean } = {}): Closable {
    this.trace.note(this.now, 'partition', a.join(' '), b.join(' '));
    const cut = this.#network.cut(a, b, options.oneWay === true);
    return {
      close: () => {
        this.trace.note(this.now, 'healed', a.join(' '), b.join(' '));
        cut.close();
      },
    };
  }

  /** A host of its own that answers HTTP requests at an address. */
  serve(ip: string, port: number, respond: Respond, options: HostOptions = {}): Closable {
    return serveWebsite(this.host(ip, options), ip, port, respond);
  }

  /**
   * Lets time pass until that instant, or until the condition holds, which is asked after each action. False: nothing is left
   * to happen, or a virtual day has passed, and the condition still does not hold. Infinity: until nothing is left.
   */
  run(until: Instant | (() => boolean), withinMs: number = limits.runMs): boolean {
    const timeline = this.#timeline;
    if (typeof until === 'function') {
      const limit = timeline.now + withinMs;
      while (!until()) if (!timeline.step(limit)) return false;
      return true;
    }
    const end = until === Number.POSITIVE_INFINITY ? timeline.now + withinMs : until;
    while (timeline.step(end));
    if (until !== Number.POSITIVE_INFINITY) timeline.passTo(until);
    return until !== Number.POSITIVE_INFINITY || timeline.pending === 0;
  }

  /**
   * What a promise becomes, while time passes for it. Between two actions the promises that wait get their turns, always as
   * many, so that the order is always the same. It rejects when nothing is left to happen, or when it takes too long.
   */
  async settle<Value>(promise: PromiseLike<Value>, withinMs: number = limits.settleMs): Promise<Value> {
    let isSettled = false;
    const note = () => {
      isSettled = true;
    };
    promise.then(note, note);
    const limit = this.now + withinMs;
    for (;;) {
      for (let turn = 0; turn < limits.microtasks && !isSettled; turn++) await undefined;
      if (isSettled) return promise;
      if (this.#timeline.step(limit)) continue;
      // The last chance of a chain of promises that is longer than usual.
      for (let turn = 0; turn < 100 * limits.microtasks && !isSettled; turn++) await undefined;
      if (isSettled) return promise;
      if (this.#timeline.next <= limit) continue;
      const why = this.pending === 0 ? 'nothing is left to happen' : `${withinMs} virtual milliseconds have passed`;
      throw new Error(`the promise still waits, but ${why}`);
    }
  }
}
