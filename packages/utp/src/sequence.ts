/**
 * Arithmetic that wraps: packet numbers of 16 bits and timestamps of 32 bits (BEP 29, header format). There is no order among
 * numbers on a circle, only distances; which way round is meant is for the caller to know.
 */
import type { Instant } from '@ferro/core';

/** The sequence number `steps` after (or, negative, before) another one. */
export function advance(sequence: number, steps: number): number {
  return (sequence + steps) & 0xffff;
}

/** How many steps forward lead from one sequence number to another: 0 to 65,535. */
export function distance(from: number, to: number): number {
  return (to - from) & 0xffff;
}

/** Microseconds as the header carries them: the low 32 bits, which come round every 71 minutes. */
export function timestampOf(now: Instant): number {
  return Math.floor(now * 1000) >>> 0;
}

/** Microseconds from one timestamp to a later one; the clocks may be two, then only changes of it mean anything. */
export function timestampDifference(later: number, earlier: number): number {
  return (later - earlier) >>> 0;
}
