/**
 * A network in memory and in virtual time: links of a rate, a latency, a queue and faults, and nodes on them that run a datagram
 * core. Nothing is real but the order of events, which a seed decides.
 */
import type { Address, Datagram, DatagramCore, Environment } from '@ferro/core';

export interface LinkOptions {
  /** Bytes a millisecond; Infinity: no limit. */
  readonly rate?: number;
  /** Milliseconds one way. */
  readonly latency?: number;
  /** Bytes that wait for the link at most. */
  readonly queue?: number;
  /** Parts of 1. */
  readonly loss?: number;
  readonly duplicate?: number;
  /** Milliseconds by which a packet may come later than others, at random. */
  readonly jitter?: number;
  /** Longer datagrams vanish. */
  readonly mtu?: number;
}

/** What IP and UDP add to each datagram on the wire. */
const HEADERS = 28;

export class Network {
  now = 0;
  readonly #random: () => number;
  readonly #heap: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;

  constructor(seed = 1) {
    this.#random = randomFrom(seed);
  }

  random(): number {
    return this.#random();
  }

  at(when: number, run: () => void): void {
    const heap = this.#heap;
    const entry = { at: Math.max(when, this.now), order: this.#order++, run };
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = entry;
  }

  /** Runs until the time, or until nothing is left to happen, or until `done`. */
  run(until: number, done: () => boolean = () => false): void {
    while (this.#heap.length > 0 && this.#heap[0]!.at <= until && !done()) {
      const next = this.#pop();
      this.now = next.at;
      next.run();
    }
    if (!done() && until !== Number.POSITIVE_INFINITY) this.now = Math.max(this.now, until);
  }

  #pop() {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= heap.length) break;
      const child = left + 1 < heap.length && before(heap[left + 1]!, heap[left]!) ? left + 1 : left;
      if (!before(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    if (heap.length > 0) heap[place] = last;
    return first;
  }
}

function before(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** One direction of a path: what several flows share. */
export class Link {
  readonly #network: Network;
  options: Required<LinkOptions>;
  #freeAt = 0;
  /** Bytes that came out at the far end, IP headers included. */
  carried = 0;
  dropped = 0;

  constructor(network: Network, options: LinkOptions = {}) {
    this.#network = network;
    this.options = {
      rate: Number.POSITIVE_INFINITY,
      latency: 0,
      queue: Number.POSITIVE_INFINITY,
      loss: 0,
      duplicate: 0,
      jitter: 0,
      mtu: 65_535,
      ...options,
    };
  }

  /** Milliseconds that a packet arriving now would wait. */
  get queueing(): number {
    return Math.max(0, this.#freeAt - this.#network.now);
  }

  send(length: number, arrive: () => void): void {
    const { rate, latency, queue, loss, duplicate, jitter, mtu } = this.options;
    const size = length + HEADERS;
    const network = this.#network;
    if (size > mtu || this.queueing * rate + size > queue || (loss > 0 && network.random() < loss)) {
      this.dropped++;
      return;
    }
    this.#freeAt = Math.max(this.#freeAt, network.now) + size / rate;
    const copies = duplicate > 0 && network.random() < duplicate ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const late = jitter > 0 ? network.random() * jitter : 0;
      network.at(this.#freeAt + latency + late, () => {
        this.carried += size;
        arrive();
      });
    }
  }
}

export interface Clock {
  /** Milliseconds that the node's clock is ahead, and by how much it goes too fast (0.0001: 100 parts in a million). */
  readonly ahead?: number;
  readonly fast?: number;
}

/** Runs a core: what driveDatagrams does on a host. */
export class Node<Event> {
  readonly address: Address;
  readonly environment: Environment;
  readonly events: Event[] = [];
  /** Every datagram that came, in order, while `recording`. */
  readonly record: { readonly at: number; readonly from: Address; readonly to: Address; readonly bytes: Uint8Array }[] =
    [];
  recording = false;
  core!: DatagramCore<Event>;
  on: (event: Event) => void = (event) => this.events.push(event);
  readonly #network: Network;
  readonly #clock: Required<Clock>;
  readonly #routes = new Map<string, { readonly link: Link; readonly node: Node<Event> }>();
  #alarmAt = Number.POSITIVE_INFINITY;
  /** Alarms that rang at one moment: a core whose deadline stays in the past would ring for ever. */
  #rang = { at: -1, count: 0 };

  constructor(network: Network, address: Address, clock: Clock = {}, fill?: (bytes: Uint8Array) => void) {
    this.#network = network;
    this.address = address;
    this.#clock = { ahead: 0, fast: 0, ...clock };
    const random = randomFrom(address.port * 7919 + 17);
    this.environment = {
      now: () => this.#clock.ahead + network.now * (1 + this.#clock.fast),
      random: (bytes) => {
        if (fill !== undefined) fill(bytes);
        else for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
      },
    };
  }

  route(to: Node<Event>, link: Link): void {
    this.#routes.set(`${to.address.ip}:${to.address.port}`, { link, node: to });
  }

  receive(datagram: Datagram): void {
    if (this.recording) {
      this.record.push({
        at: this.#network.now,
        from: datagram.address,
        to: this.address,
        bytes: datagram.bytes.slice(),
      });
    }
    for (const event of this.core.receive(datagram)) this.on(event);
    this.flush();
  }

  flush(): void {
    for (const { bytes, address } of this.core.flush()) {
      const route = this.#routes.get(`${address.ip}:${address.port}`);
      if (route === undefined) continue;
      const copy = bytes.slice();
      route.link.send(copy.length, () => route.node.receive({ bytes: copy, address: this.address }));
    }
    this.#setAlarm();
  }

  #setAlarm(): void {
    const when = this.core.deadline;
    if (when >= this.#alarmAt) return;
    this.#alarmAt = when;
    const real = (when - this.#clock.ahead) / (1 + this.#clock.fast);
    const network = this.#network;
    network.at(real + 0.001, () => {
      // An earlier one was set in its place.
      if (this.#alarmAt !== when) return;
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.#rang = { at: network.now, count: network.now - this.#rang.at < 0.01 ? this.#rang.count + 1 : 0 };
      if (this.#rang.count > 1000) throw new Error('a deadline that no tick moves');
      if (this.environment.now() >= this.core.deadline) for (const event of this.core.tick()) this.on(event);
      this.flush();
    });
  }
}

/** A small generator with a good spread (mulberry32): parts of 1. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
