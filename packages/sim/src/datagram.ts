/** UDP sockets. What a link does to packets it does to each datagram; what arrives at one instant comes as one batch. */
import {
  type Address,
  type Closable,
  canonicalIp,
  type Datagram,
  type DatagramHandler,
  type DatagramSocket,
  type Endpoint,
  familyOf,
  scopeOf,
} from '@ferro/core';
import { limits } from './limits.ts';
import type { Bound, Machine } from './machine.ts';
import type { Destination, Network, Route } from './network.ts';

export interface SocketOwner {
  readonly machine: Machine;
  readonly network: Network;
  soon(run: () => void): Closable;
}

const POISON = 0xa5;

export class SimulatedSocket implements DatagramSocket, Bound {
  readonly at: Endpoint;
  port = 0;
  readonly #owner: SocketOwner;
  readonly #handler: DatagramHandler;
  readonly #closed: () => void;
  readonly #opening: Closable;
  #isBound: boolean;
  #inbox: Datagram[] = [];
  #delivery: Closable | undefined;

  /** `closed` is told when it is no longer bound. */
  constructor(owner: SocketOwner, at: Endpoint, handler: DatagramHandler, closed: () => void) {
    this.at = at.ip === undefined ? at : { ...at, ip: canonicalIp(at.ip) ?? at.ip };
    this.#owner = owner;
    this.#handler = handler;
    this.#closed = closed;
    const isOurs = owner.machine.owns(this.at.ip);
    this.#isBound = isOurs && owner.machine.udp.claim(this);
    this.#opening = owner.soon(() => {
      if (this.#isBound) handler.ready?.(this.local);
      else handler.failed?.(new Error(isOurs ? `port ${at.port} is taken` : `${at.ip} is not ours`));
    });
  }

  get local(): Address {
    return { ip: this.at.ip ?? '::', port: this.port };
  }

  send(datagrams: readonly Datagram[]): void {
    if (!this.#isBound) return;
    for (const { bytes, address } of datagrams) {
      const ip = canonicalIp(address.ip);
      if (ip === undefined || address.port < 1 || address.port > 65_535 || !this.#speaks(ip)) continue;
      if (scopeOf(ip) === 'multicast') this.#sendToGroup(bytes, { ip, port: address.port });
      else this.#send(bytes, { ip, port: address.port });
    }
  }

  arrive(datagram: Datagram): void {
    this.#inbox.push(datagram);
    this.#delivery ??= this.#owner.soon(() => {
      const batch = this.#inbox;
      this.#inbox = [];
      this.#delivery = undefined;
      this.#handler.receive(batch);
      for (const { bytes } of batch) bytes.fill(POISON);
    });
  }

  close(): void {
    if (this.#isBound) this.#owner.machine.udp.release(this);
    this.#isBound = false;
    this.#opening.close();
    this.#delivery?.close();
    this.#closed();
  }

  /** Whether this socket can send to an address of that family. */
  #speaks(ip: string): boolean {
    const own = this.at.ip;
    return own === undefined || own === '::' || familyOf(own) === familyOf(ip);
  }

  #send(bytes: Uint8Array, to: Address): void {
    const { machine, network } = this.#owner;
    const route = network.route('udp', machine, this.port, to);
    if (route === undefined) return;
    this.#pass(bytes, to, route);
    if (machine.outward.duplicates()) this.#pass(bytes, to, route);
  }

  #sendToGroup(bytes: Uint8Array, to: Address): void {
    const { machine, network } = this.#owner;
    const ip = machine.ipOf(familyOf(to.ip));
    if (ip === undefined) return;
    const source = { ip, port: this.port };
    const near = this.at.hops === 0 ? [machine] : network.group(machine, to.ip);
    for (const one of near) {
      this.#pass(bytes, to, { source, near: one, find: () => ({ machine: one, to }) });
    }
  }

  #pass(bytes: Uint8Array, to: Address, { source, near, find }: Route): void {
    const { machine, network } = this.#owner;
    const length = bytes.length + (familyOf(to.ip) === 4 ? 28 : 48);
    const note = (what: string) => network.trace.note(network.timeline.now, what, machine.name, to.ip, bytes.length);
    const lost = () => note('lost');
    if (bytes.length > limits.datagramBytes || length > mtuOf(machine.outward)) {
      lost();
      return;
    }
    const copy = new Uint8Array(bytes);
    const arrived = (at: Destination) => {
      if (at.machine !== machine && length > mtuOf(at.machine.inward)) return lost();
      note('datagram');
      for (const bound of listenersAt(at)) bound.arrive({ bytes: new Uint8Array(copy), address: source });
    };
    network.send({ from: machine, route: { near, find }, length, stream: false, arrived, lost });
  }
}

function mtuOf(queue: Machine['outward']): number {
  return queue.link.mtu ?? Number.POSITIVE_INFINITY;
}

/** A group reaches all who joined it; an address that several sockets share reaches one of them. */
function listenersAt({ machine, to }: Destination): readonly Bound[] {
  if (scopeOf(to.ip) === 'multicast') return machine.udp.on(to.port).filter(({ at }) => at.group === to.ip);
  const bound = machine.udp.find(to);
  return bound.length > 1 ? [bound[machine.random.integer(bound.length)]!] : bound;
}
