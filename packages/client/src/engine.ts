/**
 * What all torrents share: the host, the memory, the limits, the listening socket, and the loop. A step is one input, then one
 * flush of each peer that it touched, one batch of events, one look at the next deadline.
 */
import { type Address, type Closable, Deadlines, type Host, type Id20, type Instant, MemoryBudget } from '@ferro/core';
import { OwnAddresses } from '@ferro/ext-pex';
import { UtpEndpoint, type UtpEvent, UtpStreams } from '@ferro/utp';
import { Demux } from './demux.ts';
import { DhtNode } from './dht-node.ts';
import { Events } from './events.ts';
import { limits } from './limits.ts';
import { Listening } from './listening.ts';
import { Neighbourhood } from './neighbourhood.ts';
import type { ClientOptions, Settings } from './options.ts';
import { settingsOf } from './options.ts';
import { flushPeer, type Peer } from './peer.ts';
import { Limiter } from './rate.ts';
import { acceptPeer } from './torrent/accept.ts';
import { serve } from './torrent/serve.ts';
import type { Swarm } from './torrent/swarm.ts';
import { Trackers } from './trackers.ts';

/** Something that waits for its time. One object a thing, so that setting it again moves it. */
export interface Due {
  due(): void;
}

export class Engine {
  readonly host: Host;
  readonly settings: Settings;
  readonly events: Events = new Events();
  readonly memory: MemoryBudget;
  readonly swarms: Map<string, Swarm> = new Map();
  readonly deadlines: Deadlines<Due> = new Deadlines();
  readonly downLimit: Limiter;
  readonly upLimit: Limiter;
  /** Of what is hashed because a peer wants leaves (BEP 52). */
  readonly leafLimit: Limiter;
  readonly demux: Demux;
  readonly listening: Listening;
  readonly trackers: Trackers;
  /** Undefined where the user wants none. */
  readonly dht: DhtNode | undefined;
  readonly utp: UtpStreams | undefined;
  readonly neighbourhood: Neighbourhood | undefined;
  /** What never comes back to us as somebody else's address. */
  readonly own: OwnAddresses = new OwnAddresses();
  /** Peers with something to send at the end of this step. */
  readonly dirty: Set<Peer> = new Set();
  /** The time of this step. */
  now: Instant;
  peerCount = 0;
  connectingCount = 0;
  /** Incoming streams that have not said which torrent they want. */
  readonly pending: Set<Closable> = new Set();
  /** Peers that wait for the upload limit, in the order of their turns. */
  readonly throttled: Set<Peer> = new Set();
  /** Where we listen; 0 until we do. */
  port = 0;
  closed = false;
  /** The addresses at which we listen, once known. */
  readonly ready: Address[] = [];
  readonly #seenAt = new Set<string>();
  readonly #resolving = new Set<Closable>();
  readonly #throttle: Due = { due: () => this.#serveThrottled() };
  #alarm: Closable | undefined;
  #alarmAt: Instant = Number.POSITIVE_INFINITY;
  #depth = 0;

  constructor(host: Host, options: ClientOptions) {
    this.host = host;
    this.settings = settingsOf(options);
    this.now = host.now();
    this.memory = new MemoryBudget(this.settings.memory);
    this.downLimit = new Limiter(this.settings.downloadRate, this.now);
    this.upLimit = new Limiter(this.settings.uploadRate, this.now);
    this.leafLimit = new Limiter(limits.leafRate, this.now);
    this.demux = new Demux(this);
    this.listening = new Listening(this);
    this.trackers = new Trackers(this);
    this.dht = this.settings.dht ? new DhtNode(this) : undefined;
    this.utp = this.settings.utp ? this.#openUtp() : undefined;
    this.neighbourhood = this.settings.lsd ? new Neighbourhood(this) : undefined;
  }

  #openUtp(): UtpStreams {
    const accepts = this.settings.listen.length > 0;
    const endpoint = new UtpEndpoint(this.host, { accept: accepts, copier: this.host });
    const [gather, deliver] = [(events: readonly UtpEvent[]) => streams.gather(events), () => streams.deliver()];
    const changed = this.demux.add('utp', endpoint, gather, deliver);
    const streams = new UtpStreams(endpoint, changed, (stream) => acceptPeer(this, stream, 'utp'));
    return streams;
  }

  start(): void {
    this.listening.start((stream) => acceptPeer(this, stream, 'tcp'));
  }

  /** Runs one input and then everything that follows from it. Inside a step, further inputs are part of it. */
  step(input: () => void): void {
    if (this.#depth > 0) {
      input();
      return;
    }
    this.#depth++;
    this.now = this.host.now();
    input();
    for (const peer of this.dirty) flushPeer(peer);
    this.dirty.clear();
    if (this.demux.isTouched) this.demux.flush();
    this.#depth--;
    this.#setAlarm();
    this.events.deliver();
  }

  /** Frees a slot that is only kept for serving, in any torrent. */
  reclaimSlot(first: Swarm): boolean {
    if (first.uploads?.evictOne() === true) return true;
    for (const swarm of this.swarms.values()) if (swarm !== first && swarm.uploads?.evictOne() === true) return true;
    return false;
  }

  swarmOf(infoHash: Id20): Swarm | undefined {
    return this.swarms.get(infoHash.hex);
  }

  canConnect(): boolean {
    return (
      (this.settings.tcp || this.settings.utp) &&
      this.peerCount < this.settings.maxPeers &&
      this.connectingCount < limits.connecting &&
      !this.closed
    );
  }

  /** We listen at one address more, or a peer has told us at which it sees us. */
  seenAt(ip?: string): void {
    if (ip !== undefined) {
      if (this.#seenAt.has(ip) || this.#seenAt.size >= limits.ownAddresses) return;
      this.#seenAt.add(ip);
    }
    this.own.set([...this.ready, ...[...this.#seenAt].map((seen) => ({ ip: seen, port: this.port }))]);
  }

  /** The addresses behind a name, in a step of their own; nothing is heard of one that has none. */
  resolve(name: string, take: (ips: readonly string[]) => void): void {
    const resolving = this.host.resolve(name, (answer) => {
      this.#resolving.delete(resolving);
      if (!(answer instanceof Error)) this.step(() => take(answer));
    });
    this.#resolving.add(resolving);
  }

  scheduleThrottled(when: Instant): void {
    if (when < (this.deadlines.get(this.#throttle) ?? Number.POSITIVE_INFINITY))
      this.deadlines.set(this.#throttle, when);
  }

  /** One block for each peer that waits, round after round, until the limits say no. */
  #serveThrottled(): void {
    for (let sent = true; sent; ) {
      sent = false;
      for (const peer of [...this.throttled]) {
        this.throttled.delete(peer);
        if (serve(peer.swarm, peer, true)) sent = true;
      }
    }
  }

  close(): void {
    this.closed = true;
    for (const caller of [...this.pending]) caller.close();
    for (const resolving of this.#resolving) resolving.close();
    this.#alarm?.close();
    this.deadlines.clearAll();
    this.listening.close();
    this.dht?.close();
    this.neighbourhood?.close();
    this.trackers.close();
    this.demux.close();
    this.events.close();
  }

  #setAlarm(): void {
    const next = this.closed ? Number.POSITIVE_INFINITY : this.deadlines.next;
    // A timer that rings early finds nothing due and is set again: cheaper than moving it at every step.
    if (next >= this.#alarmAt) return;
    this.#alarm?.close();
    this.#alarmAt = next;
    this.#alarm = this.host.at(next, () => {
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.#alarm = undefined;
      this.step(() => this.#runDue());
    });
  }

  #runDue(): void {
    for (let task = this.deadlines.takeDue(this.now); task !== undefined; task = this.deadlines.takeDue(this.now))
      task.due();
  }
}
