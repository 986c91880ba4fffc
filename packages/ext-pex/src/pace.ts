/** How often something may happen (BEP 11: one message a minute): so many at once, then one an interval. No BEP names the burst. */
import type { Instant } from '@ferro/core';

export class Pace {
  readonly #intervalMs: number;
  readonly #aheadMs: number;
  /** When the next one would be due if all kept to the interval. */
  #due: Instant = Number.NEGATIVE_INFINITY;

  constructor(intervalMs: number, burst: number) {
    this.#intervalMs = intervalMs;
    this.#aheadMs = intervalMs * (burst - 1);
  }

  /** False if it is too soon; that does not count. */
  take(now: Instant): boolean {
    const due = Math.max(this.#due, now);
    if (due - now > this.#aheadMs) return false;
    this.#due = due + this.#intervalMs;
    return true;
  }
}
