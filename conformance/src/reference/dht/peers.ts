/** The peers that the reference stores for others (BEP 5, announce_peer), counted in filters (BEP 33) and sampled (BEP 51). */

import { fromLatin1, latin1 } from '../../probe/bencode.ts';
import { filterLength, filterOf } from '../../probe/dht/filter.ts';
import type { Fields } from '../../probe/dht/krpc.ts';
import { writeCompact } from '../../probe/endpoint.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Has } from './bugs.ts';

interface Peer {
  readonly at: Endpoint;
  readonly seed: boolean;
  readonly wasOther: boolean;
}

const samplesMost = 20;
const intervalSeconds = 300;

export class Peers {
  readonly #swarms = new Map<string, Map<string, Peer>>();
  readonly #has: Has;
  #announces = 0;
  #sample: { readonly hashes: readonly string[]; readonly untilMs: number } | undefined;

  constructor(has: Has) {
    this.#has = has;
  }

  announce(hash: Uint8Array, at: Endpoint, seed: boolean): void {
    if (this.#has('forgets-peers')) return;
    const swarm = this.#swarms.get(latin1(hash)) ?? new Map<string, Peer>();
    this.#swarms.set(latin1(hash), swarm);
    const key = this.#has('duplicates-peers') ? `${this.#announces++}` : at.ip;
    const before = swarm.get(key);
    const known = before !== undefined && (before.wasOther || !before.seed);
    swarm.set(key, { at, seed: (seed || this.#has('all-seeds')) && !this.#has('ignores-seed'), wasOther: known });
  }

  /** Compact addresses, as many as fit. */
  values(hash: Uint8Array, most: number, noSeed: boolean): readonly Uint8Array[] {
    const peers = this.#of(hash).filter(({ seed }) => !noSeed || !seed || this.#has('ignores-noseed'));
    return peers.slice(0, most).map(({ at }) => writeCompact(at));
  }

  filters(hash: Uint8Array): Fields {
    const peers = this.#of(hash);
    if (peers.length === 0 && !this.#has('zero-filters')) return {};
    const others = peers.filter(({ seed, wasOther }) => !seed || (wasOther && this.#has('seed-flag-sticks')));
    const seeds = peers.filter(({ seed }) => seed);
    return { BFpe: this.#filter(others), BFsd: this.#filter(seeds) };
  }

  sample(nowMs: number, targets: readonly string[]): Fields {
    const stored = [...this.#swarms.keys(), ...(this.#has('samples-items') ? targets : [])];
    const most = this.#has('fragments') ? stored.length : samplesMost;
    if (this.#sample === undefined || this.#sample.untilMs <= nowMs || stored.length <= most) {
      this.#sample = { hashes: this.#choose(stored, most), untilMs: nowMs + intervalSeconds * 1_000 };
    } else if (this.#has('unstable-samples')) this.#sample = { ...this.#sample, hashes: this.#choose(stored, most) };
    const chosen = this.#has('samples-incomplete') ? this.#sample.hashes.slice(1) : this.#sample.hashes;
    const interval = this.#has('negative-interval') ? -1 : stored.length <= most ? 0 : intervalSeconds;
    const fields = { interval, num: this.#has('num-zero') ? 0 : stored.length };
    if (stored.length === 0 && this.#has('no-samples-when-empty')) return fields;
    return { ...fields, samples: fromLatin1(chosen.join('')) };
  }

  #choose(stored: readonly string[], most: number): readonly string[] {
    if (this.#has('first-samples-always')) return stored.slice(0, most);
    const keyed = stored.map((hash) => ({ hash, order: Math.random() }));
    return keyed
      .sort((a, b) => a.order - b.order)
      .slice(0, most)
      .map(({ hash }) => hash);
  }

  #of(hash: Uint8Array): readonly Peer[] {
    return [...(this.#swarms.get(latin1(hash))?.values() ?? [])];
  }

  #filter(peers: readonly Peer[]): Uint8Array {
    const filter = filterOf(peers.map(({ at }) => at.ip));
    if (this.#has('bits-reversed')) filter.reverse();
    return this.#has('short-filters') ? filter.subarray(0, filterLength / 2) : filter;
  }
}
