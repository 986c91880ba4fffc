/**
 * Getting into the network and staying in it (BEP 5, routing table; BEP 32, bootstrapping; BEP 42, bootstrapping): finds the
 * nodes nearest to ourselves, fills and refreshes buckets, pings nodes that have gone quiet, takes an id that belongs to
 * our address. One small thing at a time, so that upkeep is never a burst.
 */
import {
  type Address,
  type AddressFamily,
  type Environment,
  familyOf,
  formatAddress,
  type Id20,
  type Instant,
} from '@ferro/core';
import type { Asker, Notice } from './ask.ts';
import type { DhtEvent } from './events.ts';
import type { Items } from './items.ts';
import { limits } from './limits.ts';
import type { Start } from './lookup.ts';
import type { Network, Networks } from './network.ts';
import { idBelongsTo, idForAddress } from './node-id.ts';
import type { Search } from './search.ts';

/** Nodes that one attempt to enter starts from: some of them live, and the others do not hold it up for long. */
const STARTS = 16;

/** How far we have come in one network. */
class Entry {
  readonly network: Network;
  /** By address: every node that somebody gave us to start from. */
  readonly known = new Map<string, Start>();
  /** Those not tried in this round. */
  untried: Start[] = [];
  search: Search | undefined;
  /** A lookup that fills or refreshes a bucket. */
  refresh: Search | undefined;
  toFill: Id20[] = [];
  ready = false;
  retryAt: Instant = 0;
  retryMs: number = limits.retryMs;

  constructor(network: Network) {
    this.network = network;
  }
}

export class Upkeep {
  readonly #environment: Environment;
  readonly #asker: Asker;
  readonly #items: Items;
  readonly #entries: Record<AddressFamily, Entry>;
  readonly #families: readonly AddressFamily[];
  readonly #routers: Address[];
  #nextRound: Instant = Number.POSITIVE_INFINITY;

  constructor(parts: {
    readonly environment: Environment;
    readonly asker: Asker;
    readonly networks: Networks;
    readonly items: Items;
    readonly families: readonly AddressFamily[];
    readonly routers: readonly Address[];
  }) {
    this.#environment = parts.environment;
    this.#asker = parts.asker;
    this.#items = parts.items;
    this.#entries = { 4: new Entry(parts.networks[4]), 6: new Entry(parts.networks[6]) };
    this.#families = parts.families;
    this.#routers = [...parts.routers];
  }

  get deadline(): Instant {
    return this.#nextRound;
  }

  /** Nodes to enter the network by. */
  bootstrap(starts: readonly Start[]): void {
    for (const family of this.#families) {
      const entry = this.#entries[family];
      const own = starts.filter(({ address }) => familyOf(address.ip) === family && address.port > 0);
      for (const start of own) {
        const key = formatAddress(start.address);
        if (entry.known.has(key) || entry.known.size >= limits.bootstrapNodes) continue;
        entry.known.set(key, start);
        entry.untried.push(start);
      }
      if (own.length === 0 && !this.#routers.some(({ ip }) => familyOf(ip) === family)) continue;
      if (entry.search === undefined) this.#enter(entry);
      else this.#asker.extend(entry.search, entry.untried.splice(0, STARTS));
    }
    this.wake(this.#environment.now());
  }

  addRouters(routers: readonly Address[]): void {
    this.#routers.push(...routers);
    this.bootstrap([]);
  }

  /** Where a lookup starts: at the nearest nodes we know; before we know enough, at all that might know some. */
  starts(target: Id20, family: AddressFamily): readonly Start[] {
    const { network, known } = this.#entries[family];
    const nearest = network.table.closest(target.bytes, limits.bucketSize, this.#environment.now());
    if (nearest.length >= limits.bucketSize) return nearest;
    const routers = this.#routers.filter(({ ip }) => familyOf(ip) === family).map((address) => ({ address }));
    return [...nearest, ...[...known.values()].slice(0, STARTS), ...routers];
  }

  /** Housekeeping is needed from now on, if it was not before. */
  wake(now: Instant): void {
    if (this.#nextRound === Number.POSITIVE_INFINITY) this.#nextRound = now + limits.housekeepingMs;
  }

  hear(notice: Notice, now: Instant): DhtEvent[] {
    if (notice.type === 'searched') return this.#searched(notice.search, now);
    if (notice.type === 'address') return this.#addressed(notice.network, notice.ip, now);
    // What one network says of the other is a help to get in, and nothing after that.
    const { size } = this.#entries[notice.family].network.table;
    if (size < limits.bucketSize && this.#entries[notice.family].search === undefined) this.bootstrap(notice.contacts);
    return [];
  }

  tick(now: Instant): void {
    if (now < this.#nextRound) return;
    let needed = this.#items.size > 0;
    this.#items.expire(now);
    for (const family of this.#families) {
      const entry = this.#entries[family];
      const { table, peers } = entry.network;
      peers.expire(now);
      needed ||= table.size > 0 || peers.size > 0 || entry.known.size > 0 || this.#routers.length > 0;
      // With few nodes we may sit on an island together: those we were given once may know more.
      const few = table.size < limits.bucketSize;
      if (few && entry.search === undefined && now >= entry.retryAt) this.#enter(entry);
      if (table.size > 0) this.#tend(entry, now);
    }
    this.#nextRound = needed ? now + limits.housekeepingMs : Number.POSITIVE_INFINITY;
  }

  /** One ping and one refresh at most. */
  #tend(entry: Entry, now: Instant): void {
    const { table } = entry.network;
    const quiet = table.takeQuiet(now);
    if (quiet !== undefined && !this.#asker.check(quiet.address, quiet.id)) quiet.checking = false;
    if (entry.refresh === undefined) this.#refresh(entry, table.takeStale(now, this.#environment));
  }

  #refresh(entry: Entry, target: Id20 | undefined): void {
    if (target === undefined) return;
    const { family } = entry.network;
    entry.refresh = this.#asker.search(
      { type: 'nodes', quiet: true },
      target,
      entry.network,
      this.starts(target, family),
    );
  }

  /** Looks for ourselves: whom we meet on the way are our neighbours, and they meet us. */
  #enter(entry: Entry): void {
    const { network } = entry;
    if (entry.untried.length === 0) entry.untried = [...entry.known.values()];
    const routers = this.#routers.filter(({ ip }) => familyOf(ip) === network.family).map((address) => ({ address }));
    const nearest = network.table.closest(network.table.id.bytes, limits.bucketSize, this.#environment.now());
    const starts = [
      ...nearest,
      ...entry.untried.splice(0, STARTS),
      ...(network.table.size < limits.bucketSize ? routers : []),
    ];
    if (starts.length === 0) return;
    const goal = { type: 'nodes', want: this.#families.length > 1, quiet: true } as const;
    entry.search = this.#asker.search(goal, network.table.id, network, starts);
  }

  #searched(search: Search, now: Instant): DhtEvent[] {
    const entry = this.#entries[search.lookup.family];
    if (search === entry.refresh) {
      entry.refresh = undefined;
      this.#refresh(entry, entry.toFill.pop());
      return [];
    }
    if (search !== entry.search) return [];
    entry.search = undefined;
    const { table, family } = entry.network;
    if (table.size < limits.bucketSize && entry.untried.length > 0) {
      this.#enter(entry);
      return [];
    }
    if (table.size >= limits.bucketSize) entry.retryMs = limits.retryMs;
    else {
      entry.retryAt = now + entry.retryMs;
      entry.retryMs = Math.min(2 * entry.retryMs, limits.retryMaxMs);
    }
    if (table.size === 0) return [];
    entry.untried = [];
    entry.toFill = table.idsToFill(this.#environment);
    if (entry.refresh === undefined) this.#refresh(entry, entry.toFill.pop());
    if (entry.ready) return [];
    entry.ready = true;
    return [{ type: 'ready', family, nodes: table.size }];
  }

  #addressed(network: Network, ip: string, now: Instant): DhtEvent[] {
    const { table, family } = network;
    if (!idBelongsTo(table.id.bytes, ip)) {
      table.move(idForAddress(ip, this.#environment), now);
      // Our new neighbours do not know us yet.
      const entry = this.#entries[family];
      if (entry.search !== undefined) this.#asker.cancel(entry.search.lookup.id);
      this.#enter(entry);
    }
    return [{ type: 'address', family, ip, id: table.id }];
  }
}
