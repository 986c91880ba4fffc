/**
 * Peer exchange on one connection (BEP 11): tells this peer at most once a minute who has joined and left since, and reports
 * what it tells us. Attach it to no connection of a private torrent (BEP 27).
 *
 * The rule of use: inputs return events, commands return values, output waits to be flushed.
 */
import { type Address, type Environment, formatAddress, type Instant, ProtocolError } from '@ferro/core';
import type { Extension } from '@ferro/wire';
import { Conduct, type IgnoredEvent } from './conduct.ts';
import { Hearing } from './hearing.ts';
import { limits } from './limits.ts';
import { decodePexMessage, encodePexMessage, type PexPeer } from './message.ts';
import type { OwnAddresses } from './own-addresses.ts';
import { Pace } from './pace.ts';
import type { PexRoster } from './roster.ts';
import { Telling } from './telling.ts';

export type PexEvent =
  /** The peer is connected to these, and to those no more. At least one list is not empty. */
  { readonly type: 'peers'; readonly added: readonly PexPeer[]; readonly dropped: readonly Address[] } | IgnoredEvent;

const NEVER: Instant = Number.POSITIVE_INFINITY;

export class PexExtension implements Extension<'ut_pex', PexEvent> {
  readonly name = 'ut_pex';
  readonly #environment: Environment;
  readonly #roster: PexRoster;
  readonly #telling: Telling;
  readonly #hearing: Hearing;
  readonly #pace = new Pace(limits.intervalMs, limits.burst);
  readonly #conduct = new Conduct();
  /** How the peer itself stands in the roster. */
  #self: PexPeer | undefined;
  #supported = false;
  /** When there is next a look at what to tell; `undefined` before the peer has said that it listens. */
  #lookAt: Instant | undefined;
  #output: Uint8Array | undefined;

  /** `remoteIp`: the far end of the connection. */
  constructor(environment: Environment, roster: PexRoster, own: OwnAddresses, remoteIp: string) {
    this.#environment = environment;
    this.#roster = roster;
    this.#telling = new Telling(roster, remoteIp);
    this.#hearing = new Hearing(own, remoteIp);
  }

  /** The peer is one to tell others of from now on, as this contact; again, when something about it has changed. */
  join(peer: PexPeer): void {
    const before = this.#self;
    if (before !== undefined && formatAddress(before.address) !== formatAddress(peer.address)) this.leave();
    this.#self = peer;
    this.#roster.add(peer);
  }

  /**
   * The connection has ended. `stillThere`: by us, and for one of the reasons for which others may still be told of the peer: it
   * is connected to us twice, or neither side can have anything for the other, or we have too many connections.
   */
  leave(stillThere = false): void {
    if (this.#self !== undefined) this.#roster.remove(this.#self, stillThere);
    this.#self = undefined;
  }

  get deadline(): Instant {
    return this.#supported ? (this.#lookAt ?? NEVER) : NEVER;
  }

  offer(): Record<string, never> {
    return {};
  }

  accept(): readonly PexEvent[] {
    this.#supported = true;
    this.#lookAt ??= this.#environment.now() + limits.firstMs;
    return [];
  }

  withdraw(): void {
    this.#supported = false;
  }

  receive(payload: Uint8Array): readonly PexEvent[] {
    if (!this.#pace.take(this.#environment.now())) {
      const reason = new ProtocolError('ext-pex/too-frequent', 'BEP 11, protocol extension', 'more than one a minute');
      return [this.#conduct.offence(reason)];
    }
    const { added, dropped, offence } = this.#hearing.take(decodePexMessage(payload));
    const events: PexEvent[] = added.length + dropped.length > 0 ? [{ type: 'peers', added, dropped }] : [];
    if (offence === undefined) this.#conduct.good();
    else events.push(this.#conduct.offence(offence));
    return events;
  }

  tick(): readonly PexEvent[] {
    const now = this.#environment.now();
    if (now < this.deadline) return [];
    this.#lookAt = now + limits.lookMs;
    // While one waits to be sent, there is no second.
    if (this.#output !== undefined) return [];
    const message = this.#telling.next(this.#self && formatAddress(this.#self.address));
    if (message !== undefined) this.#output = encodePexMessage(message);
    return [];
  }

  flush(): readonly Uint8Array[] {
    const output = this.#output;
    if (output === undefined) return [];
    this.#output = undefined;
    // Counted from when it leaves: behind a full stream it may have waited.
    this.#lookAt = this.#environment.now() + limits.intervalMs;
    return [output];
  }
}
