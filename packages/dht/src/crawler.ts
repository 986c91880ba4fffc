/**
 * Walks over the network and asks each node for a sample of the info-hashes it keeps (BEP 51), at a steady low rate, as a
 * read-only node (BEP 43). A node that keeps more than it showed is asked again, but not before its interval is over. Does
 * not listen in on others' questions and takes no id but a random one.
 */
import {
  type Address,
  type Datagram,
  type DatagramCore,
  Deadlines,
  type Environment,
  familyOf,
  formatAddress,
  Id20,
  type Instant,
} from '@ferro/core';
import { decodeContacts, mayName } from './contact.ts';
import { Dht } from './dht.ts';
import type { DhtEvent } from './events.ts';
import { HashIndex } from './hash-index.ts';
import type { BodyFields } from './krpc-body.ts';
import { limits } from './limits.ts';
import { randomId } from './node-id.ts';
import type { DhtOptions } from './options.ts';
import { Rate } from './visitors.ts';

export interface CrawlOptions extends Omit<DhtOptions, 'readOnly' | 'saved' | 'routers'> {
  /** Queries a second. */
  readonly rate?: number;
  /** Ask nodes again that keep more than one sample shows; such a crawl ends only when it is told to. Default: once each. */
  readonly again?: boolean;
}

export type CrawlEvent =
  /** Info-hashes that no node has shown before, and how many the node says it keeps. */
  | { readonly type: 'sample'; readonly node: Address; readonly infoHashes: readonly Id20[]; readonly kept: number }
  /** Every node that could be found has been asked. */
  | { readonly type: 'done'; readonly asked: number; readonly answered: number; readonly infoHashes: number }
  | Extract<DhtEvent, { readonly type: 'ignored' }>;

export class Crawler implements DatagramCore<CrawlEvent> {
  readonly #environment: Environment;
  readonly #dht: Dht;
  readonly #rate: Rate;
  readonly #again: boolean;
  readonly #frontier: Address[] = [];
  readonly #seen = new Set<string>();
  readonly #later = new Deadlines<Address>();
  readonly #hashes: HashIndex;
  readonly #inFlight = new Set<number>();
  #asked = 0;
  #answered = 0;
  #done = true;
  /** When there is something to ask. Kept, and not looked up each time: a moment that moves with the clock never comes. */
  #askAt: Instant = Number.POSITIVE_INFINITY;

  constructor(environment: Environment, options: CrawlOptions = {}) {
    this.#environment = environment;
    this.#dht = new Dht(environment, { ...options, readOnly: true });
    this.#rate = new Rate(options.rate ?? limits.crawlQueriesPerSecond, environment.now());
    this.#again = options.again === true;
    this.#hashes = new HashIndex(environment);
  }

  /** Begins at these nodes, or goes on with further ones. */
  start(nodes: readonly Address[]): void {
    for (const node of nodes) this.#hear(node);
    this.#done = false;
    this.#askAt = this.#nextAt();
  }

  receive(datagram: Datagram): readonly CrawlEvent[] {
    return this.#read(this.#dht.receive(datagram));
  }

  tick(): readonly CrawlEvent[] {
    const events = this.#environment.now() >= this.#dht.deadline ? this.#dht.tick() : [];
    return this.#read(events);
  }

  get deadline(): Instant {
    return Math.min(this.#dht.deadline, this.#askAt);
  }

  flush(): readonly Datagram[] {
    return this.#dht.flush();
  }

  /** When there is something to do of our own accord. */
  #nextAt(): Instant {
    if (this.#done || this.#inFlight.size >= limits.crawlInFlight) return Number.POSITIVE_INFINITY;
    const now = this.#environment.now();
    if (this.#frontier.length > 0) return this.#rate.nextAt(now);
    if (this.#later.size > 0) return Math.max(this.#later.next, this.#rate.nextAt(now));
    return this.#inFlight.size === 0 && !this.#again ? now : Number.POSITIVE_INFINITY;
  }

  #hear(node: Address): void {
    const key = formatAddress(node);
    if (this.#seen.size >= limits.crawlNodes || this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#frontier.push(node);
  }

  #read(events: readonly DhtEvent[]): readonly CrawlEvent[] {
    const found: CrawlEvent[] = [];
    for (const event of events) {
      if (event.type === 'ignored') found.push(event);
      else if ((event.type === 'answer' || event.type === 'failed') && this.#inFlight.delete(event.query)) {
        if (event.type === 'answer') found.push(...this.#answer(event.from, event.body));
      }
    }
    this.#ask();
    if (!this.#done && !this.#again && this.#frontier.length + this.#later.size + this.#inFlight.size === 0) {
      this.#done = true;
      found.push({ type: 'done', asked: this.#asked, answered: this.#answered, infoHashes: this.#hashes.size });
    }
    this.#askAt = this.#nextAt();
    return found;
  }

  #answer(node: Address, body: BodyFields): CrawlEvent[] {
    this.#answered++;
    const family = familyOf(node.ip);
    const named = (family === 4 ? body.nodes : body.nodes6) ?? new Uint8Array(0);
    for (const { address } of decodeContacts(named, family, limits.nodesInAnswer)) {
      if (mayName(node.ip, address.ip)) this.#hear(address);
    }
    const { samples, num = 0, interval = 0 } = body;
    if (samples === undefined) return [];
    const infoHashes: Id20[] = [];
    for (let at = 0; at + 20 <= samples.length; at += 20) {
      const hash = samples.subarray(at, at + 20);
      if (this.#hashes.size >= limits.crawlHashes || this.#hashes.find(hash) >= 0) continue;
      this.#hashes.add(hash);
      infoHashes.push(Id20.from(hash));
    }
    if (this.#again && num > samples.length / 20 && this.#later.size < limits.crawlNodes) {
      const seconds = Math.min(Math.max(interval, limits.sampleSeconds), 21_600);
      this.#later.set(node, this.#environment.now() + 1_000 * seconds);
    }
    return infoHashes.length === 0 ? [] : [{ type: 'sample', node, infoHashes, kept: num }];
  }

  #ask(): void {
    const now = this.#environment.now();
    while (this.#inFlight.size < limits.crawlInFlight && (this.#frontier.length > 0 || this.#later.next <= now)) {
      if (!this.#rate.spend(now)) return;
      const node = this.#later.takeDue(now) ?? this.#frontier.pop()!;
      // A target of its own for each question leads to other nodes each time.
      const target = randomId(this.#environment).bytes;
      this.#inFlight.add(this.#dht.query(node, 'sample_infohashes', { target }));
      this.#asked++;
    }
  }
}
