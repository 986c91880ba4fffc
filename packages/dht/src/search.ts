/**
 * A lookup and what it is for: finding peers (BEP 5; counting them, BEP 33), finding an item (BEP 44), and storing at the
 * nearest nodes afterwards. It makes questions and reads answers; sending them is not its business.
 */
import { type Address, equalBytes, formatAddress, Id20, ProtocolError } from '@ferro/core';
import { decodePeers, mayName } from './contact.ts';
import type { DhtEvent, LookupDone } from './events.ts';
import type { Candidate } from './frontier.ts';
import { type Item, shapeOf, targetOf } from './items.ts';
import type { BodyFields } from './krpc-body.ts';
import { limits } from './limits.ts';
import type { Lookup } from './lookup.ts';
import { ScrapeFilter } from './scrape-filter.ts';
import { verify } from './signatures.ts';

export interface AnnounceOptions {
  /** The peer is reached at the port that this datagram comes from, whatever `port` says: for uTP behind a NAT. */
  readonly impliedPort?: boolean;
  /** We have the whole torrent (BEP 33). */
  readonly seed?: boolean;
}

export type Goal =
  /** Knowing nodes near the target. `want`: of both families (BEP 32, bootstrapping). `quiet`: nobody but ourselves is told. */
  | { readonly type: 'nodes'; readonly want?: boolean; readonly quiet?: boolean }
  | { readonly type: 'peers'; readonly scrape?: boolean; readonly noSeed?: boolean }
  | ({ readonly type: 'announce'; readonly port: number } & AnnounceOptions)
  | { readonly type: 'get'; readonly salt?: Uint8Array | undefined }
  | { readonly type: 'put'; readonly item: Item; readonly cas?: bigint | undefined };

export class Search {
  readonly lookup: Lookup;
  readonly goal: Goal;
  /** Nodes that were asked to store and have not answered. */
  storing = 0;
  storeStarted = false;
  #stored = 0;
  #refused: { readonly code: number; readonly message: string } | undefined;
  #item: Item | undefined;
  readonly #seen = new Set<string>();
  #seeds: ScrapeFilter | undefined;
  #others: ScrapeFilter | undefined;
  /** Addresses from nodes that know no filters (BEP 33, handling legacy responses). */
  readonly #uncounted = new Set<string>();

  constructor(lookup: Lookup, goal: Goal) {
    this.lookup = lookup;
    this.goal = goal;
  }

  /** What each node on the way is asked, without our id. */
  question(): BodyFields {
    const { goal } = this;
    const target = this.lookup.target.bytes;
    if (goal.type === 'nodes') return goal.want === true ? { target, want: [4, 6] } : { target };
    if (goal.type === 'get' || goal.type === 'put') return { target };
    const { scrape = false, noSeed = false } = goal.type === 'peers' ? goal : {};
    return { infoHash: target, scrape, noSeed };
  }

  /** Reads an answer. Throws a ProtocolError if the node lies. */
  answered(candidate: Candidate, body: BodyFields): DhtEvent[] {
    if (body.token !== undefined && body.token.length <= limits.tokenBytes)
      candidate.token = new Uint8Array(body.token);
    if (this.lookup.method === 'get_peers') return this.#readPeers(body, candidate.address.ip);
    if (this.lookup.method === 'get') return this.#readItem(candidate, body);
    return [];
  }

  /** What the nearest nodes are asked to store, and whom; empty if the goal is only to find. */
  stores(): { readonly method: 'announce_peer' | 'put'; readonly to: Candidate; readonly body: BodyFields }[] {
    const { goal, lookup } = this;
    if (goal.type === 'announce') {
      const { port, impliedPort = false, seed = false } = goal;
      const body = { infoHash: lookup.target.bytes, port, impliedPort, seed };
      return lookup.writable().map((to) => ({ method: 'announce_peer', to, body: { ...body, token: to.token } }));
    }
    if (goal.type !== 'put') return [];
    const { item, cas } = goal;
    const v = item.value;
    return lookup.writable().map((to) => {
      if (item.type === 'immutable') return { method: 'put', to, body: { v, token: to.token } };
      const { publicKey: k, seq, signature: sig, salt } = item;
      // Who holds nothing has nothing to compare with.
      const expected = to.seq === undefined ? undefined : cas;
      return {
        method: 'put',
        to,
        body: { v, k, seq, sig, salt: salt?.length ? salt : undefined, cas: expected, token: to.token },
      };
    });
  }

  storeAnswered(): void {
    this.storing--;
    this.#stored++;
  }

  storeFailed(refused?: { readonly code: number; readonly message: string }): void {
    this.storing--;
    this.#refused = refused ?? this.#refused;
  }

  done(now: number): LookupDone {
    const { id, method, target, family } = this.lookup;
    const statistics = this.lookup.statistics(now);
    const swarm = this.#countSwarm();
    const [stored, refused, item] = [this.#stored, this.#refused, this.#item];
    return { type: 'done', lookup: id, method, target, family, statistics, stored, refused, item, swarm };
  }

  #readPeers(body: BodyFields, from: string): DhtEvent[] {
    const peers: Address[] = [];
    // A stranger cannot make anybody connect to what is near to us.
    const all = decodePeers(body.values ?? [], this.lookup.family).filter(({ ip }) => mayName(from, ip));
    for (const peer of all) {
      const key = formatAddress(peer);
      if (this.#seen.has(key) || this.#seen.size >= limits.peersFound) continue;
      this.#seen.add(key);
      peers.push(peer);
    }
    if (this.goal.type === 'peers' && this.goal.scrape === true) this.#count(body, all);
    return peers.length === 0 ? [] : [{ type: 'peers', lookup: this.lookup.id, infoHash: this.lookup.target, peers }];
  }

  #count(body: BodyFields, peers: readonly Address[]): void {
    if (body.seedFilter !== undefined && body.peerFilter !== undefined) {
      this.#seeds ??= new ScrapeFilter();
      this.#others ??= new ScrapeFilter();
      this.#seeds.join(body.seedFilter);
      this.#others.join(body.peerFilter);
    } else for (const { ip } of peers) if (this.#uncounted.size < limits.peersFound) this.#uncounted.add(ip);
  }

  #countSwarm(): LookupDone['swarm'] {
    if (this.#seeds === undefined && this.#uncounted.size === 0) return undefined;
    const seeds = this.#seeds ?? new ScrapeFilter();
    const others = new ScrapeFilter(this.#others && new Uint8Array(this.#others.bytes));
    for (const ip of this.#uncounted) if (!seeds.has(ip)) others.add(ip);
    return { seeds: Math.round(seeds.estimate), peers: Math.round(others.estimate) };
  }

  #readItem(candidate: Candidate, body: BodyFields): DhtEvent[] {
    candidate.seq = body.seq;
    const { v, k, sig, seq } = body;
    if (v === undefined) return [];
    const known = this.#item;
    if (known !== undefined && equalBytes(known.value, v) && (known.type === 'immutable' || known.seq === seq))
      return [];
    // Not slice(): that of a Buffer, which hosts hand in, does not copy.
    const value = new Uint8Array(v);
    const salt = this.#salt();
    const item: Item =
      k !== undefined && sig !== undefined && seq !== undefined
        ? { type: 'mutable', value, publicKey: new Uint8Array(k), signature: new Uint8Array(sig), seq, salt }
        : { type: 'immutable', value };
    if (!equalBytes(targetOf(item), this.lookup.target.bytes) || shapeOf(item) !== undefined) throw falseItem();
    if (item.type === 'mutable') {
      // An old one is no news, and checking its signature would be dear.
      if (known?.type === 'mutable' && known.seq >= item.seq) return [];
      if (!verify(item, item.signature, item.publicKey)) throw falseItem();
    }
    this.#item = item;
    return [{ type: 'item', lookup: this.lookup.id, item }];
  }

  /** An immutable item cannot get any newer. */
  get satisfied(): boolean {
    return this.goal.type === 'get' && this.#item?.type === 'immutable';
  }

  #salt(): Uint8Array | undefined {
    if (this.goal.type === 'get') return this.goal.salt;
    return this.goal.type === 'put' && this.goal.item.type === 'mutable' ? this.goal.item.salt : undefined;
  }
}

/** What a goal looks for, and how. */
export function methodOf(goal: Goal): 'find_node' | 'get_peers' | 'get' {
  if (goal.type === 'nodes') return 'find_node';
  return goal.type === 'peers' || goal.type === 'announce' ? 'get_peers' : 'get';
}

export function targetOfPut(item: Item): Id20 {
  return Id20.from(targetOf(item));
}

function falseItem(): ProtocolError {
  return new ProtocolError('dht/false-item', 'BEP 44, signature verification', 'the item is not the one asked for');
}
