/**
 * A tracker: an HTTP port, a UDP port, or both, over one store of swarms, on any host (BEP 3, trackers; BEP 15; BEP 48). It keeps
 * running whatever clients and stores do; what an operator should know comes as events.
 */
import type { Address, Endpoint, Host, Instant } from '@ferro/core';
import { AccessList } from './access-list.ts';
import { HttpSide } from './http-side.ts';
import { limits } from './limits.ts';
import { MemoryStore } from './memory-store.ts';
import { Rules } from './rules.ts';
import { statsPage, type TrackerStats } from './stats.ts';
import type { SwarmStore } from './store.ts';
import { UdpSide } from './udp-side.ts';

export interface TrackerOptions {
  /** Where to listen; at least one of them. */
  readonly http?: Endpoint;
  readonly udp?: Endpoint;
  /** Default: a store in memory. A store that is given is closed with the tracker. */
  readonly store?: SwarmStore;
  /** Seconds between announces. */
  readonly interval?: number;
  /** Peers in one answer. */
  readonly numWant?: number;
  /** Files of info-hashes: only these are served; these are not. Read again when they change. */
  readonly allow?: string;
  readonly deny?: string;
  /** What an operator should know. */
  readonly on?: (event: TrackerEvent) => void;
}

export type TrackerEvent =
  | { readonly type: 'listening'; readonly protocol: 'http' | 'udp'; readonly local: Address }
  | { readonly type: 'list-loaded'; readonly list: 'allow' | 'deny'; readonly entries: number }
  | { readonly type: 'list-failed'; readonly list: 'allow' | 'deny'; readonly reason: string }
  | { readonly type: 'closed' };

export class TrackerServer {
  readonly #host: Host;
  readonly #on: (event: TrackerEvent) => void;
  readonly #rules: Rules;
  readonly #start: Instant;
  readonly #allow: AccessList | undefined;
  readonly #deny: AccessList | undefined;
  #httpSide: HttpSide | undefined;
  #udpSide: UdpSide | undefined;
  /** Where it listens, once it is ready. */
  http: Address | undefined;
  udp: Address | undefined;

  constructor(host: Host, options: TrackerOptions, notify: { ready(): void; failed(error: Error): void }) {
    const { interval = limits.interval } = options;
    if (options.http === undefined && options.udp === undefined) throw new TypeError('a tracker needs a port');
    if (!(interval >= 1)) throw new RangeError('an interval has at least one second');
    this.#host = host;
    this.#start = host.now();
    this.#on = options.on ?? (() => {});
    this.#allow = this.#list('allow', options.allow);
    this.#deny = this.#list('deny', options.deny);
    const store = options.store ?? new MemoryStore(host, { lifeMs: 1000 * interval * limits.lifeIntervals });
    this.#rules = new Rules(store, {
      interval,
      ...(options.numWant !== undefined && { numWant: options.numWant }),
      ...(this.#allow !== undefined && { allowed: (hash) => this.#allow!.has(hash) }),
      ...(this.#deny !== undefined && { denied: (hash) => this.#deny!.has(hash) }),
    });
    // Nobody is served before the lists are known.
    const lists = [this.#allow, this.#deny].filter((list) => list !== undefined);
    let missing = lists.length;
    const loaded = () => {
      if (--missing === 0) this.#listen(options, notify);
    };
    for (const list of lists) list.load(loaded);
    if (lists.length === 0) this.#listen(options, notify);
  }

  stats(): TrackerStats {
    return {
      uptime: Math.round((this.#host.now() - this.#start) / 1000),
      connections: this.#httpSide?.connections ?? 0,
      ...this.#rules.store.totals(),
      ...this.#rules.counts,
    };
  }

  /** Reads the lists now rather than soon. */
  reload(): void {
    this.#allow?.load();
    this.#deny?.load();
  }

  /** Takes no more HTTP connections, answers what waits for the store, and lets go of everything. */
  close(done: () => void): void {
    this.#allow?.close();
    this.#deny?.close();
    this.#httpSide?.stop();
    const until = this.#host.now() + limits.closeMs;
    const look = () => {
      const busy = this.#rules.waiting > 0 || (this.#httpSide?.connections ?? 0) > 0;
      if (busy && this.#host.now() < until) {
        this.#host.at(this.#host.now() + 10, look);
        return;
      }
      this.#httpSide?.close();
      this.#udpSide?.close();
      this.#rules.store.close();
      this.#on({ type: 'closed' });
      done();
    };
    look();
  }

  #list(list: 'allow' | 'deny', path: string | undefined): AccessList | undefined {
    if (path === undefined) return undefined;
    return new AccessList(this.#host, path, {
      loaded: (entries) => this.#on({ type: 'list-loaded', list, entries }),
      failed: (reason) => this.#on({ type: 'list-failed', list, reason }),
    });
  }

  #listen(options: TrackerOptions, notify: { ready(): void; failed(error: Error): void }): void {
    let missing = (options.http === undefined ? 0 : 1) + (options.udp === undefined ? 0 : 1);
    let failed = false;
    const hear = (protocol: 'http' | 'udp') => ({
      ready: (local: Address) => {
        if (failed) return;
        this[protocol] = local;
        this.#on({ type: 'listening', protocol, local });
        if (--missing === 0) notify.ready();
      },
      failed: (error: Error) => {
        if (failed) return;
        failed = true;
        this.close(() => notify.failed(error));
      },
    });
    const page = (path: string) => statsPage(path, () => this.stats());
    if (options.udp !== undefined) this.#udpSide = new UdpSide(this.#host, options.udp, this.#rules, hear('udp'));
    if (options.http !== undefined) {
      this.#httpSide = new HttpSide(this.#host, options.http, this.#rules, page, hear('http'));
    }
  }
}
