/**
 * LEDBAT as arithmetic (BEP 29, congestion control): from a window, what was acked and how long packets queue, to the next window.
 * Pure functions of bytes and milliseconds; when they are applied is decided in congestion.ts.
 *
 * Two things differ from the BEP's formula, as later LEDBAT work has them. Above the target the window shrinks in proportion to
 * itself, and at the target it still grows a little: additive growth with proportional shrinking is what makes two flows end up
 * with equal shares, while the BEP's linear law keeps whatever shares they had.
 */

/** Milliseconds of queue that a connection is content with. */
export const targetDelayMs = 100;

/** Packets by which the window grows each round trip: deployed clients use 3,000 bytes. */
const GAIN_PACKETS = 2;

/** At most this part of the window goes in one round trip, however long the queue. */
const SHRINK_MOST = 0.5;

/** After a loss, the part of the window that stays: as TCP does it. */
const LOSS_FACTOR = 0.5;

/** Slow start ends when this part of the target is reached: what is under way then will fill the rest. */
const SLOW_START_DELAY_MS: number = targetDelayMs * 0.75;

/** Packets of the first window. */
const FIRST_PACKETS = 4;

export function firstWindow(packet: number): number {
  return FIRST_PACKETS * packet;
}

/** In slow start: doubles each round trip, as each acked byte lets two go. */
export function slowStart(window: number, acked: number): number {
  return window + acked;
}

export function endsSlowStart(queueing: number): boolean {
  return queueing >= SLOW_START_DELAY_MS;
}

/** What slow start leaves behind when it ends by delay: what it measured is a round trip, thus one doubling, old. */
export function afterSlowStart(window: number, packet: number): number {
  return Math.max(window / 2, 2 * packet);
}

/**
 * In congestion avoidance. `acked` of `window` bytes is the part of a round trip that has passed; a full one adds the gain and
 * takes away the excess over the target.
 */
export function avoidCongestion(window: number, acked: number, queueing: number, packet: number): number {
  const part = Math.min(1, acked / window);
  const excess = Math.min(SHRINK_MOST, Math.max(0, queueing / targetDelayMs - 1));
  return Math.max(window + part * (GAIN_PACKETS * packet - excess * window), 2 * packet);
}

export function afterLoss(window: number, packet: number): number {
  return Math.max(window * LOSS_FACTOR, 2 * packet);
}

/** After a time-out nothing is known any more: one packet, and what comes back decides. */
export function afterTimeout(packet: number): number {
  return packet;
}
