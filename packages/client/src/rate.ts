/** How fast bytes flow, and how fast they may: a meter and a token bucket. Both are numbers and a clock, nothing else (no BEP). */
import type { Instant } from '@ferro/core';

/** Bytes a second, as a moving average over the last few seconds. */
export class Meter {
  total = 0;
  #rate = 0;
  #pending = 0;
  #since: Instant;

  constructor(now: Instant) {
    this.#since = now;
  }

  add(bytes: number): void {
    this.total += bytes;
    this.#pending += bytes;
  }

  rate(now: Instant): number {
    const elapsed = now - this.#since;
    if (elapsed >= 200) {
      const current = (this.#pending * 1000) / elapsed;
      // The weight of the past shrinks with time, whatever the interval between two looks.
      const weight = Math.exp(-elapsed / 2000);
      this.#rate = this.#rate === 0 ? current : this.#rate * weight + current * (1 - weight);
      this.#pending = 0;
      this.#since = now;
    }
    return this.#rate;
  }
}

/** Spends at most `rate` bytes a second, with at most a tenth of a second saved up, so that the flow is smooth. */
export class Limiter {
  rate: number;
  #tokens = 0;
  #last: Instant;

  /** Infinity: no limit. */
  constructor(rate: number, now: Instant) {
    this.rate = rate;
    this.#last = now;
  }

  get unlimited(): boolean {
    return this.rate === Number.POSITIVE_INFINITY;
  }

  /** Whether anything may be spent now. Spending may overdraw by one block; the debt is paid before the next. */
  ready(now: Instant): boolean {
    if (this.unlimited) return true;
    this.#refill(now);
    return this.#tokens > 0;
  }

  spend(bytes: number): void {
    if (!this.unlimited) this.#tokens -= bytes;
  }

  /** When there will be something to spend again. */
  nextAt(now: Instant): Instant {
    if (this.unlimited) return now;
    return this.#tokens > 0 ? now : now + Math.max(1, ((1 - this.#tokens) * 1000) / this.rate);
  }

  #refill(now: Instant): void {
    this.#tokens = Math.min(this.#tokens + ((now - this.#last) * this.rate) / 1000, Math.max(this.rate / 10, 16_384));
    this.#last = now;
  }
}
