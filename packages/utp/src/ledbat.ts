/**
 * LEDBAT as arithmetic (BEP 29, congestion control): from a window, what was acked and how long packets queue, to the next window.
 * Pure functions of bytes and milliseconds; when they are applied is decided in congestion.ts.
 *
 * Two things differ from the BEP's formula, as later LEDBAT work has them. Above the target the window shrinks in proportion to
 * itself, and at the target it still grows a little: additive growth with proportional shrinking is what makes two flows end up
 * with equal shares, while the BEP's linear law keeps whatever shares they had.
 */

/** What one ack tells. */
export interface AckSample {
  /** Bytes that it acks, of so many that were under way. */
  acked: number;
  flight: number;
  /** Milliseconds that packets wait in queues now. */
  queueing: number;
  /** Of the newest packet acked: milliseconds until the ack, and bytes that were under way when it left (0: not known). */
  roundTrip: number;
  sentFlight: number;
}

/** Milliseconds of queue that a connection is content with. */
export const targetDelayMs = 100;

/** Packets by which the window grows each round trip: deployed clients use 3,000 bytes. */
const GAIN_PACKETS = 2;

/**
 * The part of the excess over the target that is taken away in a round trip. The gentler, the less does it matter if one flow's
 * idea of the empty path is a millisecond better than another's; the queue of many flows gets longer for it.
 */
const SHRINK_PART = 0.5;

/** At most this part of the window goes in one round trip, however long the queue. */
const SHRINK_MOST = 0.5;

/** After a loss, the part of the window that stays: as TCP does it. */
const LOSS_FACTOR = 0.5;

/**
 * Slow start ends at a queue of half the target, or, where the path is long, of this part of its round trip: there the bursts of
 * slow start alone make queues, which say little before they are nearly half a round trip long.
 */
const SLOW_START_DELAY_MS: number = targetDelayMs / 2;
const SLOW_START_ROUND_TRIPS = 0.4;

/** Packets of the first window. */
const FIRST_PACKETS = 4;

export function firstWindow(packet: number): number {
  return FIRST_PACKETS * packet;
}

/** In slow start: doubles each round trip, as each acked byte lets two go. */
export function slowStart(window: number, acked: number): number {
  return window + acked;
}

/** `shortest`: the round trip without a queue. */
export function endsSlowStart(queueing: number, shortest: number): boolean {
  return queueing >= Math.max(SLOW_START_DELAY_MS, SLOW_START_ROUND_TRIPS * shortest);
}

/**
 * What slow start leaves behind when it ends by delay. What was measured left one round trip, thus one doubling, ago: half of the
 * window. It went out twice as fast as the path takes it, so it needs twice the queueing time it found, or, if the queue was
 * there already, its round trip, to pass; that is the rate, and the rate says what fills path and queue up to the target.
 */
export function afterSlowStart(window: number, sample: AckSample, shortest: number, packet: number): number {
  const rate = window / 2 / Math.min(2 * sample.queueing, sample.roundTrip);
  return Math.max(Math.min(window, rate * (shortest + targetDelayMs)), 2 * packet);
}

/**
 * In congestion avoidance. The bytes acked are a part of a round trip; a full one adds the gain and takes away the excess over
 * the target.
 */
export function avoidCongestion(window: number, sample: AckSample, packet: number): number {
  const { acked, flight, queueing } = sample;
  const part = Math.min(1, acked / Math.max(window, flight));
  const excess = SHRINK_PART * Math.max(0, queueing / targetDelayMs - 1);
  const change = Math.max(GAIN_PACKETS * packet - excess * window, -SHRINK_MOST * window);
  const next = window + part * change;
  return Math.max(next, Math.min(window, justRight(sample)), 2 * packet);
}

/**
 * The window with which the sample would have found a queue as long as the target. To shrink below it is to shrink again for what
 * was answered already, as each answer takes a round trip to be seen.
 */
function justRight({ sentFlight, roundTrip, queueing }: AckSample): number {
  return roundTrip > 0 ? (sentFlight * (roundTrip - queueing + targetDelayMs)) / roundTrip : 0;
}

export function afterLoss(window: number, packet: number): number {
  return Math.max(window * LOSS_FACTOR, 2 * packet);
}

/** After a time-out nothing is known any more: one packet, and what comes back decides. */
export function afterTimeout(packet: number): number {
  return packet;
}
