/**
 * Path MTU discovery (BEP 29, packet sizes, says only that sizes vary; how to find the largest is our choice). A probe is an
 * ordinary data packet padded with extensions that say nothing: if it is too long for the path and vanishes, the same packet
 * goes again without padding. Nothing of the stream ever depends on a size that has not been proved.
 */
import type { Instant } from '@ferro/core';
import { limits } from './limits.ts';
import { paddingStep } from './packet.ts';

export class MtuSearch {
  readonly #least: number;
  readonly #most: number;
  /** Known to arrive. */
  #floor: number;
  /** Not known not to arrive. */
  #ceiling: number;
  /** A probe is under way. */
  #probing = false;
  #retryAt: Instant = Number.POSITIVE_INFINITY;

  /** Sizes of IP packets; `overhead` is what of them is not ours: the headers of IP and UDP. */
  constructor(mtu: number, overhead: number) {
    this.#most = mtu - overhead;
    this.#least = Math.min(limits.mtuLeast - overhead, this.#most);
    this.#floor = Math.min(limits.mtuStart - overhead, this.#most);
    this.#ceiling = this.#most;
  }

  /** The length of a full datagram. */
  get length(): number {
    return this.#floor;
  }

  /** The length to probe next, or 0. */
  probeLength(now: Instant): number {
    if (this.#probing) return 0;
    if (now >= this.#retryAt) {
      this.#ceiling = this.#most;
      this.#retryAt = Number.POSITIVE_INFINITY;
    }
    if (this.#ceiling - this.#floor < limits.mtuGranularity && this.#ceiling < this.#most) return 0;
    if (this.#ceiling === this.#floor) return 0;
    // The ceiling first: mostly it fits, and the search is over.
    const wanted = this.#ceiling === this.#most ? this.#most : (this.#floor + this.#ceiling + 1) >> 1;
    const steps = Math.floor((wanted - this.#floor) / paddingStep);
    return steps === 0 ? 0 : this.#floor + steps * paddingStep;
  }

  sent(): void {
    this.#probing = true;
  }

  arrived(length: number): void {
    this.#probing = false;
    if (length > this.#floor) this.#floor = length;
    if (this.#floor > this.#ceiling) this.#ceiling = this.#floor;
  }

  lost(length: number, now: Instant): void {
    this.#probing = false;
    if (length <= this.#floor) return;
    this.#ceiling = Math.max(this.#floor, length - 1);
    this.#retryAt = now + limits.mtuRetryMs;
  }

  /** Nothing arrives any more: perhaps because full packets have become too long for the path. */
  blackHole(now: Instant): void {
    if (this.#floor === this.#least) return;
    this.#floor = this.#least;
    this.#ceiling = this.#most;
    this.#retryAt = now + limits.mtuRetryMs;
  }
}
