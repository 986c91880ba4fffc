/**
 * The middle of the network: who is where, which way a packet takes and when it gets there. Every host has one line to the
 * middle; the hosts behind one NAT are a network of their own in front of it. Nothing here knows what is in a packet.
 */
import { type Address, type AddressFamily, type Closable, familyOf, type Instant, scopeOf } from '@ferro/core';
import { limits } from './limits.ts';
import { NEVER } from './link.ts';
import { isLoopback, type Machine } from './machine.ts';
import type { Nat, Transport } from './nat.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

/** Addresses that can reach each other without a router in between. */
interface Realm {
  readonly nat?: Nat;
  readonly machines: Map<string, Machine>;
}

/** Where something arrives: the machine, and the address by which the machine knows itself. */
export interface Destination {
  readonly machine: Machine;
  readonly to: Address;
}

export interface Route {
  /** The sender as the receiver sees it. */
  readonly source: Address;
  /** Known from the start where no router decides. */
  readonly near: Machine | undefined;
  /** Asked when the packet has reached the middle: routers decide then. */
  readonly find: () => Destination | undefined;
}

export interface Packet {
  readonly from: Machine;
  readonly route: Pick<Route, 'near' | 'find'>;
  readonly length: number;
  /** Part of a stream: queues delay it and do not drop it. */
  readonly stream: boolean;
  readonly arrived: (at: Destination) => void;
  readonly lost: () => void;
}

interface Partition {
  readonly a: ReadonlySet<string>;
  readonly b: ReadonlySet<string>;
  readonly oneWay: boolean;
}

export class Network {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly #internet: Realm = { machines: new Map() };
  readonly #behind = new Map<Nat, Realm>();
  readonly #routers = new Map<string, Nat>();
  readonly #partitions = new Set<Partition>();

  constructor(timeline: Timeline, trace: Trace) {
    this.timeline = timeline;
    this.trace = trace;
  }

  addRouter(nat: Nat): void {
    this.#mustBeFree(this.#internet, nat.ip);
    this.#routers.set(nat.ip, nat);
    this.#behind.set(nat, { nat, machines: new Map() });
  }

  add(machine: Machine): void {
    for (const family of [4, 6] as const) {
      const ip = machine.ipOf(family);
      if (ip === undefined) continue;
      const realm = this.#realmOf(machine, family);
      this.#mustBeFree(realm, ip);
      realm.machines.set(ip, machine);
    }
  }

  /** Until it is closed, nothing passes between the two groups, or nothing from `a` to `b`. */
  cut(a: readonly string[], b: readonly string[], oneWay: boolean): Closable {
    const partition = { a: new Set(a), b: new Set(b), oneWay };
    this.#partitions.add(partition);
    return { close: () => void this.#partitions.delete(partition) };
  }

  /** The way from a port of a machine to an address; undefined where there is none, or the router has no port left. */
  route(transport: Transport, from: Machine, port: number, to: Address): Route | undefined {
    if (isLoopback(to.ip)) return { source: { ip: to.ip, port }, near: from, find: () => ({ machine: from, to }) };
    const family = familyOf(to.ip);
    const ip = from.ipOf(family);
    if (ip === undefined) return undefined;
    const realm = this.#realmOf(from, family);
    const source = { ip, port };
    const near = realm.machines.get(to.ip);
    if (near !== undefined) return { source, near, find: () => ({ machine: near, to }) };
    const { nat } = realm;
    if (nat === undefined) return { source, near: undefined, find: () => this.#enter(transport, source, to) };
    if (scopeOf(to.ip) === 'private') return undefined;
    const publicPort = nat.outbound(transport, source, to, this.timeline.now);
    if (publicPort === undefined) return undefined;
    const seen = { ip: nat.ip, port: publicPort };
    return { source: seen, near: undefined, find: () => this.#enter(transport, seen, to) };
  }

  /** All machines that hear a group to which this machine sends: those of its own network. */
  group(from: Machine, ip: string): readonly Machine[] {
    return [...new Set(this.#realmOf(from, familyOf(ip)).machines.values())].filter(
      (machine) => machine.ipOf(familyOf(ip)) !== undefined,
    );
  }

  /** One attempt. Exactly one of `arrived` and `lost` is called, `arrived` always from the timeline. */
  send(packet: Packet): void {
    const { from, route } = packet;
    const { near } = route;
    const { now } = this.timeline;
    if (!from.isOn) packet.lost();
    else if (near === from) this.timeline.at(now, () => this.#land(packet, route.find()));
    else {
      const out = pass(packet, from.outward, now);
      if (out === NEVER) packet.lost();
      else if (near?.inward.isStateless === true) this.#descend(packet, route.find(), out);
      else this.timeline.at(out, () => this.#descend(packet, route.find(), out));
    }
  }

  /** From the middle, reached at that time, down the receiver's line. */
  #descend(packet: Packet, at: Destination | undefined, reached: Instant): void {
    const arrival = at === undefined ? NEVER : pass(packet, at.machine.inward, reached);
    if (arrival === NEVER) packet.lost();
    else this.timeline.at(arrival, () => this.#land(packet, at));
  }

  #land(packet: Packet, at: Destination | undefined): void {
    if (at === undefined || !at.machine.isOn || this.#isCut(packet.from, at.machine)) packet.lost();
    else packet.arrived(at);
  }

  /**
   * Brings a part of a stream over, however often it takes; it gives up after `timeoutMs`, or when `wanted` says that nobody
   * needs it any more.
   */
  carry(packet: Omit<Packet, 'lost' | 'stream'>, timeoutMs: number, failed: () => void, wanted: () => boolean): void {
    const { timeline, trace } = this;
    const { life } = packet.from;
    const deadline = timeline.now + timeoutMs;
    const usualMs = 2 * ((packet.from.outward.link.latency ?? 0) + (packet.route.near?.inward.link.latency ?? 0)) + 20;
    let waitMs = usualMs;
    const attempt: Packet = { ...packet, stream: true, lost };
    // What is sent again is the one packet that was lost, not all of a long part.
    const again: Packet = { ...attempt, length: Math.min(packet.length, limits.packetBytes) };
    function lost(): void {
      trace.note(timeline.now, 'retry', packet.from.name, packet.route.near?.name, packet.length);
      timeline.at(timeline.now + waitMs, retry);
      waitMs = Math.min(Math.max(2 * waitMs, 200), limits.retryMs);
    }
    const retry = (): void => {
      if (packet.from.life !== life || !wanted()) return;
      if (timeline.now >= deadline) failed();
      else this.send(again);
    };
    this.send(attempt);
  }

  /** From the middle to a machine with a public address, or through a router. */
  #enter(transport: Transport, source: Address, to: Address): Destination | undefined {
    const machine = this.#internet.machines.get(to.ip);
    if (machine !== undefined) return { machine, to };
    const router = this.#routers.get(to.ip);
    const inside = router?.inbound(transport, to.port, source, this.timeline.now);
    if (router === undefined || inside === undefined) return undefined;
    const behind = this.#behind.get(router)?.machines.get(inside.ip);
    return behind === undefined ? undefined : { machine: behind, to: inside };
  }

  #realmOf(machine: Machine, family: AddressFamily): Realm {
    const behind = family === 4 && machine.nat !== undefined ? this.#behind.get(machine.nat) : undefined;
    return behind ?? this.#internet;
  }

  #mustBeFree(realm: Realm, ip: string): void {
    if (realm.machines.has(ip) || (realm.nat === undefined && this.#routers.has(ip))) {
      throw new RangeError(`${ip} is taken`);
    }
  }

  #isCut(from: Machine, to: Machine): boolean {
    for (const { a, b, oneWay } of this.#partitions) {
      if (isIn(from, a) && isIn(to, b)) return true;
      if (!oneWay && isIn(from, b) && isIn(to, a)) return true;
    }
    return false;
  }
}

function pass(packet: Packet, queue: Machine['outward'], now: Instant): Instant {
  return packet.stream ? queue.passStream(packet.length, now) : queue.pass(packet.length, now);
}

function isIn(machine: Machine, group: ReadonlySet<string>): boolean {
  return machine.names.some((name) => group.has(name));
}
