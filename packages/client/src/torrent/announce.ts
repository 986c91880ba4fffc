/**
 * One torrent and its trackers (BEP 3, trackers; BEP 12; BEP 27): runs the announcer's jobs, hands it the outcomes, and takes the
 * peers that come with them.
 */
import { type Address, type Closable, scopeOf } from '@ferro/core';
import type { AnnounceJob, AnnouncerEvent, Progress } from '../announce-job.ts';
import { Announcer } from '../announcer.ts';
import type { Due } from '../engine.ts';
import { limits } from '../limits.ts';
import { NO_ADDRESS, type Told } from '../trackers.ts';
import { closePeer } from './leave.ts';
import type { Swarm } from './swarm.ts';

export class SwarmAnnouncer implements Due {
  readonly #swarm: Swarm;
  readonly #running = new Map<number, Closable>();
  #announcer: Announcer | undefined;
  #whenStopped: () => void = () => {};

  constructor(swarm: Swarm) {
    this.#swarm = swarm;
  }

  /** Begins to announce, if the torrent names trackers and the user has not switched them off. */
  start(): void {
    const { engine, content } = this.#swarm;
    if (!engine.settings.trackers || engine.closed) return;
    const tiers = [...(content?.metainfo.trackers ?? []), ...this.#swarm.extraTrackers];
    if (tiers.length === 0) return;
    if (!engine.listening.isOpen) {
      // A tracker that hears of port 0 gives us to nobody.
      engine.listening.whenOpen(() => this.#swarm.isActive && this.start());
      return;
    }
    this.#announcer ??= new Announcer(engine.host, { tiers, families: [4, 6], private: this.#swarm.isPrivate });
    this.#announcer.start(this.#progress());
    this.#flush();
  }

  completed(): void {
    this.#announcer?.complete(this.#progress());
    this.#flush();
  }

  /** Too few peers: asks earlier than planned, if the tracker allows it. */
  needPeers(): void {
    this.#announcer?.update(this.#progress());
    this.#announcer?.needPeers();
    this.#flush();
  }

  /** Says goodbye; `done` when the trackers have heard it or have had their time. */
  stop(done: () => void = () => {}): void {
    if (this.#announcer === undefined) {
      done();
      return;
    }
    this.#whenStopped = done;
    this.#announcer.stop(this.#progress());
    this.#flush();
    this.#handle(this.#announcer.tick());
  }

  due(): void {
    this.#announcer?.update(this.#progress());
    this.#handle(this.#announcer?.tick() ?? []);
    this.#flush();
  }

  #progress(): Progress {
    const { content, down, up } = this.#swarm;
    const { done, wanted, all } = content?.picker.bytes(content.layout) ?? {
      done: 0,
      wanted: 1,
      all: 1,
    };
    const uploadOnly = wanted < all && done >= wanted;
    return {
      uploaded: up.total,
      downloaded: down.total,
      left: Math.max(0, all - done),
      ...(uploadOnly ? { uploadOnly } : {}),
    };
  }

  #flush(): void {
    const announcer = this.#announcer;
    if (announcer === undefined) return;
    for (const job of announcer.flush()) {
      if (job.type === 'announce') this.#run(job);
      else {
        this.#running.get(job.id)?.close();
        this.#running.delete(job.id);
      }
    }
    this.#swarm.engine.deadlines.set(this, announcer.deadline);
  }

  #run(job: Extract<AnnounceJob, { readonly type: 'announce' }>): void {
    const { engine } = this.#swarm;
    this.#running.set(
      job.id,
      engine.trackers.announce(job, this.#swarm, (told) => {
        this.#running.delete(job.id);
        this.#told(job.url, told);
      }),
    );
  }

  #told(url: string, { outcome, peers, named = [] }: Told): void {
    const swarm = this.#swarm;
    const { engine } = swarm;
    const events = this.#announcer?.receive(outcome) ?? [];
    const error = outcome.type === 'answer' ? undefined : outcome.reason;
    if (error !== NO_ADDRESS) {
      engine.events.push({
        type: 'tracker',
        torrent: swarm.torrent,
        url,
        peers: peers.length + named.length,
        ...(error === undefined ? {} : { error }),
      });
    }
    this.#take(peers);
    for (const { name, port } of named.slice(0, limits.namedPeers)) {
      engine.resolve(name, (ips) => {
        if (swarm.isActive) this.#take(ips.map((ip) => ({ ip, port })));
      });
    }
    this.#handle(events);
    this.#flush();
  }

  #take(peers: readonly Address[]): void {
    const { engine, peerList } = this.#swarm;
    for (const address of peers) {
      if (engine.settings.anyPeer || scopeOf(address.ip) === 'global') peerList.add(address, 'tracker', engine.now);
    }
    if (peers.length > 0) this.#swarm.schedule('connect', engine.now);
  }

  #handle(events: readonly AnnouncerEvent[]): void {
    for (const event of events) {
      if (event.type === 'stopped') {
        const done = this.#whenStopped;
        this.#whenStopped = () => {};
        done();
      } else if (event.type === 'tracker-changed') {
        // BEP 27: peers that another tracker named are let go.
        for (const peer of [...this.#swarm.peers]) closePeer(peer, 'the private torrent has moved to another tracker');
      }
    }
  }
}
