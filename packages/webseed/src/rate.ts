/** Bytes a second while something is under way, as a moving average: what a client compares web seeds and peers by (no BEP). */
import type { Instant } from '@ferro/core';

const WINDOW_MS = 250;
const MEMORY_MS = 3_000;

export class Rate {
  total = 0;
  #rate = 0;
  #pending = 0;
  #since: Instant | undefined;

  /** Requests are under way again: time counts from here. */
  start(now: Instant): void {
    this.#since ??= now;
  }

  /** Nothing is under way: the time until start() is not the server's fault. */
  stop(now: Instant): void {
    this.#look(now, 1);
    this.#since = undefined;
    this.#pending = 0;
  }

  add(bytes: number): void {
    this.total += bytes;
    this.#pending += bytes;
  }

  /** Undefined until there is something to go by. */
  at(now: Instant): number | undefined {
    this.#look(now, WINDOW_MS);
    return this.#rate === 0 ? undefined : this.#rate;
  }

  #look(now: Instant, windowMs: number): void {
    if (this.#since === undefined) return;
    const elapsed = now - this.#since;
    if (elapsed < windowMs) return;
    const current = (this.#pending * 1000) / elapsed;
    // The weight of the past shrinks with time, whatever the interval between two looks.
    const weight = this.#rate === 0 ? 0 : Math.exp(-elapsed / MEMORY_MS);
    this.#rate = this.#rate * weight + current * (1 - weight);
    this.#pending = 0;
    this.#since = now;
  }
}
