/**
 * The addresses that a torrent knows: which to connect to next (fewest failures, then BEP 40's canonical priority), when to
 * try again, and who is banned. Bounded: beyond the limit the least promising are forgotten.
 */
import { type Address, compareBytes, concatBytes, formatAddress, type Instant, parseIp } from '@ferro/core';
import { crc32c } from './crc32c.ts';
import { limits } from './limits.ts';
import type { Transport } from './peer.ts';

export type PeerSource = 'given' | 'tracker' | 'dht' | 'pex' | 'lsd' | 'incoming';

export interface KnownPeer {
  readonly address: Address;
  readonly source: PeerSource;
  failures: number;
  /** Not before. */
  retryAt: Instant;
  connected: boolean;
  /** What worked last, or is to be tried first since the other did not. */
  transport?: Transport;
  /** A seed is of no use to a seed. */
  seed: boolean;
}

export class PeerList {
  readonly #known = new Map<string, KnownPeer>();
  /** By IP: a liar that changes its port is the same liar. */
  readonly #banned = new Map<string, Instant>();
  /** Our own address as others see it, for BEP 40; undefined until somebody told us. */
  own: Address | undefined;

  get size(): number {
    return this.#known.size;
  }

  get(address: Address): KnownPeer | undefined {
    return this.#known.get(formatAddress(address));
  }

  /** Returns whether the address is new. Impossible and banned ones are refused. */
  add(address: Address, source: PeerSource, now: Instant): boolean {
    const key = formatAddress(address);
    const known = this.#known.get(key);
    if (known !== undefined) {
      // What somebody gives by hand is meant for now.
      if (source === 'given') Object.assign(known, { failures: 0, retryAt: now });
      return false;
    }
    if (address.port === 0 || this.isBanned(address.ip, now)) return false;
    if (source === 'pex' && this.#portsOf(address.ip) >= limits.exchangedPorts) return false;
    if (this.#known.size >= limits.knownAddresses && !this.#forgetOne()) return false;
    this.#known.set(key, { address, source, failures: 0, retryAt: now, connected: false, seed: false });
    return true;
  }

  /** The address to try next, or undefined if none is due. */
  next(now: Instant, skipSeeds: boolean): KnownPeer | undefined {
    let best: KnownPeer | undefined;
    for (const peer of this.#known.values()) {
      if (peer.connected || peer.retryAt > now || (skipSeeds && peer.seed) || this.isBanned(peer.address.ip, now))
        continue;
      if (best === undefined || this.#better(peer, best)) best = peer;
    }
    return best;
  }

  /** When the next waiting address is due; Infinity if none waits. */
  nextAt(now: Instant): Instant {
    let when = Number.POSITIVE_INFINITY;
    for (const peer of this.#known.values()) {
      if (!peer.connected && peer.retryAt > now && peer.retryAt < when) when = peer.retryAt;
    }
    return when;
  }

  failed(peer: KnownPeer, now: Instant): void {
    peer.connected = false;
    peer.failures++;
    peer.retryAt = now + limits.retryMs * 2 ** (peer.failures - 1);
    if (peer.failures >= limits.connectFailures) this.#known.delete(formatAddress(peer.address));
  }

  /** It is worth another try now. */
  again(peer: KnownPeer, now: Instant): void {
    peer.connected = false;
    peer.retryAt = now;
  }

  /** A connection that had worked has ended. */
  ended(peer: KnownPeer, now: Instant): void {
    peer.connected = false;
    peer.failures = 0;
    peer.retryAt = now + limits.retryMs;
  }

  forget(address: Address): void {
    this.#known.delete(formatAddress(address));
  }

  /** Forgets the rest. */
  keep(wanted: (peer: KnownPeer) => boolean): void {
    for (const [key, peer] of this.#known) if (!wanted(peer)) this.#known.delete(key);
  }

  ban(ip: string, now: Instant): void {
    if (this.#banned.size >= limits.bans) this.#banned.delete(this.#banned.keys().next().value!);
    this.#banned.set(ip, now + limits.banMs);
  }

  isBanned(ip: string, now: Instant): boolean {
    const until = this.#banned.get(ip);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#banned.delete(ip);
    return false;
  }

  get bannedCount(): number {
    return this.#banned.size;
  }

  #portsOf(ip: string): number {
    let count = 0;
    for (const { address } of this.#known.values()) if (address.ip === ip) count++;
    return count;
  }

  #better(a: KnownPeer, b: KnownPeer): boolean {
    if (a.failures !== b.failures) return a.failures < b.failures;
    if (this.own === undefined) return false;
    return canonicalPriority(this.own, a.address) > canonicalPriority(this.own, b.address);
  }

  #forgetOne(): boolean {
    let worst: KnownPeer | undefined;
    for (const peer of this.#known.values()) {
      if (peer.connected || peer.source === 'given') continue;
      if (worst === undefined || peer.failures > worst.failures) worst = peer;
    }
    return worst !== undefined && this.#known.delete(formatAddress(worst.address));
  }
}

/** BEP 40: the same number at both ends, and hard to choose. Addresses of two families have none. */
export function canonicalPriority(a: Address, b: Address): number {
  const first = parseIp(a.ip);
  const second = parseIp(b.ip);
  if (first === undefined || first.length !== second?.length) return 0;
  const shared = first.findIndex((byte, i) => byte !== second[i]);
  const parts = shared === -1 ? [portBytes(a.port), portBytes(b.port)] : [mask(first, shared), mask(second, shared)];
  return crc32c(concatBytes(parts.sort(compareBytes)));
}

/** The less two addresses share, the fewer of their bits count: a block of neighbours is worth little more than one of them. */
function mask(ip: Uint8Array, shared: number): Uint8Array {
  const always = ip.length === 4 ? 2 : 6;
  const whole = shared < always ? always : shared + 1;
  return ip.map((byte, i) => (i < whole ? byte : byte & 0x55));
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port);
}
