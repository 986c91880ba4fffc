/**
 * The peers that others have announced to us, of one address family (BEP 5, announce_peer; BEP 32; BEP 33, changed announce
 * accounting: one entry per torrent and IP). They lie in a few flat arrays, some 40 bytes each, linked into one ring per
 * torrent and one list by age; so a hundred thousand cost a few megabytes and nothing for the garbage collector. When
 * there is no room the peer that was announced longest ago goes.
 */
import { type AddressFamily, type Environment, type Instant, writeU16 } from '@ferro/core';
import { HashIndex } from './hash-index.ts';
import { limits } from './limits.ts';
import { filterBits, type ScrapeFilter } from './scrape-filter.ts';

const NONE = -1;
/** Rings that one question walks at most: a torrent of seeds only must not make `noseed` dear. */
const WALK_MAX = 512;

export interface PeersOptions {
  readonly max?: number;
  readonly maxInSwarm?: number;
}

export class Peers {
  readonly #ipBytes: 4 | 16;
  readonly #max: number;
  readonly #maxInSwarm: number;
  readonly #swarms: HashIndex;
  /** By swarm: the peer that the next answer starts with, and how many there are. */
  #cursor: Int32Array;
  #count: Int32Array;
  /** By peer. */
  #capacity: number;
  #ip: Uint8Array;
  #port: Uint16Array;
  #bits: Uint16Array;
  #seed: Uint8Array;
  #swarm: Int32Array;
  #heardAt: Float64Array;
  #next: Int32Array;
  #previous: Int32Array;
  #older: Int32Array;
  #newer: Int32Array;
  #oldest = NONE;
  #newest = NONE;
  #free = NONE;
  #used = 0;
  #size = 0;

  constructor(family: AddressFamily, environment: Environment, options: PeersOptions = {}) {
    this.#ipBytes = family === 4 ? 4 : 16;
    this.#max = options.max ?? limits.peers;
    this.#maxInSwarm = options.maxInSwarm ?? limits.peersInSwarm;
    this.#swarms = new HashIndex(environment);
    this.#cursor = new Int32Array(0);
    this.#count = new Int32Array(0);
    this.#capacity = 0;
    this.#ip = new Uint8Array(0);
    this.#port = new Uint16Array(0);
    this.#bits = new Uint16Array(0);
    this.#seed = new Uint8Array(0);
    this.#swarm = new Int32Array(0);
    this.#heardAt = new Float64Array(0);
    this.#next = new Int32Array(0);
    this.#previous = new Int32Array(0);
    this.#older = new Int32Array(0);
    this.#newer = new Int32Array(0);
  }

  /** Stored peers. */
  get size(): number {
    return this.#size;
  }

  /** Torrents that have stored peers. */
  get torrents(): number {
    return this.#swarms.size;
  }

  /** Bytes of memory that all of it takes. */
  get byteLength(): number {
    const arrays = [this.#ip, this.#port, this.#bits, this.#seed, this.#swarm, this.#heardAt, this.#next];
    const rest = [this.#previous, this.#older, this.#newer, this.#cursor, this.#count];
    return [...arrays, ...rest].reduce((sum, array) => sum + array.byteLength, this.#swarms.byteLength);
  }

  /** Stores a peer, or renews it. `ip` has the bytes of this family. */
  announce(infoHash: Uint8Array, ip: Uint8Array, port: number, seed: boolean, now: Instant): void {
    let swarm = this.#swarms.find(infoHash);
    let peer = swarm === NONE ? NONE : this.#findPeer(swarm, ip);
    if (peer !== NONE) {
      this.#unlinkAge(peer);
    } else {
      if (this.#size >= this.#max) this.#remove(this.#oldest);
      else if (swarm !== NONE && this.#count[swarm]! >= this.#maxInSwarm) this.#remove(this.#cursor[swarm]!);
      // Making room may have ended this very swarm.
      swarm = this.#swarms.find(infoHash);
      if (swarm === NONE) swarm = this.#newSwarm(infoHash);
      peer = this.#newPeer(swarm, ip);
    }
    this.#port[peer] = port;
    this.#seed[peer] = seed ? 1 : 0;
    this.#heardAt[peer] = now;
    this.#linkNewest(peer);
  }

  /** Up to `count` peers in compact form. Every answer starts where the one before stopped, so that all get their turn. */
  values(infoHash: Uint8Array, count: number, withoutSeeds = false): Uint8Array[] {
    const values: Uint8Array[] = [];
    const swarm = this.#swarms.find(infoHash);
    if (swarm === NONE) return values;
    let peer = this.#cursor[swarm]!;
    const steps = Math.min(this.#count[swarm]!, WALK_MAX);
    for (let step = 0; step < steps && values.length < count; step++) {
      if (!withoutSeeds || this.#seed[peer] === 0) values.push(this.#compact(peer));
      peer = this.#next[peer]!;
    }
    this.#cursor[swarm] = peer;
    return values;
  }

  /** Adds every peer of a torrent to the filter it belongs in. False: there are none. */
  scrape(infoHash: Uint8Array, seeds: ScrapeFilter, others: ScrapeFilter): boolean {
    const swarm = this.#swarms.find(infoHash);
    if (swarm === NONE) return false;
    let peer = this.#cursor[swarm]!;
    for (let left = this.#count[swarm]!; left > 0; left--) {
      const filter = this.#seed[peer] === 1 ? seeds : others;
      filter.setBit(this.#bits[2 * peer]!);
      filter.setBit(this.#bits[2 * peer + 1]!);
      peer = this.#next[peer]!;
    }
    return true;
  }

  /** Up to `count` different info-hashes that we have peers for, chosen at random. */
  sample(count: number): Uint8Array {
    return this.#swarms.sample(count);
  }

  /** Forgets peers that were announced too long ago. */
  expire(now: Instant): void {
    while (this.#oldest !== NONE && now - this.#heardAt[this.#oldest]! >= limits.peerMs) this.#remove(this.#oldest);
  }

  #compact(peer: number): Uint8Array {
    const length = this.#ipBytes;
    const bytes = new Uint8Array(length + 2);
    for (let i = 0; i < length; i++) bytes[i] = this.#ip[peer * length + i]!;
    writeU16(bytes, length, this.#port[peer]!);
    return bytes;
  }

  #findPeer(swarm: number, ip: Uint8Array): number {
    let peer = this.#cursor[swarm]!;
    for (let left = this.#count[swarm]!; left > 0; left--) {
      let i = 0;
      while (i < ip.length && this.#ip[peer * ip.length + i] === ip[i]) i++;
      if (i === ip.length) return peer;
      peer = this.#next[peer]!;
    }
    return NONE;
  }

  #newSwarm(infoHash: Uint8Array): number {
    const swarm = this.#swarms.add(infoHash);
    if (swarm >= this.#cursor.length) {
      this.#cursor = grown(this.#cursor, new Int32Array(this.#swarms.capacity));
      this.#count = grown(this.#count, new Int32Array(this.#swarms.capacity));
    }
    this.#cursor[swarm] = NONE;
    this.#count[swarm] = 0;
    return swarm;
  }

  /** A place for a peer, in the ring of its swarm right before the cursor: the last to have its turn. */
  #newPeer(swarm: number, ip: Uint8Array): number {
    let peer = this.#free;
    if (peer !== NONE) this.#free = this.#next[peer]!;
    else {
      if (this.#used === this.#capacity) this.#grow();
      peer = this.#used++;
    }
    this.#ip.set(ip, peer * this.#ipBytes);
    const [first, second] = filterBits(ip);
    this.#bits[2 * peer] = first;
    this.#bits[2 * peer + 1] = second;
    this.#swarm[peer] = swarm;
    const cursor = this.#cursor[swarm]!;
    const last = cursor === NONE ? peer : this.#previous[cursor]!;
    const following = cursor === NONE ? peer : cursor;
    this.#previous[peer] = last;
    this.#next[peer] = following;
    this.#next[last] = peer;
    this.#previous[following] = peer;
    if (cursor === NONE) this.#cursor[swarm] = peer;
    this.#count[swarm]!++;
    this.#size++;
    return peer;
  }

  #remove(peer: number): void {
    this.#unlinkAge(peer);
    const swarm = this.#swarm[peer]!;
    const next = this.#next[peer]!;
    const previous = this.#previous[peer]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    if (this.#cursor[swarm] === peer) this.#cursor[swarm] = next;
    if (--this.#count[swarm]! === 0) this.#swarms.remove(swarm);
    this.#next[peer] = this.#free;
    this.#free = peer;
    this.#size--;
  }

  #linkNewest(peer: number): void {
    this.#older[peer] = this.#newest;
    this.#newer[peer] = NONE;
    if (this.#newest === NONE) this.#oldest = peer;
    else this.#newer[this.#newest] = peer;
    this.#newest = peer;
  }

  #unlinkAge(peer: number): void {
    const older = this.#older[peer]!;
    const newer = this.#newer[peer]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  #grow(): void {
    const capacity = Math.max(64, Math.min(2 * this.#capacity, this.#max));
    this.#ip = grown(this.#ip, new Uint8Array(capacity * this.#ipBytes));
    this.#port = grown(this.#port, new Uint16Array(capacity));
    this.#bits = grown(this.#bits, new Uint16Array(2 * capacity));
    this.#seed = grown(this.#seed, new Uint8Array(capacity));
    this.#swarm = grown(this.#swarm, new Int32Array(capacity));
    this.#heardAt = grown(this.#heardAt, new Float64Array(capacity));
    this.#next = grown(this.#next, new Int32Array(capacity));
    this.#previous = grown(this.#previous, new Int32Array(capacity));
    this.#older = grown(this.#older, new Int32Array(capacity));
    this.#newer = grown(this.#newer, new Int32Array(capacity));
    this.#capacity = capacity;
  }
}

function grown<Numbers extends Uint8Array | Uint16Array | Int32Array | Float64Array>(
  old: Numbers,
  larger: Numbers,
): Numbers {
  larger.set(old);
  return larger;
}
