/**
 * Local service discovery for all torrents (BEP 14): announces them to the networks that we listen on, one group a family, and
 * takes the neighbours that answer. Private torrents are not in it (BEP 27).
 */
import { type AddressFamily, type Driven, driveDatagrams } from '@ferro/core';
import { Lsd, type LsdEvent } from '@ferro/lsd';
import type { Engine } from './engine.ts';
import type { Swarm } from './torrent/swarm.ts';

interface Group {
  readonly core: Lsd;
  readonly driven: Driven;
}

export class Neighbourhood {
  readonly #engine: Engine;
  readonly #groups = new Map<AddressFamily, Group>();
  readonly #swarms = new Map<string, Swarm>();
  #started = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  add(swarm: Swarm): void {
    const { infoHash } = swarm;
    if (swarm.isPrivate || this.#swarms.has(infoHash.hex)) return;
    this.#swarms.set(infoHash.hex, swarm);
    this.#start();
    for (const { core, driven } of this.#groups.values()) {
      core.add({ infoHash, isPrivate: false });
      driven.flush();
    }
  }

  remove(swarm: Swarm): void {
    if (!this.#swarms.delete(swarm.infoHash.hex)) return;
    for (const { core, driven } of this.#groups.values()) {
      core.remove(swarm.infoHash);
      driven.flush();
    }
  }

  close(): void {
    for (const { driven } of this.#groups.values()) driven.close();
    this.#groups.clear();
    this.#swarms.clear();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#engine.listening.whenOpen(() => {
      const { port, closed } = this.#engine;
      // Who listens nowhere has nothing to announce.
      if (port === 0 || closed) return;
      for (const family of [4, 6] as const) this.#join(family, port);
    });
  }

  /** On the network of the address that we listen at, or on all. */
  #join(family: AddressFamily, port: number): void {
    const { host, listening } = this.#engine;
    const ip = listening.ip(family);
    if (ip === undefined) return;
    const core = new Lsd(host, { family, port });
    const at = { port: core.group.port, group: core.group.ip, ...(ip === 'any' ? {} : { ip }) };
    // Without multicast, or a network, there are no neighbours: that is no fault.
    const failed = () => void this.#groups.delete(family);
    const driven = driveDatagrams(host, at, core, (events) => this.#hear(events), { failed });
    this.#groups.set(family, { core, driven });
    for (const { infoHash } of this.#swarms.values()) core.add({ infoHash, isPrivate: false });
    driven.flush();
  }

  #hear(events: readonly LsdEvent[]): void {
    const engine = this.#engine;
    engine.step(() => {
      for (const event of events) {
        if (event.type !== 'peer') continue;
        const swarm = this.#swarms.get(event.infoHash.hex);
        if (swarm?.peerList.add(event.address, 'lsd', engine.now) === true) swarm.schedule('connect', engine.now);
      }
    });
  }
}
