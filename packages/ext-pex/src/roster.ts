/**
 * The peers of one torrent that we are connected to, for all its connections to tell of (BEP 11, protocol extension), and a few
 * that we have let go though nothing was wrong with them, for swarms in which there is little to tell (BEP 11, filling
 * underpopulated lists).
 */
import { type AddressFamily, familyOf, formatAddress } from '@ferro/core';
import { limits } from './limits.ts';
import type { PexPeer } from './message.ts';

export interface RecentPeer {
  readonly key: string;
  readonly peer: PexPeer;
  /** Counts up, so that each connection knows up to where it has told. */
  readonly order: number;
}

export class PexRoster {
  readonly #live = new Map<string, PexPeer>();
  readonly #liveCounts = { 4: 0, 6: 0 };
  readonly #recent: { [Family in AddressFamily]: readonly RecentPeer[] } = { 4: [], 6: [] };
  #version = 0;
  #order = 0;

  /** Changes with every change. */
  get version(): number {
    return this.#version;
  }

  /** By address, those that came first first. */
  get live(): ReadonlyMap<string, PexPeer> {
    return this.#live;
  }

  /** Those of both families that may be told of though they are gone. */
  get recent(): readonly RecentPeer[] {
    const told = ([4, 6] as const).filter((family) => this.#liveCounts[family] < limits.recent);
    return told.flatMap((family) => this.#recent[family]);
  }

  /** Called by PexExtension.join(). Of two at one address the later counts. */
  add(peer: PexPeer): void {
    const key = formatAddress(peer.address);
    const family = familyOf(peer.address.ip);
    if (!this.#live.has(key)) this.#liveCounts[family]++;
    this.#live.set(key, peer);
    this.#recent[family] = this.#recent[family].filter((recent) => recent.key !== key);
    this.#version++;
  }

  /** Called by PexExtension.leave(). Does nothing if another has taken its place. */
  remove(peer: PexPeer, stillThere: boolean): void {
    const key = formatAddress(peer.address);
    const family = familyOf(peer.address.ip);
    if (this.#live.get(key) !== peer) return;
    this.#live.delete(key);
    this.#liveCounts[family]--;
    this.#version++;
    if (stillThere) {
      this.#recent[family] = [...this.#recent[family], { key, peer, order: this.#order++ }].slice(-limits.recent);
    }
  }
}
