/** One-shot timers on the monotonic clock. Never early: a core that is woken before its deadline would only go back to sleep. */
import type { Closable, Instant } from '@ferro/core';

/** The longest that the platform's timers count; later ones are set again on the way. */
const DELAY_MAX_MS = 2_147_483_647;

export class Timers {
  readonly #pending = new Set<Timer>();

  at(when: Instant, run: () => void): Closable {
    const timer = new Timer(when, run, this.#pending);
    this.#pending.add(timer);
    timer.arm();
    return timer;
  }

  close(): void {
    for (const timer of this.#pending) timer.close();
  }
}

class Timer implements Closable {
  readonly #when: Instant;
  readonly #run: () => void;
  readonly #pending: Set<Timer>;
  #handle: NodeJS.Timeout | undefined;

  constructor(when: Instant, run: () => void, pending: Set<Timer>) {
    this.#when = when;
    this.#run = run;
    this.#pending = pending;
  }

  arm(): void {
    if (this.#when === Number.POSITIVE_INFINITY) return;
    const delay = Math.ceil(this.#when - performance.now());
    this.#handle = setTimeout(() => this.#ring(), Math.min(Math.max(delay, 0), DELAY_MAX_MS));
  }

  #ring(): void {
    if (performance.now() < this.#when) {
      this.arm();
      return;
    }
    this.#pending.delete(this);
    this.#run();
  }

  close(): void {
    this.#pending.delete(this);
    clearTimeout(this.#handle);
  }
}
