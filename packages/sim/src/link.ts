/**
 * One direction of a host's line to the middle of the network: a core in spirit, packets in, times out. It knows no host, no
 * timeline and no bytes. Limits of the queue are drop-tail, as in a plain router; latency and jitter keep the order of packets,
 * only `reorder` changes it.
 */
import type { Instant } from '@ferro/core';
import { limits } from './limits.ts';
import type { Random } from './random.ts';

/** What a line is like. A packet passes two of them: out of the sender's, into the receiver's. Left out: perfect. */
export interface Link {
  /** Milliseconds from one end to the other. */
  readonly latency?: number;
  /** Up to so many milliseconds more, differently for each packet. */
  readonly jitter?: number;
  /** Bytes a second. */
  readonly rate?: number;
  /** The part of the packets that gets lost, 0 to 1. */
  readonly loss?: number;
  /** The part of the datagrams that comes twice. */
  readonly duplicate?: number;
  /** The part of the datagrams that is held back for `reorderMs`, so that later ones overtake it. */
  readonly reorder?: number;
  /** Default: 10. */
  readonly reorderMs?: number;
  /** What may wait for a line with a rate; what comes then is lost. Default: 500 ms of its rate. */
  readonly queueMs?: number;
  readonly queueBytes?: number;
  /** Times when everything is lost, at random: so far apart and so long on average. */
  readonly bursts?: { readonly everyMs: number; readonly lengthMs: number };
  /**
   * The longest packet, headers of 28 (IPv4) or 48 (IPv6) bytes included: datagrams that make a longer one are lost, as where
   * fragments are dropped. Default: all pass.
   */
  readonly mtu?: number;
}

/** The time at which a lost packet arrives. */
export const NEVER: Instant = Number.POSITIVE_INFINITY;

export class LinkQueue {
  readonly link: Link;
  readonly #random: Random;
  readonly #bursts: Bursts | undefined;
  #busyUntil: Instant = 0;
  #lastOut: Instant = 0;

  constructor(link: Link, random: Random) {
    this.link = link;
    this.#random = random;
    this.#bursts = link.bursts === undefined ? undefined : new Bursts(link.bursts, random.split('bursts'));
  }

  /** True: when a packet comes out depends on itself alone, so it may be asked ahead of time. */
  get isStateless(): boolean {
    const { rate, jitter, bursts } = this.link;
    return rate === undefined && (jitter ?? 0) === 0 && bursts === undefined;
  }

  /** A datagram of so many bytes, headers included, enters: when it comes out, or NEVER. */
  pass(length: number, now: Instant): Instant {
    const { rate, loss = 0, reorder = 0, reorderMs = 10, queueBytes = NEVER } = this.link;
    const { queueMs = queueBytes === NEVER ? limits.queueMs : NEVER } = this.link;
    if (this.#random.chance(loss) || this.#bursts?.covers(now) === true) return NEVER;
    if (rate !== undefined) {
      const waiting = Math.max(this.#busyUntil - now, 0);
      if (waiting > queueMs || (waiting * rate) / 1000 + length > queueBytes) return NEVER;
    }
    const out = this.#leave(length, now);
    return this.#random.chance(reorder) ? out + reorderMs : out;
  }

  /**
   * A part of a stream enters: it may be many packets, of which one being lost delays all. Queues do not drop it, for a
   * stream watches its own delay and sends less.
   */
  passStream(length: number, now: Instant): Instant {
    const { loss = 0 } = this.link;
    if (this.#bursts?.covers(now) === true) return NEVER;
    if (loss > 0 && this.#random.chance(1 - (1 - loss) ** Math.ceil(length / limits.packetBytes))) return NEVER;
    return this.#leave(length, now);
  }

  /** Whether a datagram comes twice. */
  duplicates(): boolean {
    return this.#random.chance(this.link.duplicate ?? 0);
  }

  #leave(length: number, now: Instant): Instant {
    const { rate, latency = 0, jitter = 0 } = this.link;
    let out = now;
    if (rate !== undefined) {
      this.#busyUntil = Math.max(this.#busyUntil, now) + (length * 1000) / rate;
      out = this.#busyUntil;
    }
    out += latency;
    if (jitter > 0) {
      out = Math.max(out + this.#random.float() * jitter, this.#lastOut);
      this.#lastOut = out;
    }
    return out;
  }
}

/** The times of outage. They depend on the seed alone, not on what is sent. */
class Bursts {
  readonly #model: NonNullable<Link['bursts']>;
  readonly #random: Random;
  #start: Instant;
  #end: Instant;

  constructor(model: NonNullable<Link['bursts']>, random: Random) {
    this.#model = model;
    this.#random = random;
    this.#start = random.interval(model.everyMs);
    this.#end = this.#start + random.interval(model.lengthMs);
  }

  covers(now: Instant): boolean {
    while (now >= this.#end) {
      this.#start = this.#end + Math.max(this.#random.interval(this.#model.everyMs), 1);
      this.#end = this.#start + this.#random.interval(this.#model.lengthMs);
    }
    return now >= this.#start;
  }
}
