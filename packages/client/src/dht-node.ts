/**
 * Our node in the DHT (BEP 5, 32), which all torrents share: it enters the network when the first torrent that may use it wants
 * peers, searches for a few torrents at a time, and is kept in a file from one run to the next. When to search is decided in
 * torrent/dht.ts.
 */
import { type Address, type AddressFamily, ProtocolError } from '@ferro/core';
import { Dht, type DhtEvent, type Lookup } from '@ferro/dht';
import type { Due, Engine } from './engine.ts';
import { limits } from './limits.ts';
import { parsePlace } from './options.ts';
import { foundPeers, searched } from './torrent/dht.ts';
import type { Swarm } from './torrent/swarm.ts';

interface Place {
  readonly host: string;
  readonly port: number;
}

/** One torrent's lookups, one in each network. */
interface Search {
  readonly swarm: Swarm;
  readonly lookups: Lookup[];
  left: number;
}

export class DhtNode implements Due {
  readonly #engine: Engine;
  #core: Dht | undefined;
  #changed: () => void = () => {};
  #started = false;
  /** What we were told before the node was there. */
  #early: Address[] = [];
  readonly #ready = new Set<AddressFamily>();
  readonly #waiting = new Set<Swarm>();
  readonly #running = new Map<Swarm, Search>();
  readonly #byLookup = new Map<number, Search>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Nodes in our routing tables. */
  get size(): number {
    const core = this.#core;
    if (core === undefined) return 0;
    return [...core.occupancy(4), ...core.occupancy(6)].reduce((sum, count) => sum + count, 0);
  }

  /** The torrent wants peers, and to be found. It is told when its turn is over. */
  want(swarm: Swarm): void {
    this.#start();
    if (this.#running.has(swarm)) return;
    this.#waiting.add(swarm);
    this.#searchMore();
  }

  /** The torrent does not want anything any more. */
  forget(swarm: Swarm): void {
    this.#waiting.delete(swarm);
    const search = this.#running.get(swarm);
    if (search === undefined) return;
    this.#running.delete(swarm);
    for (const lookup of search.lookups) {
      this.#byLookup.delete(lookup.id);
      this.#core?.cancel(lookup);
    }
    this.#changed();
    this.#searchMore();
  }

  /** A peer has told where its node is (BEP 5, PORT message). */
  addNode(address: Address): void {
    if (this.#core === undefined) {
      if (this.#early.length < limits.dhtHints) this.#early.push(address);
      return;
    }
    this.#core.addNode(address);
    this.#changed();
  }

  /** Nodes that a torrent or the user names. */
  addNamed(places: readonly Place[]): void {
    this.#start();
    this.#resolve(places.slice(0, limits.dhtHints), (addresses) => {
      if (this.#core === undefined) this.#early.push(...addresses);
      else this.#core.bootstrap(addresses);
    });
  }

  /** Time to write down whom we know. */
  due(): void {
    this.save(() => {});
    this.#engine.deadlines.set(this, this.#engine.now + limits.dhtSaveMs);
  }

  /** `done` comes at once where there is nothing to write down. */
  save(done: () => void): void {
    const { host, settings } = this.#engine;
    if (this.#core === undefined || settings.dhtFile === undefined || this.size === 0) done();
    else host.replaceFile(settings.dhtFile, this.#core.snapshot(), () => done());
  }

  close(): void {
    this.#core = undefined;
    this.#waiting.clear();
    this.#running.clear();
    this.#byLookup.clear();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const { host, listening, settings } = this.#engine;
    listening.whenOpen(() => {
      if (settings.dhtFile === undefined) this.#enter(undefined);
      else {
        host.readFile(settings.dhtFile, limits.dhtFileLength, (answer) => {
          this.#engine.step(() => this.#enter(answer instanceof Uint8Array ? answer : undefined));
        });
      }
    });
  }

  #enter(saved: Uint8Array | undefined): void {
    const engine = this.#engine;
    if (engine.closed) return;
    const core = this.#make(saved);
    this.#core = core;
    this.#changed = engine.demux.add('dht', core, (events) => this.#hear(events));
    core.bootstrap(this.#early);
    this.#early = [];
    const { bootstrap, routers } = engine.settings;
    this.#resolve(bootstrap.map(parsePlace), (addresses) => core.bootstrap(addresses));
    this.#resolve(routers.map(parsePlace), (addresses) => core.addRouters(addresses));
    engine.deadlines.set(this, engine.now + limits.dhtSaveMs);
    this.#changed();
  }

  /** What is no snapshot counts as none. */
  #make(saved: Uint8Array | undefined): Dht {
    const { host, demux } = this.#engine;
    const { families } = demux;
    try {
      return new Dht(host, { families, ...(saved === undefined ? {} : { saved }) });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return new Dht(host, { families });
    }
  }

  #resolve(places: readonly Place[], take: (addresses: readonly Address[]) => void): void {
    for (const { host, port } of places) {
      this.#engine.resolve(host, (ips) => {
        take(ips.map((ip) => ({ ip, port })));
        this.#changed();
      });
    }
  }

  #searchMore(): void {
    const core = this.#core;
    if (core === undefined || this.#ready.size === 0) return;
    for (const swarm of this.#waiting) {
      if (this.#running.size >= limits.dhtSearches) return;
      this.#waiting.delete(swarm);
      const lookups = [...this.#ready].map((family) => this.#lookUp(core, swarm, family));
      const search: Search = { swarm, lookups, left: lookups.length };
      this.#running.set(swarm, search);
      for (const { id } of lookups) this.#byLookup.set(id, search);
      this.#changed();
    }
  }

  /** Who can be reached says so on the way. Behind a NAT the port that others see is the one that uTP can be reached at. */
  #lookUp(core: Dht, { infoHash, complete, options }: Swarm, family: AddressFamily): Lookup {
    const { port, settings, demux } = this.#engine;
    // Who only wants the metadata has nothing for those who would come.
    if (port === 0 || options.metadataOnly === true) return core.lookup(infoHash, { family, noSeed: complete });
    const impliedPort = settings.utp && demux.port(family) === port;
    return core.announce(infoHash, port, { family, seed: complete, impliedPort });
  }

  #hear(events: readonly DhtEvent[]): void {
    for (const event of events) {
      if (event.type === 'peers') this.#found(this.#byLookup.get(event.lookup), event.peers);
      else if (event.type === 'done') this.#ended(event.lookup);
      else if (event.type === 'ready') this.#entered(event.family);
    }
  }

  #found(search: Search | undefined, peers: readonly Address[]): void {
    if (search === undefined) return;
    foundPeers(search.swarm, peers);
  }

  #ended(lookup: number): void {
    const search = this.#byLookup.get(lookup);
    this.#byLookup.delete(lookup);
    if (search === undefined || --search.left > 0) return;
    this.#running.delete(search.swarm);
    searched(search.swarm);
    this.#searchMore();
  }

  /** There is a network to search now, or a second one. */
  #entered(family: AddressFamily): void {
    this.#ready.add(family);
    for (const swarm of this.#engine.swarms.values()) {
      if (swarm.dhtAt > this.#engine.now) swarm.dhtAt = this.#engine.now;
      swarm.schedule('dht', this.#engine.now);
    }
    this.#searchMore();
  }
}
