/**
 * The receiving half of a connection (BEP 29): hands packets to the receive buffer, decides when an ack is due, and measures the
 * delay that the peer steers by. An ack is due at once for whatever is out of order, and soon for every second packet: so soon that
 * no window notices, so late that a fast sender has one ack for dozens of packets, each of which wakes somebody up.
 */
import type { Instant, MemoryBudget } from '@ferro/core';
import { DelayHistory } from './delay-history.ts';
import { limits } from './limits.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { advance, timestampDifference, timestampOf } from './sequence.ts';

export class Incoming {
  readonly buffer: ReceiveBuffer;
  readonly #capacity: number;
  readonly #delays = new DelayHistory();
  /** Microseconds that the last packet took, by two unrelated clocks: what the next header says. */
  replyDelay = 0;
  /** When an ack is due; Infinity: none is. */
  ackAt: Instant = Number.POSITIVE_INFINITY;
  #unacked = 0;
  #advertised: number;

  constructor(next: number, capacity: number, budget: MemoryBudget) {
    this.buffer = new ReceiveBuffer(next, capacity, budget);
    this.#capacity = capacity;
    this.#advertised = capacity;
  }

  /** The number of the last packet that came in order. */
  get acknowledged(): number {
    return advance(this.buffer.next, -1);
  }

  /** Takes the packet's timestamp; returns by how many microseconds the clocks have been seen to drift, or 0. */
  measure(timestamp: number, now: Instant): number {
    this.replyDelay = timestampDifference(timestampOf(now), timestamp);
    const known = this.#delays.hasSamples;
    const before = this.#delays.base;
    this.#delays.add(this.replyDelay, now);
    return known ? before - this.#delays.base : 0;
  }

  /** A packet that takes a number: data or a FIN. False: it cannot be, for the FIN came before it. */
  receive(sequence: number, fin: boolean, payload: Uint8Array, now: Instant): boolean {
    if (this.buffer.isBeyondEnd(sequence)) return false;
    if (fin) this.buffer.end(sequence);
    const inOrder = this.buffer.add(sequence, payload);
    if (!inOrder || fin || this.buffer.hasGap || ++this.#unacked >= limits.ackPackets) this.ackAt = now;
    else this.ackAt = Math.min(this.ackAt, now + (this.#unacked === 1 ? limits.ackDelayMs : limits.ackGatherMs));
    return true;
  }

  /** The reader has taken what was ready. If a sender waits for room, it is told at once. */
  taken(now: Instant): void {
    this.buffer.taken();
    if (this.#advertised < this.#capacity / 2 && this.buffer.window >= this.#capacity / 2) this.ackAt = now;
  }

  /** A header that says all this has been written. */
  acked(): void {
    this.ackAt = Number.POSITIVE_INFINITY;
    this.#unacked = 0;
    this.#advertised = this.buffer.window;
  }
}
