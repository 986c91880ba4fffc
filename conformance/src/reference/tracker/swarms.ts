/**
 * What a tracker remembers (BEP 3, trackers; BEP 48): the swarms of the reference trackers, HTTP and UDP. A dozen maps and no cleverness.
 * Each bug that is about remembering is here.
 */
import type { Endpoint } from '../../target/target.ts';

const swarmBugs = {
  'no-op': 'nothing',
  'forgets-peers': 'answers every announce with an empty list',
  'source-address-lost': 'lists peers with the address 0.0.0.0',
  'lists-requester': 'lists the peer that asks',
  'keeps-stopped': 'goes on listing a peer that has stopped',
  'completed-not-counted': 'takes the completed event for any other',
  'downloaded-falls': 'takes one off the downloads when a seed stops',
  'seeds-as-leechers': 'does not look at left',
  'lists-seeds-to-seeds': 'gives seeds to a seed',
  'one-swarm': 'keeps one list for all info-hashes',
  'ghost-of-old-port': 'keeps the old port when a peer announces a new one',
  'trusts-address-parameter': 'lists whatever address an announce names',
  'ignores-numwant': 'gives all it has, however many were wanted',
  'never-forgets': 'lists peers that have been silent for hours',
  'scrape-joins': 'adds whoever scrapes to the swarm',
  'paused-are-downloaders': 'counts partial seeds as downloaders',
  'loses-updates': 'writes back what it read before other announces came',
} as const;

type SwarmBug = keyof typeof swarmBugs;

/** The bugs of a tracker that the cases of one protocol can see. */
export function rememberingBugs(...names: readonly SwarmBug[]): Readonly<Record<string, string>> {
  return Object.fromEntries(['no-op' as const, ...names].map((name) => [name, swarmBugs[name]]));
}

export interface Announced {
  readonly infoHash: string;
  readonly peerId: string;
  readonly at: Endpoint;
  /** An address that the announce itself names. */
  readonly claimed?: string;
  readonly left: number;
  readonly event: string;
  readonly numWant: number;
}

export interface KnownPeer extends Endpoint {
  readonly peerId: string;
}

interface Peer extends KnownPeer {
  readonly seed: boolean;
  readonly paused: boolean;
  readonly seenMs: number;
}

interface Swarm {
  readonly peers: Map<string, Peer>;
  downloaded: number;
}

export interface SwarmCounts {
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded: number;
  /** BEP 21: those of the incomplete that want more. */
  readonly downloaders: number;
}

export const intervalSeconds = 1_800;
const lifeMs = 2_000 * intervalSeconds;
const numWantDefault = 50;
const numWantMost = 200;

export class Swarms {
  readonly #swarms: Map<string, Swarm> = new Map();
  readonly #bugs: ReadonlySet<string>;
  nowMs: number = 0;

  constructor(bugs: ReadonlySet<string>) {
    this.#bugs = bugs;
  }

  announce(announced: Announced): readonly KnownPeer[] {
    const swarm = this.#swarm(announced.infoHash);
    this.#expire(swarm);
    const key = this.#key(announced);
    const { ip, port } = this.#addressOf(announced);
    if (announced.event === 'stopped') this.#stop(swarm, key);
    else {
      const seed = announced.left === 0 && !this.#has('seeds-as-leechers');
      if (announced.event === 'completed' && !this.#has('completed-not-counted')) swarm.downloaded++;
      const done = seed && !(announced.event === 'completed' && this.#has('completed-not-counted'));
      if (this.#has('loses-updates') && swarm.peers.size >= 20) swarm.peers.delete(swarm.peers.keys().next().value!);
      swarm.peers.set(key, {
        ip,
        port,
        peerId: announced.peerId,
        seed: done,
        paused: announced.event === 'paused',
        seenMs: this.nowMs,
      });
    }
    return this.#pick(swarm, key, announced);
  }

  counts(infoHash: string): SwarmCounts {
    const swarm = this.#swarm(infoHash);
    this.#expire(swarm);
    const peers = [...swarm.peers.values()];
    const complete = peers.filter(({ seed }) => seed).length;
    const paused = this.#has('paused-are-downloaders') ? 0 : peers.filter((peer) => peer.paused && !peer.seed).length;
    const incomplete = peers.length - complete;
    return { complete, incomplete, downloaded: swarm.downloaded, downloaders: incomplete - paused };
  }

  knows(infoHash: string): boolean {
    return this.#swarms.has(infoHash);
  }

  scraped(infoHash: string, by: Endpoint): void {
    if (!this.#has('scrape-joins')) return;
    this.#swarm(infoHash).peers.set('scraper', {
      ...by,
      peerId: 'x'.repeat(20),
      seed: false,
      paused: false,
      seenMs: this.nowMs,
    });
  }

  #has(bug: SwarmBug): boolean {
    return this.#bugs.has(bug);
  }

  #swarm(infoHash: string): Swarm {
    const key = this.#has('one-swarm') ? 'all' : infoHash;
    const swarm = this.#swarms.get(key) ?? { peers: new Map(), downloaded: 0 };
    this.#swarms.set(key, swarm);
    return swarm;
  }

  #key({ peerId, at }: Announced): string {
    return `${peerId} ${at.ip} ${this.#has('ghost-of-old-port') ? at.port : ''}`;
  }

  #addressOf({ at, claimed }: Announced): Endpoint {
    if (this.#has('source-address-lost')) return { ip: at.ip.includes(':') ? '::' : '0.0.0.0', port: at.port };
    return this.#has('trusts-address-parameter') && claimed !== undefined ? { ip: claimed, port: at.port } : at;
  }

  #stop(swarm: Swarm, key: string): void {
    if (this.#has('keeps-stopped')) return;
    if (swarm.peers.get(key)?.seed === true && this.#has('downloaded-falls')) swarm.downloaded--;
    swarm.peers.delete(key);
  }

  #expire(swarm: Swarm): void {
    if (this.#has('never-forgets')) return;
    for (const [key, { seenMs }] of swarm.peers) if (this.nowMs - seenMs > lifeMs) swarm.peers.delete(key);
  }

  #pick(swarm: Swarm, key: string, { left, event, numWant }: Announced): readonly KnownPeer[] {
    if (this.#has('forgets-peers') || event === 'stopped') return [];
    const wantsSeeds = left > 0 || this.#has('lists-seeds-to-seeds');
    const others = [...swarm.peers].filter(([other]) => other !== key || this.#has('lists-requester'));
    const useful = others.map(([, peer]) => peer).filter(({ seed }) => wantsSeeds || !seed);
    if (this.#has('ignores-numwant')) return useful;
    return useful.slice(0, numWant < 0 ? numWantDefault : Math.min(numWant, numWantMost));
  }
}
