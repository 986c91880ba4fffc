/** How streams begin: a call from one machine, somebody who listens on another, and the refusals in between. */
import {
  type Address,
  type Closable,
  canonicalIp,
  type Endpoint,
  type Listener,
  type ListenHandler,
  type StreamHandler,
} from '@ferro/core';
import { limits } from './limits.ts';
import type { Listening } from './machine.ts';
import type { Destination } from './network.ts';
import { StreamEnd, type StreamOwner } from './stream.ts';

/** The packets that open and refuse. */
const KNOCK = 40;

export function connectStream(owner: StreamOwner, to: Address, handler: StreamHandler): StreamEnd {
  const { machine, network } = owner;
  const remote = { ip: canonicalIp(to.ip) ?? to.ip, port: to.port };
  const end = new StreamEnd(owner, remote, () => handler);
  const port = machine.tcp.free();
  const route = port === undefined ? undefined : network.route('tcp', machine, port, remote);
  if (route === undefined) {
    owner.soon(() => end.fail(new Error(`there is no way to ${remote.ip}`)));
    return end;
  }
  const arrived = (at: Destination) => {
    const listening = at.machine.tcp.find(at.to);
    const chosen = listening[at.machine.random.integer(listening.length)];
    if (chosen !== undefined) {
      if (!end.isOver) chosen.accept(end, route.source);
      return;
    }
    const back = { near: machine, find: () => ({ machine, to: route.source }) };
    const refused = () => end.fail(new Error(`${remote.ip}:${remote.port} refuses connections`));
    network.carry(
      { from: at.machine, route: back, length: KNOCK, arrived: refused },
      limits.connectTimeoutMs,
      () => {},
      () => !end.isOver,
    );
  };
  network.carry(
    { from: machine, route, length: KNOCK, arrived },
    limits.connectTimeoutMs,
    () => end.fail(new Error(`nobody answers at ${remote.ip}:${remote.port}`)),
    () => !end.isOver,
  );
  return end;
}

export class SimulatedListener implements Listener, Listening {
  readonly at: Endpoint;
  port = 0;
  readonly #owner: StreamOwner;
  readonly #handler: ListenHandler;
  readonly #closed: () => void;
  readonly #opening: Closable;
  #isListening: boolean;

  /** `closed` is told when it no longer listens. */
  constructor(owner: StreamOwner, at: Endpoint, handler: ListenHandler, closed: () => void) {
    this.at = at.ip === undefined ? at : { ...at, ip: canonicalIp(at.ip) ?? at.ip };
    this.#owner = owner;
    this.#handler = handler;
    this.#closed = closed;
    const { machine } = owner;
    const isOurs = machine.owns(this.at.ip);
    this.#isListening = isOurs && machine.tcp.claim(this);
    this.#opening = owner.soon(() => {
      if (this.#isListening) handler.ready?.(this.local);
      else handler.failed?.(new Error(isOurs ? `port ${at.port} is taken` : `${at.ip} is not ours`));
    });
  }

  get local(): Address {
    return { ip: this.at.ip ?? '::', port: this.port };
  }

  accept(caller: StreamEnd, source: Address): void {
    let handler: StreamHandler | undefined;
    const end = new StreamEnd(this.#owner, source, () => handler!);
    end.join(caller);
    handler = this.#handler.accept(end);
    end.open();
  }

  close(): void {
    if (this.#isListening) this.#owner.machine.tcp.release(this);
    this.#isListening = false;
    this.#opening.close();
    this.#closed();
  }
}
