/**
 * One-shot timers on the monotonic clock, all behind one timer of Node: they ring in the order of their times and never early,
 * which Node alone promises neither of, and to set and close one costs no call into it.
 */
import { type Closable, Deadlines, type Instant } from '@ferro/core';

/** The longest that Node's timers count; a later deadline is approached in steps. */
const DELAY_MAX_MS = 2_147_483_647;

export class Timers {
  readonly #deadlines = new Deadlines<() => void>();
  #handle: NodeJS.Timeout | undefined;
  /** When the handle rings. */
  #armed: Instant = Number.POSITIVE_INFINITY;

  at(when: Instant, run: () => void): Closable {
    // The same function may be asked for twice: each time is a timer of its own.
    const ring = () => run();
    this.#deadlines.set(ring, when);
    this.#arm();
    return {
      close: () => {
        this.#deadlines.clear(ring);
        if (this.#deadlines.size === 0) this.#disarm();
      },
    };
  }

  close(): void {
    this.#deadlines.clearAll();
    this.#disarm();
  }

  /** Sets the handle for the first deadline. One that rings too early already is left: it only looks. */
  #arm(): void {
    const next = this.#deadlines.next;
    if (next >= this.#armed) return;
    this.#disarm();
    this.#armed = next;
    const delay = Math.min(Math.max(Math.ceil(next - performance.now()), 0), DELAY_MAX_MS);
    this.#handle = setTimeout(() => this.#ring(), delay);
  }

  #disarm(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
    this.#armed = Number.POSITIVE_INFINITY;
  }

  #ring(): void {
    this.#disarm();
    const now = performance.now();
    try {
      // Timers that are set from here on wait for the next turn, lest one that is always due starve the sockets.
      for (let left = this.#deadlines.size; left > 0; left--) {
        const ring = this.#deadlines.takeDue(now);
        if (ring === undefined) break;
        ring();
      }
    } finally {
      this.#arm();
    }
  }
}
