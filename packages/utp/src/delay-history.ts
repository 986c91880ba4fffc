/**
 * One-way delays (BEP 29, congestion control). A sample is the difference of two clocks that know nothing of each other: alone it
 * means nothing, but the least of many minutes is the empty path, and what is above it is queue. Knows no time of its own.
 */
import type { Instant } from '@ferro/core';

/** Deployed clients remember 13 minutes: a queue that others keep full for less than that does not become the norm. */
const MINUTES = 13;
const MINUTE_MS = 60_000;
/** The least of so many samples counts: a packet held up by a busy machine says nothing about the path. */
const RECENT = 4;
/** Microseconds; a larger step is no drift but a clock that was set. */
const SHIFT_MOST = 10_000;

export class DelayHistory {
  /** Samples are kept as signed distances from the first, so that 32-bit wrap-around is dealt with once. */
  #origin = 0;
  #minuteMinima: number[] = [];
  #minuteEnds: Instant = 0;
  #recent: number[] = [];
  #recentAt = 0;
  /** Microseconds from the first sample to the least. */
  #base = 0;

  get hasSamples(): boolean {
    return this.#recent.length > 0;
  }

  /** The delay of the empty path, in microseconds from the first sample. */
  get base(): number {
    return this.#base;
  }

  /** `sample`: microseconds, 32 bits, of two unrelated clocks. */
  add(sample: number, now: Instant): void {
    if (this.#recent.length === 0) this.#origin = sample;
    const delay = (sample - this.#origin) | 0;
    if (this.#recent.length < RECENT) this.#recent.push(delay);
    else this.#recent[this.#recentAt] = delay;
    this.#recentAt = (this.#recentAt + 1) % RECENT;
    this.#remember(delay, now);
  }

  /** Milliseconds that packets have lately spent in queues. Never negative. */
  get queueing(): number {
    let least = this.#recent[0] ?? 0;
    for (let i = 1; i < this.#recent.length; i++) if (this.#recent[i]! < least) least = this.#recent[i]!;
    return least > this.#base ? (least - this.#base) / 1000 : 0;
  }

  /**
   * Clock drift. If the least delay of the other direction has fallen by so many microseconds, the clocks have moved apart, and
   * ours looks longer by as much.
   */
  shift(microseconds: number): void {
    if (microseconds <= 0 || microseconds > SHIFT_MOST) return;
    for (let i = 0; i < this.#minuteMinima.length; i++) this.#minuteMinima[i]! += microseconds;
    this.#base += microseconds;
  }

  #remember(delay: number, now: Instant): void {
    const minima = this.#minuteMinima;
    if (minima.length === 0 || now >= this.#minuteEnds) {
      minima.push(delay);
      if (minima.length > MINUTES) minima.shift();
      this.#minuteEnds = now + MINUTE_MS;
      this.#base = Math.min(...minima);
      return;
    }
    const last = minima.length - 1;
    if (delay >= minima[last]!) return;
    minima[last] = delay;
    if (delay < this.#base) this.#base = delay;
  }
}
