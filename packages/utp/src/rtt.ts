/**
 * The round-trip time and the time-out made of it (BEP 29, timeouts). Karn's rule, to measure only packets that were sent once,
 * is kept by the caller, who knows how often a packet was sent.
 */
import { limits } from './limits.ts';

export class RoundTripTime {
  /** Milliseconds; 0 until something was measured. */
  smoothed = 0;
  variance = 0;
  /** The shortest that was ever measured; Infinity until then. */
  shortest: number = Number.POSITIVE_INFINITY;
  /** Milliseconds until a packet without an ack is taken for lost. */
  timeout: number = limits.timeoutFirstMs;

  sample(milliseconds: number): void {
    if (milliseconds < this.shortest) this.shortest = milliseconds;
    if (this.smoothed === 0) {
      this.smoothed = milliseconds;
      this.variance = milliseconds / 2;
    } else {
      this.variance += (Math.abs(this.smoothed - milliseconds) - this.variance) / 4;
      this.smoothed += (milliseconds - this.smoothed) / 8;
    }
    this.timeout = clamp(this.smoothed + 4 * this.variance);
  }

  /** After each time-out in a row the next takes twice as long. */
  backOff(): void {
    this.timeout = clamp(this.timeout * 2);
  }
}

function clamp(timeout: number): number {
  return Math.min(Math.max(timeout, limits.timeoutLeastMs), limits.timeoutMostMs);
}
