/**
 * One UDP port a family for three protocols. The first byte says whose a datagram is: a bencoded dictionary is the DHT's
 * (BEP 5), version 1 with a known type is uTP's (BEP 29), and what is left can only be a tracker's answer, which begins with
 * zeros (BEP 15). Each core is fed, flushed once at the end of the step, and ticked when its deadline comes.
 */
import {
  type Address,
  type AddressFamily,
  type Datagram,
  type DatagramCore,
  type DatagramSocket,
  type Endpoint,
  familyOf,
  scopeOf,
} from '@ferro/core';
import type { Due, Engine } from './engine.ts';

type TenantName = 'dht' | 'utp' | 'tracker';

/** By the first byte alone; what is empty or odd goes to the core that answers nothing. */
export function tenantOf(bytes: Uint8Array): TenantName {
  const first = bytes[0] ?? 0;
  if (first === 0x64) return 'dht';
  return (first & 15) === 1 && first >> 4 <= 4 ? 'utp' : 'tracker';
}

const ANY: Readonly<Record<AddressFamily, string>> = { 4: '0.0.0.0', 6: '::' };

/** A core on the port. */
class Tenant<Event> implements Due {
  readonly core: DatagramCore<Event>;
  readonly #on: (events: readonly Event[]) => void;
  /** All that arrived together has been given to the core. */
  readonly delivered: () => void;
  readonly #touch: () => void;

  constructor(
    core: DatagramCore<Event>,
    on: (events: readonly Event[]) => void,
    delivered: () => void,
    touch: (tenant: Due) => void,
  ) {
    this.core = core;
    this.#on = on;
    this.delivered = delivered;
    this.#touch = () => touch(this);
  }

  receive(datagram: Datagram): void {
    this.#hand(this.core.receive(datagram));
  }

  due(): void {
    this.#hand(this.core.tick());
    this.delivered();
  }

  #hand(events: readonly Event[]): void {
    if (events.length > 0) this.#on(events);
    this.#touch();
  }
}

export class Demux {
  readonly #engine: Engine;
  readonly #tenants = new Map<TenantName, Tenant<never>>();
  readonly #touched = new Set<Tenant<never>>();
  readonly #sockets = new Map<AddressFamily, DatagramSocket>();
  /** For trackers that the shared ports do not reach: what is listened at one address does not speak to all others. */
  readonly #spare = new Map<AddressFamily, DatagramSocket>();
  /** Before the ports are there, cores keep what they have to say. */
  #isOpen = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Gives a core its part of what arrives; `delivered` is called when all that arrived together has been given. The result is to
   * be called after each command to the core.
   */
  add<Event>(
    name: TenantName,
    core: DatagramCore<Event>,
    on: (events: readonly Event[]) => void,
    delivered: () => void = () => {},
  ): () => void {
    const tenant = new Tenant(core, on, delivered, (changed) => this.#touched.add(changed as Tenant<never>));
    this.#tenants.set(name, tenant as unknown as Tenant<never>);
    return () => void this.#touched.add(tenant as unknown as Tenant<never>);
  }

  /** Binds a port for these families. `done` comes once, in a step. */
  bind(at: Endpoint, families: readonly AddressFamily[], done: (result: Address | Error) => void): void {
    const socket = this.#open(at, done, (datagram) => this.#tenants.get(tenantOf(datagram.bytes))?.receive(datagram));
    for (const family of families) this.#sockets.set(family, socket);
  }

  /** The ports are there, or are known not to be. */
  open(): void {
    this.#isOpen = true;
  }

  /** Families that we have a port for. */
  get families(): readonly AddressFamily[] {
    return [...this.#sockets.keys()].sort();
  }

  /** Our port, for those of that family; 0 if there is none. */
  port(family: AddressFamily): number {
    return this.#sockets.get(family)?.local.port ?? 0;
  }

  /** Something may have to be sent at the end of this step. */
  get isTouched(): boolean {
    return this.#isOpen && this.#touched.size > 0;
  }

  flush(): void {
    const trackers = this.#tenants.get('tracker');
    for (const tenant of this.#touched) {
      const datagrams = tenant.core.flush();
      if (datagrams.length > 0) this.#send(datagrams, tenant === trackers);
      if (!this.#engine.closed) this.#engine.deadlines.set(tenant, tenant.core.deadline);
    }
    this.#touched.clear();
  }

  close(): void {
    if (this.isTouched) this.flush();
    for (const socket of [...this.#sockets.values(), ...this.#spare.values()]) socket.close();
    this.#sockets.clear();
    this.#spare.clear();
    this.#tenants.clear();
  }

  #open(at: Endpoint, done: (result: Address | Error) => void, receive: (datagram: Datagram) => void): DatagramSocket {
    const engine = this.#engine;
    const socket: DatagramSocket = engine.host.bind(at, {
      ready: (local) => engine.step(() => done(local)),
      failed: (error) =>
        engine.step(() => {
          for (const [family, other] of this.#sockets) if (other === socket) this.#sockets.delete(family);
          done(error);
        }),
      receive: (datagrams) =>
        engine.step(() => {
          for (const datagram of datagrams) if (!engine.closed) receive(datagram);
          for (const tenant of this.#tenants.values()) tenant.delivered();
        }),
    });
    return socket;
  }

  #send(datagrams: readonly Datagram[], mayAnywhere: boolean): void {
    const [v4, v6] = [this.#sockets.get(4), this.#sockets.get(6)];
    if (!mayAnywhere && v4 === v6) {
      v4?.send(datagrams);
      return;
    }
    for (const family of [4, 6] as const) {
      const own = datagrams.filter(({ address }) => familyOf(address.ip) === family);
      if (own.length === 0) continue;
      const socket = this.#sockets.get(family);
      if (!mayAnywhere) socket?.send(own);
      else for (const datagram of own) this.#reaching(socket, family, datagram.address).send([datagram]);
    }
  }

  /** The shared port, or one for trackers only. */
  #reaching(socket: DatagramSocket | undefined, family: AddressFamily, to: Address): DatagramSocket {
    const isHere = ({ ip }: Address) => scopeOf(ip) === 'loopback';
    if (socket !== undefined && (!isHere(socket.local) || isHere(to))) return socket;
    let spare = this.#spare.get(family);
    if (spare === undefined) {
      const take = (datagram: Datagram) => this.#tenants.get('tracker')?.receive(datagram);
      spare = this.#open({ ip: ANY[family], port: 0 }, () => {}, take);
      this.#spare.set(family, spare);
    }
    return spare;
  }
}
