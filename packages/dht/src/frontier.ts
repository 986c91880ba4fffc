/**
 * One path of a lookup: the nodes heard of, in order of distance to the target, and whom to ask next (BEP 5, overview; the
 * lookup of the Kademlia paper). It ends when the K nearest nodes that still live have answered.
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
    let near = 0;
    for (const candidate of this.#candidates) {
      if (near >= limits.bucketSize) return undefined;
      if (candidate.state === 'heard' && (candidate.allowed || this.#strangers < limits.strangersAsked)) {
        candidate.state = 'asked';
        this.#inFlight++;
        if (!candidate.allowed) this.#strangers++;
        return candidate;
      }
      if (candidate.allowed && candidate.state !== 'failed' && candidate.state !== 'heard') near++;
    }
    return undefined;
  }

  /** Nothing more to ask and nothing to wait for. */
  get finished(): boolean {
    let near = 0;
    for (const { state, allowed } of this.#candidates) {
      if (near >= limits.bucketSize) return true;
      if (state === 'asked' || state === 'slow') return false;
      if (state === 'heard' && (allowed || this.#strangers < limits.strangersAsked)) return false;
      if (allowed && state === 'answered') near++;
    }
    return true;
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
