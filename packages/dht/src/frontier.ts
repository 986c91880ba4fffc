/**
 * One path of a lookup: the nodes heard of, in order of distance to the target, and whom to ask next (BEP 5, overview; the
 * lookup of the Kademlia paper). It ends when the K nearest nodes that still live have answered.
 *
 * Of the K only two count that the same node named: a hostile node would name eight friends nearer than all others, and the
 * search would be over. Honest nodes pay for it with some questions more.
 *
 * A node with an id that does not belong to its address (BEP 42, enforcement) never counts among the K, and only a few
 * of them are asked at all. One node per network, so that one owner cannot be all of the K.
 */
import type { Contact } from './contact.ts';
import { limits } from './limits.ts';
import { compareDistance } from './node-id.ts';

export type CandidateState = 'heard' | 'asked' | 'slow' | 'answered' | 'failed';

/** A node in a lookup. `id` is unknown (undefined) for a mere address to start from. */
export interface Candidate {
  readonly address: Contact['address'];
  id: Contact['id'] | undefined;
  /** Its id belongs to its address, or needs not to. */
  allowed: boolean;
  /** How many nodes were asked one after the other to hear of it. */
  readonly hops: number;
  /** Who named it. */
  readonly from: Candidate | undefined;
  readonly path: number;
  state: CandidateState;
  /** How many of the nodes that it named have come into our table. */
  introduced: number;
  token: Uint8Array | undefined;
  /** The sequence number of the item that it holds (BEP 44). */
  seq: bigint | undefined;
}

export class Frontier {
  readonly #target: Uint8Array;
  /** Nearest first; nodes without a known id before all others. */
  readonly #candidates: Candidate[] = [];
  #inFlight = 0;
  #strangers = 0;

  constructor(target: Uint8Array) {
    this.#target = target;
  }

  get candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  add(candidate: Candidate): void {
    let low = 0;
    let high = this.#candidates.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#candidates[middle]!, candidate) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#candidates.splice(low, 0, candidate);
    if (this.#candidates.length <= limits.candidates) return;
    // The farthest goes, unless an answer of it is still awaited.
    const last = this.#candidates.at(-1)!;
    if (last.state === 'heard' || last.state === 'failed') this.#candidates.pop();
  }

  /** Puts a candidate where it belongs once its id is known. */
  identified(candidate: Candidate): void {
    const index = this.#candidates.indexOf(candidate);
    if (index < 0) return;
    this.#candidates.splice(index, 1);
    this.add(candidate);
  }

  /** Whom to ask now, if anybody; counts as asked. */
  next(): Candidate | undefined {
    if (this.#inFlight >= limits.alpha) return undefined;
    const near = new NearCount();
    for (const candidate of this.#candidates) {
      if (near.complete) return undefined;
      if (candidate.state === 'heard' && this.#mayAsk(candidate)) {
        candidate.state = 'asked';
        this.#inFlight++;
        if (!candidate.allowed) this.#strangers++;
        return candidate;
      }
      if (candidate.state !== 'failed' && candidate.state !== 'heard') near.count(candidate);
    }
    return undefined;
  }

  /** Nothing more to ask and nothing to wait for. */
  get finished(): boolean {
    const near = new NearCount();
    for (const candidate of this.#candidates) {
      if (near.complete) return true;
      const { state } = candidate;
      if (state === 'asked' || state === 'slow' || (state === 'heard' && this.#mayAsk(candidate))) return false;
      if (state === 'answered') near.count(candidate);
    }
    return true;
  }

  #mayAsk({ allowed }: Candidate): boolean {
    return allowed || this.#strangers < limits.strangersAsked;
  }

  /** The answer has not come soon; another may be asked in the meantime. */
  slow(candidate: Candidate): void {
    if (candidate.state !== 'asked') return;
    candidate.state = 'slow';
    this.#inFlight--;
  }

  answered(candidate: Candidate): void {
    if (candidate.state === 'asked') this.#inFlight--;
    candidate.state = 'answered';
  }

  failed(candidate: Candidate): void {
    if (candidate.state === 'asked') this.#inFlight--;
    candidate.state = 'failed';
  }

  #compare(a: Candidate, b: Candidate): number {
    if (a.id === undefined || b.id === undefined) return (a.id === undefined ? 0 : 1) - (b.id === undefined ? 0 : 1);
    return compareDistance(this.#target, a.id.bytes, b.id.bytes);
  }
}

/** How many of the K nearest there are already, as far as they count. */
export class NearCount {
  #near = 0;
  readonly #named = new Map<Candidate, number>();

  get complete(): boolean {
    return this.#near >= limits.bucketSize;
  }

  /** Whether this one counts. To be asked in order of distance. */
  count({ allowed, from }: Candidate): boolean {
    if (!allowed) return false;
    if (from !== undefined) {
      const named = (this.#named.get(from) ?? 0) + 1;
      this.#named.set(from, named);
      if (named > limits.countedPerWitness) return false;
    }
    this.#near++;
    return true;
  }
}
