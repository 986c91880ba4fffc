/**
 * What one peer says about others, and how much of it is believed (BEP 11, security considerations): so many contacts a message,
 * so many in all, one port for each IP, and only addresses that this peer may speak of.
 */
import { type Address, formatAddress, ProtocolError, scopeOf } from '@ferro/core';
import { limits } from './limits.ts';
import type { PexMessage, PexPeer } from './message.ts';
import type { OwnAddresses } from './own-addresses.ts';
import { mayPass } from './reach.ts';

export interface Heard {
  readonly added: readonly PexPeer[];
  readonly dropped: readonly Address[];
  /** A rule that an honest client does not break. What breaks none was taken all the same. */
  readonly offence: ProtocolError | undefined;
}

export class Hearing {
  readonly #own: OwnAddresses;
  readonly #ip: string;
  /** Whom the peer says that it is connected to: address by host. */
  readonly #named = new Map<string, string>();
  #isFirst = true;

  /** `ip`: that of the peer who speaks. */
  constructor(own: OwnAddresses, ip: string) {
    this.#own = own;
    this.#ip = ip;
  }

  take(message: PexMessage): Heard {
    const most = this.#isFirst ? limits.addedFirst : limits.added;
    const offence = offenceIn(message, this.#isFirst);
    this.#isFirst = false;
    const gone = new Set(message.dropped.map(formatAddress));
    const dropped = message.dropped.filter((address) => this.#forget(address));
    const added = message.added
      .slice(0, most)
      .filter(({ address }) => !gone.has(formatAddress(address)) && this.#believe(address));
    return { added, dropped, offence };
  }

  #believe(address: Address): boolean {
    if (!mayPass(address, this.#ip) || this.#own.has(address)) return false;
    const host = hostOf(address);
    if (this.#named.has(host) || this.#named.size >= limits.contacts) return false;
    this.#named.set(host, formatAddress(address));
    return true;
  }

  #forget(address: Address): boolean {
    const host = hostOf(address);
    return this.#named.get(host) === formatAddress(address) && this.#named.delete(host);
  }
}

/** A second port of one IP may be there to scan a stranger's machine; on our own machine every program has the same IP. */
function hostOf(address: Address): string {
  return scopeOf(address.ip) === 'loopback' ? formatAddress(address) : address.ip;
}

/** What cannot happen to a client that tells of its connections. Deployed ones add a hundred in any message, so that is none. */
function offenceIn({ added, dropped }: PexMessage, isFirst: boolean): ProtocolError | undefined {
  if (!isFirst && added.length > limits.addedFirst) return offence('too-many', `${added.length} contacts added`);
  const keys = new Set(added.map(({ address }) => formatAddress(address)));
  if (keys.size < added.length) return offence('repeated', 'a contact was added twice');
  const both = dropped.find((address) => keys.has(formatAddress(address)));
  if (both !== undefined) return offence('contradiction', `${formatAddress(both)} was added and dropped`);
  const impossible = added.find(({ address }) => isNobodys(address.ip));
  if (impossible !== undefined) return offence('impossible-address', `nobody is at ${impossible.address.ip}`);
  return undefined;
}

/** Nobody has ever been connected to such an address. (Port 0 may be what a third peer has claimed.) */
function isNobodys(ip: string): boolean {
  return ['multicast', 'unspecified', 'reserved'].includes(scopeOf(ip));
}

function offence(what: string, message: string): ProtocolError {
  return new ProtocolError(`ext-pex/${what}`, 'BEP 11, protocol extension', message);
}
