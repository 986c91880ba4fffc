/**
 * Hole punching on one connection (BEP 55): asks this peer to introduce us to others, reports when somebody is to be connected
 * to over uTP, and when this peer asks to be introduced. Whom we introduce to whom is decided in relay.ts.
 *
 * The rule of use: inputs return events, commands return values, output waits to be flushed.
 */
import { type Address, Deadlines, type Environment, formatAddress, type Instant, ProtocolError } from '@ferro/core';
import { decodeHolepunch, type Extension, encodeHolepunch, type HolepunchError } from '@ferro/wire';
import { Conduct, type IgnoredEvent } from './conduct.ts';
import { limits } from './limits.ts';
import type { OwnAddresses } from './own-addresses.ts';
import { Pace } from './pace.ts';
import { mayPass } from './reach.ts';

export type HolepunchEvent =
  /** Connect to this address over uTP, now: it does the same. Not if we are connected to it, or do not want to be. */
  | { readonly type: 'connect'; readonly address: Address; readonly asked: boolean }
  /** The introduction that we asked for will not come. */
  | { readonly type: 'failed'; readonly address: Address; readonly reason: HolepunchError | number | 'timeout' }
  /** The peer wants to be introduced: give this to HolepunchRelay.introduce(). */
  | { readonly type: 'rendezvous'; readonly target: Address }
  | IgnoredEvent;

const SPEC = 'BEP 55, protocol extension';

export class HolepunchExtension implements Extension<'ut_holepunch', HolepunchEvent> {
  readonly name = 'ut_holepunch';
  readonly #environment: Environment;
  readonly #own: OwnAddresses;
  readonly #remoteIp: string;
  readonly #asked = new Deadlines<string>();
  readonly #targets = new Map<string, Address>();
  /** Introductions that it asks us for, those that it sends us to, and those that it suffers by us. */
  readonly #paces = { rendezvous: newPace(), connect: newPace(), introduction: newPace() };
  readonly #conduct = new Conduct();
  #supported = false;
  #output: Uint8Array[] = [];

  /** `remoteIp`: the far end of the connection. */
  constructor(environment: Environment, own: OwnAddresses, remoteIp: string) {
    this.#environment = environment;
    this.#own = own;
    this.#remoteIp = remoteIp;
  }

  /** The peer takes part. */
  get supported(): boolean {
    return this.#supported;
  }

  get deadline(): Instant {
    return this.#asked.next;
  }

  /** Asks the peer to introduce us; a `connect` or `failed` event follows. False: it cannot be asked, or not now. */
  rendezvous(target: Address): boolean {
    const key = formatAddress(target);
    if (!this.#supported || this.#asked.size >= limits.rendezvousOut || this.#targets.has(key)) return false;
    this.#asked.set(key, this.#environment.now() + limits.rendezvousMs);
    this.#targets.set(key, target);
    this.#output.push(encodeHolepunch({ type: 'rendezvous', address: target }));
    return true;
  }

  /** For HolepunchRelay: whether the peer may be bothered with one more introduction. */
  mayBeIntroduced(): boolean {
    return this.#paces.introduction.take(this.#environment.now());
  }

  /** For HolepunchRelay: connect to this one. */
  introduce(address: Address): void {
    this.#output.push(encodeHolepunch({ type: 'connect', address }));
  }

  /** For HolepunchRelay: what the peer asked for cannot be. */
  refuse(address: Address, error: HolepunchError): void {
    this.#output.push(encodeHolepunch({ type: 'error', address, error }));
  }

  offer(): Record<string, never> {
    return {};
  }

  accept(): readonly HolepunchEvent[] {
    this.#supported = true;
    return [];
  }

  withdraw(): void {
    this.#supported = false;
    this.#output = [];
  }

  receive(payload: Uint8Array): readonly HolepunchEvent[] {
    // Who does not say that it takes part gets no answer (BEP 55, implementation notes).
    if (!this.#supported) return [];
    const message = decodeHolepunch(payload);
    if (message.type === 'error') {
      return this.#settle(message.address) ? [{ type: 'failed', address: message.address, reason: message.error }] : [];
    }
    return [message.type === 'rendezvous' ? this.#hearRendezvous(message.address) : this.#hearConnect(message.address)];
  }

  tick(): readonly HolepunchEvent[] {
    const events: HolepunchEvent[] = [];
    const now = this.#environment.now();
    for (let key = this.#asked.takeDue(now); key !== undefined; key = this.#asked.takeDue(now)) {
      const address = this.#targets.get(key)!;
      this.#targets.delete(key);
      events.push({ type: 'failed', address, reason: 'timeout' });
    }
    return events;
  }

  flush(): readonly Uint8Array[] {
    const output = this.#output;
    if (output.length > 0) this.#output = [];
    return output;
  }

  #hearRendezvous(target: Address): HolepunchEvent {
    if (!this.#paces.rendezvous.take(this.#environment.now())) return this.#tooMany('rendezvous');
    this.#conduct.good();
    return { type: 'rendezvous', target };
  }

  /** A peer in the middle could send us anywhere: it is believed as far as in peer exchange. */
  #hearConnect(address: Address): HolepunchEvent {
    const asked = this.#settle(address);
    if (!this.#paces.connect.take(this.#environment.now())) return this.#tooMany('connect');
    if (!mayPass(address, this.#remoteIp) || this.#own.has(address)) {
      const reason = new ProtocolError('ext-pex/holepunch-target', SPEC, `sent to ${formatAddress(address)}`);
      return this.#conduct.offence(reason);
    }
    this.#conduct.good();
    return { type: 'connect', address, asked };
  }

  #tooMany(what: string): HolepunchEvent {
    return this.#conduct.offence(new ProtocolError('ext-pex/holepunch-flood', SPEC, `too many ${what} messages`));
  }

  /** False if we did not ask for it. */
  #settle(address: Address): boolean {
    const key = formatAddress(address);
    this.#asked.clear(key);
    return this.#targets.delete(key);
  }
}

function newPace(): Pace {
  return new Pace(limits.introductionMs, limits.introductions);
}
