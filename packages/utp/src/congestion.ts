/**
 * The congestion window of one connection (BEP 29, congestion control; packet loss; timeouts): when to apply which function of
 * ledbat.ts. One idea is not the BEP's: a slowdown. Who joins a full link takes the queue it finds for the empty path and would
 * push everybody else aside; so whoever has seen no empty queue for some seconds lets the queue run empty once and looks.
 */
import type { Instant } from '@ferro/core';
import {
  type AckSample,
  afterLoss,
  afterSlowStart,
  afterTimeout,
  avoidCongestion,
  endsSlowStart,
  firstWindow,
  slowStart,
  targetDelayMs,
} from './ledbat.ts';

/** A queue shorter than this is no queue. */
const EMPTY_MS: number = targetDelayMs / 8;
/** Time without an empty queue after which one is made; twice as long after each that taught nothing. */
const SLOWDOWN_LEAST_MS = 8_000;
const SLOWDOWN_MOST_MS = 32_000;
/** The same in round trips, where they are long: a slowdown costs about one. */
const SLOWDOWN_LEAST_ROUND_TRIPS = 30;
/** What one flow knows better than another by so much makes its share smaller by a sixth or so. */
const KNOWN_MS = 2;
/** The queue of a link that is full, and one that somebody is letting run empty. */
const STANDING_MS: number = targetDelayMs * 0.8;
const FALLING_MS: number = targetDelayMs / 2;
/** Time after an empty queue in which its emptiness is no news. */
const JOIN_LEAST_MS = 2_000;
/** Where packets were lost so recently, an empty queue does not prove that there is room: the queue may be too short to show. */
const LOSS_MEMORY_MS = 10_000;
/** Somebody has joined, it seems: time to look again soon. */
const CROWDED_MS: number = targetDelayMs * 1.5;

export class Congestion {
  /** Bytes that may be under way. */
  window: number;
  /** Below it the window grows by slow start. */
  #threshold: number = Number.POSITIVE_INFINITY;
  #packet: number;
  readonly #windowMost: number;
  /** The window and threshold before the last loss, in case that it was none. */
  #windowBefore = 0;
  #thresholdBefore = 0;
  /** Acks of packets that were sent up to then tell of a window that is history. */
  #heedFrom: Instant = -1;
  #emptyAt: Instant;
  #queuedAt: Instant;
  #standingAt: Instant = Number.NEGATIVE_INFINITY;
  #lostAt: Instant = Number.NEGATIVE_INFINITY;
  #slowdownEveryMs: number = SLOWDOWN_LEAST_MS;
  /** When the slowdown under way began, or -1, and the shortest round trip known until then. */
  #slowdownAt: Instant = -1;
  #shortestBefore = 0;
  #shortest: number = Number.POSITIVE_INFINITY;

  constructor(packet: number, windowMost: number, now: Instant) {
    this.#packet = packet;
    this.#windowMost = windowMost;
    this.window = firstWindow(packet);
    this.#emptyAt = now;
    this.#queuedAt = now;
  }

  /** The payload of a full packet; the MTU search changes it. */
  set packet(length: number) {
    this.#packet = length;
    if (this.window < length) this.window = length;
  }

  /**
   * Packets have arrived, the newest of them sent at `sentAt` (-1: not known). `limited`: it was this window, not a lack of data,
   * that held packets back; else it proves nothing.
   */
  acked(sample: AckSample, now: Instant, sentAt: Instant, limited: boolean): void {
    const { queueing, roundTrip } = sample;
    if (sentAt >= 0 && roundTrip < this.#shortest) this.#shortest = roundTrip;
    if (queueing < EMPTY_MS) this.#emptyAt = now;
    else this.#queuedAt = now;
    if (queueing > STANDING_MS) this.#standingAt = now;
    if (queueing > CROWDED_MS) this.#slowdownEveryMs = SLOWDOWN_LEAST_MS;
    if (this.#slowdownAt >= 0) {
      if (sentAt > this.#slowdownAt) this.#endSlowdown(now, roundTrip);
      return;
    }
    if (limited && sentAt > this.#heedFrom) this.#grow(sample, now);
    if (this.window >= this.#threshold && this.#isTimeToLook(queueing, roundTrip, now)) {
      this.#beginSlowdown(now, roundTrip);
    }
  }

  /** After some time, or when somebody else looks: only if all let go together does the queue run empty for sure. */
  #isTimeToLook(queueing: number, roundTrip: number, now: Instant): boolean {
    const since = now - this.#emptyAt;
    const every = Math.max(this.#slowdownEveryMs, SLOWDOWN_LEAST_ROUND_TRIPS * roundTrip);
    const othersLook = queueing < FALLING_MS && now - this.#standingAt < 2 * roundTrip;
    return since > every || (othersLook && since > JOIN_LEAST_MS);
  }

  #grow(sample: AckSample, now: Instant): void {
    if (this.window >= this.#threshold) {
      this.window = avoidCongestion(this.window, sample, this.#packet);
      this.#threshold = Math.min(this.#threshold, this.window);
      if (this.#hasRoom(sample, now)) this.#threshold = Number.POSITIVE_INFINITY;
    } else if (endsSlowStart(sample.queueing, this.#shortest)) {
      // With a threshold, the window is known to be right up to there; only the very first slow start runs blind.
      if (this.#threshold === Number.POSITIVE_INFINITY) {
        this.window = afterSlowStart(this.window, sample, this.#shortest, this.#packet);
        this.#heedFrom = now;
      }
      this.#threshold = this.window;
    } else {
      this.window = Math.min(slowStart(this.window, sample.acked), Math.max(this.#threshold, this.window));
    }
    if (this.window > this.#windowMost) this.window = this.#windowMost;
  }

  /** No queue for a whole round trip: whoever filled the link has gone, and slow start finds its size again. */
  #hasRoom({ roundTrip }: AckSample, now: Instant): boolean {
    return now - this.#queuedAt > roundTrip && now - this.#lostAt > LOSS_MEMORY_MS;
  }

  /** Half of what the path holds without a queue: enough to go on with, too little to keep the queue standing. */
  #beginSlowdown(now: Instant, roundTrip: number): void {
    this.#slowdownAt = now;
    this.#shortestBefore = this.#shortest;
    this.#threshold = this.window;
    const path = (this.window * Math.min(this.#shortest, roundTrip)) / Math.max(roundTrip, 1);
    this.window = Math.max(path / 2, 2 * this.#packet);
  }

  /**
   * A packet that was sent into the emptied queue has arrived. If the path is shorter than was known, we took what others had:
   * they get room, and we look again soon, for it may be shorter still.
   */
  #endSlowdown(now: Instant, roundTrip: number): void {
    this.#slowdownAt = -1;
    this.#emptyAt = now;
    const known = roundTrip > this.#shortestBefore - KNOWN_MS;
    if (!known) this.#threshold = Math.max(this.#threshold / 2, this.window);
    this.#slowdownEveryMs = known ? Math.min(2 * this.#slowdownEveryMs, SLOWDOWN_MOST_MS) : SLOWDOWN_LEAST_MS;
  }

  /** Packets were lost: at most once for each window of data, as the caller sees to. */
  lost(now: Instant): void {
    this.#lostAt = now;
    this.#windowBefore = this.window;
    this.#thresholdBefore = this.#threshold;
    this.window = afterLoss(this.window, this.#packet);
    this.#threshold = this.window;
    this.#slowdownAt = -1;
  }

  /** The packets of the last loss had only been overtaken. */
  undoLoss(): void {
    if (this.#windowBefore <= this.window) return;
    this.window = this.#windowBefore;
    this.#threshold = this.#thresholdBefore;
    this.#windowBefore = 0;
  }

  /** `again`: the one before was a time-out too, and the window says nothing any more. */
  timedOut(again: boolean, now: Instant): void {
    if (!again) this.#threshold = afterLoss(this.window, this.#packet);
    this.#windowBefore = 0;
    this.#lostAt = now;
    this.window = afterTimeout(this.#packet);
    this.#slowdownAt = -1;
  }

  /** Nothing was sent for longer than a time-out: what the window says is old news. */
  idle(): void {
    if (this.#threshold !== Number.POSITIVE_INFINITY) this.#threshold = Math.max(this.#threshold, this.window);
    this.window = Math.min(this.window, firstWindow(this.#packet));
    this.#slowdownAt = -1;
  }
}
