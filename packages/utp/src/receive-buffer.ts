/**
 * Puts packets back in order (BEP 29, seq_nr; Selective ACK; ST_FIN): what comes early is copied and kept until the gap before it
 * is closed, and the mask of selective acks says what is kept. Bounded in packets, in bytes, and by a budget of all connections.
 */
import type { MemoryBudget } from '@ferro/core';
import { limits } from './limits.ts';
import { advance, distance } from './sequence.ts';

/** The longest mask that an extension can hold in multiples of four bytes. */
const MASK_BYTES_MAX = 252;
const RING_FIRST = 16;

export class ReceiveBuffer {
  readonly #budget: MemoryBudget;
  readonly #capacity: number;
  #next: number;
  /** Packet n is at n modulo the length. */
  #early: (Uint8Array | undefined)[] = [];
  #earlyCount = 0;
  /** The furthest early packet, as steps from `next`. */
  #reach = 0;
  /** The number of the FIN; -1 until one came. */
  #end = -1;
  /** In order, for the reader. */
  readonly ready: Uint8Array[] = [];
  /** Copy what becomes ready, for nobody will read it before the input is gone. */
  paused = false;
  /** Bytes kept: early ones, and ready ones while paused. */
  held = 0;

  constructor(next: number, capacity: number, budget: MemoryBudget) {
    this.#next = next;
    this.#capacity = capacity;
    this.#budget = budget;
  }

  /** The number of the first packet that has not come. */
  get next(): number {
    return this.#next;
  }

  /** Everything up to the FIN, and it too, has come. */
  get complete(): boolean {
    return this.#end !== -1 && this.#next === advance(this.#end, 1);
  }

  get hasGap(): boolean {
    return this.#earlyCount > 0;
  }

  /** Bytes that a sender may have under way. */
  get window(): number {
    return Math.max(0, this.#capacity - this.held);
  }

  /** Where the sender said that it ends; a second, different FIN changes nothing. */
  end(sequence: number): void {
    if (this.#end === -1 && distance(this.#next, sequence) < limits.earlyPackets) this.#end = sequence;
  }

  /** Beyond the FIN there can be no packet. */
  isBeyondEnd(sequence: number): boolean {
    return this.#end !== -1 && distance(this.#end, sequence) - 1 < 0x7fff && sequence !== this.#end;
  }

  /** Takes a packet. True: it is the next one, and `ready` has grown. False: it is early, known already, or too much. */
  add(sequence: number, payload: Uint8Array): boolean {
    const steps = distance(this.#next, sequence);
    if (steps !== 0) {
      this.#keep(sequence, steps, payload);
      return false;
    }
    if (this.paused && !this.#claim(payload.length)) return false;
    if (payload.length > 0) this.ready.push(this.paused ? payload.slice() : payload);
    this.#next = advance(this.#next, 1);
    if (this.#reach > 0) this.#closeGap();
    return true;
  }

  /** The reader has taken what is ready. */
  taken(): void {
    if (this.paused || this.held > 0) this.#release();
    this.ready.length = 0;
  }

  /** The mask of a selective ack: bit i is packet `next + 1 + i`. */
  mask(): Uint8Array {
    const bits = Math.min(this.#reach, MASK_BYTES_MAX * 8);
    const mask = new Uint8Array(Math.max(4, Math.ceil(bits / 32) * 4));
    for (let bit = 0; bit < bits; bit++) {
      if (this.#at(advance(this.#next, bit + 1)) !== undefined) mask[bit >> 3]! |= 1 << (bit & 7);
    }
    return mask;
  }

  clear(): void {
    this.#budget.giveBack(this.held);
    this.held = 0;
    this.#early = [];
    this.#earlyCount = 0;
    this.#reach = 0;
    this.ready.length = 0;
  }

  /** Bytes of `ready` that were counted: all that were copied. */
  #readyHeld = 0;

  #release(): void {
    this.#budget.giveBack(this.#readyHeld);
    this.held -= this.#readyHeld;
    this.#readyHeld = 0;
  }

  #claim(length: number): boolean {
    if (this.held + length > this.#capacity || !this.#budget.claim(length)) return false;
    this.held += length;
    this.#readyHeld += length;
    return true;
  }

  #keep(sequence: number, steps: number, payload: Uint8Array): void {
    if (steps >= limits.earlyPackets || this.held + payload.length > this.#capacity) return;
    if (this.#early.length <= steps) this.#growRing(steps);
    const place = sequence & (this.#early.length - 1);
    if (this.#early[place] !== undefined || !this.#budget.claim(payload.length)) return;
    this.#early[place] = payload.slice();
    this.held += payload.length;
    this.#earlyCount++;
    if (steps > this.#reach) this.#reach = steps;
  }

  /** The packet before the early ones has come: what follows it without a gap is ready too. */
  #closeGap(): void {
    this.#reach--;
    for (;;) {
      const payload = this.#at(this.#next);
      if (payload === undefined) return;
      this.#early[this.#next & (this.#early.length - 1)] = undefined;
      this.#earlyCount--;
      this.#readyHeld += payload.length;
      if (payload.length > 0) this.ready.push(payload);
      this.#next = advance(this.#next, 1);
      if (this.#reach > 0) this.#reach--;
    }
  }

  #at(sequence: number): Uint8Array | undefined {
    return this.#early[sequence & (this.#early.length - 1)];
  }

  #growRing(steps: number): void {
    const old = this.#early;
    let length = Math.max(RING_FIRST, old.length);
    while (length <= steps) length *= 2;
    const grown = new Array<Uint8Array | undefined>(length).fill(undefined);
    for (let step = 1; step <= this.#reach; step++) {
      const sequence = advance(this.#next, step);
      grown[sequence & (length - 1)] = old[sequence & (old.length - 1)];
    }
    this.#early = grown;
  }
}
