/**
 * What we remember of each address that talks to us (politeness; BEP 5 leaves it open): how many more answers it may have, whether it has proved that it is
 * where it says, the token we gave it. IPv6 addresses count by /64, since one host owns that many. Bounded: the address
 * seen first is forgotten first, and gets a new budget if it comes back.
 */
import { encodeCompact, type Instant } from '@ferro/core';
import { limits } from './limits.ts';
import { networkOf } from './node-id.ts';
import type { Tokens } from './tokens.ts';

export class Visitor {
  /** Queries that may still be answered now. */
  credit: number = limits.queryBurst;
  creditAt: Instant;
  provedUntil: Instant = Number.NEGATIVE_INFINITY;
  /** Pings that its nodes may still cost us, to see whether they deserve a place in the table. */
  #checks = 0;
  #checksUntil: Instant = Number.NEGATIVE_INFINITY;
  #compact: Uint8Array | undefined;
  #compactPort = -1;
  #compactIp = '';
  #token: Uint8Array | undefined;
  #tokenIp = '';
  #tokenEra = -1;

  constructor(now: Instant) {
    this.creditAt = now;
  }

  mayCheck(now: Instant): boolean {
    return now >= this.#checksUntil || this.#checks > 0;
  }

  checked(now: Instant): void {
    if (now >= this.#checksUntil) {
      this.#checks = limits.checksPerAddress;
      this.#checksUntil = now + limits.checkMs;
    }
    this.#checks--;
  }

  /** Its compact address, for the `ip` of an answer (BEP 42). Kept, for askers who ask often. */
  compactAddress(ip: string, port: number): Uint8Array {
    if (this.#compact === undefined || this.#compactPort !== port || this.#compactIp !== ip) {
      this.#compact = encodeCompact({ ip, port });
      this.#compactPort = port;
      this.#compactIp = ip;
    }
    return this.#compact;
  }

  token(ip: string, tokens: Tokens, now: Instant): Uint8Array {
    tokens.rotate(now);
    if (this.#token === undefined || this.#tokenEra !== tokens.era || this.#tokenIp !== ip) {
      this.#token = tokens.tokenFor(ip, now);
      this.#tokenEra = tokens.era;
      this.#tokenIp = ip;
    }
    return this.#token;
  }
}

export class Visitors {
  readonly #rate: number;
  readonly #burst: number;
  readonly #max: number;
  readonly #byIp = new Map<string, Visitor>();

  constructor(options: { readonly perSecond?: number; readonly burst?: number; readonly max?: number } = {}) {
    this.#rate = options.perSecond ?? limits.queriesPerSecond;
    this.#burst = Math.max(options.burst ?? limits.queryBurst, this.#rate);
    this.#max = options.max ?? limits.visitors;
  }

  get size(): number {
    return this.#byIp.size;
  }

  /** The visitor at this address, remembered from now on. */
  at(ip: string, now: Instant): Visitor {
    const key = keyOf(ip);
    let visitor = this.#byIp.get(key);
    if (visitor === undefined) {
      visitor = new Visitor(now);
      visitor.credit = this.#burst;
      this.#byIp.set(key, visitor);
      if (this.#byIp.size > this.#max) this.#byIp.delete(this.#byIp.keys().next().value!);
    }
    return visitor;
  }

  /** Takes `cost` queries from the visitor's budget; false if it has spent it. */
  spend(visitor: Visitor, cost: number, now: Instant): boolean {
    const credit = Math.min(visitor.credit + ((now - visitor.creditAt) * this.#rate) / 1_000, this.#burst);
    visitor.creditAt = now;
    visitor.credit = credit < cost ? credit : credit - cost;
    return credit >= cost;
  }
}

function keyOf(ip: string): string {
  return ip.includes(':') ? networkOf(ip) : ip;
}

/** A budget for everybody together. */
export class Rate {
  readonly #perSecond: number;
  #credit: number;
  #at: Instant;

  constructor(perSecond: number, now: Instant) {
    this.#perSecond = perSecond;
    this.#credit = perSecond;
    this.#at = now;
  }

  spend(now: Instant): boolean {
    this.#credit = Math.min(this.#credit + ((now - this.#at) * this.#perSecond) / 1_000, this.#perSecond);
    this.#at = now;
    if (this.#credit < 1) return false;
    this.#credit--;
    return true;
  }

  /** When the next spend() will succeed. */
  nextAt(now: Instant): Instant {
    if (this.#credit >= 1) return now;
    // Never now: what a rounding error says is due already would be asked for again and again.
    return Math.max(now + 1, this.#at + ((1 - this.#credit) * 1_000) / this.#perSecond);
  }
}
