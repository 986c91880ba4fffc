/**
 * Packets that were sent and are not yet acked (BEP 29, packet loss; Selective ACK). Which of them have arrived, which are
 * taken for lost and go again. A packet counts as lost when one that was sent three transmissions later has arrived: the BEP's
 * three duplicate acks, put so that it also finds packets whose repetition was lost. Knows no window and no timer.
 */
import type { Instant } from '@ferro/core';
import { limits } from './limits.ts';
import { cellStates, type PacketCell, type PacketPool } from './packet-pool.ts';
import { advance, distance } from './sequence.ts';

const RING_FIRST = 16;

export class SendBuffer {
  readonly #pool: PacketPool;
  /** The packet with number n is at n modulo the length; a hole is a packet that was acked out of order. */
  #ring: (PacketCell | undefined)[] = [];
  /** The oldest packet without an ack; equal to `next` if there is none. */
  #first: number;
  #next: number;
  /** Transmissions are counted; the latest of those that arrived. */
  #order = 0;
  #arrivedOrder = 0;
  #lostCount = 0;
  #unanswered: Instant = 0;
  /** No lost packet lies before this one. */
  #resendFrom: number;
  #reorder: number = limits.reorder;

  /** Bytes under way: sent, not acked, not taken for lost. */
  flight = 0;

  // What the last acknowledge() or findLost() came to; read at once, valid until the next.
  ackedBytes = 0;
  ackedPackets = 0;
  /** When the newest packet that arrived was sent; Karn: only of those that were sent once, -1 if there is none. */
  newestSentAt: Instant = -1;
  /** Bytes that were under way when it left. */
  newestFlight = 0;
  /** The length of a probe of the path's MTU that has arrived, or has been lost; or 0. */
  probeArrived = 0;
  probeLost = 0;
  /** Packets that were taken for lost and were not. */
  overtaken = 0;

  constructor(pool: PacketPool, first: number) {
    this.#pool = pool;
    this.#first = first;
    this.#next = first;
    this.#resendFrom = first;
  }

  /** The number of the next new packet. */
  get next(): number {
    return this.#next;
  }

  /** The number up to which everything has arrived. */
  get acknowledged(): number {
    return advance(this.#first, -1);
  }

  /** Packets that are not acked in order. */
  get count(): number {
    return distance(this.#first, this.#next);
  }

  get hasLost(): boolean {
    return this.#lostCount > 0;
  }

  /** The transmission count: what was sent before a moment has an order up to it. */
  get order(): number {
    return this.#order;
  }

  get oldest(): PacketCell | undefined {
    return this.count > 0 ? this.#ring[this.#first & (this.#ring.length - 1)] : undefined;
  }

  /** Takes a cell for the packet with the number `next`; undefined when there is no memory. Fill it, then call sent(). */
  add(): PacketCell | undefined {
    const cell = this.#pool.take();
    if (cell === undefined) return undefined;
    if (this.count >= this.#ring.length) this.#growRing();
    cell.sequence = this.#next;
    cell.transmissions = 0;
    cell.probeLength = 0;
    cell.state = cellStates.flying;
    this.#ring[this.#next & (this.#ring.length - 1)] = cell;
    this.#next = advance(this.#next, 1);
    return cell;
  }

  sent(cell: PacketCell, now: Instant): void {
    if (cell.state === cellStates.lost) {
      cell.state = cellStates.flying;
      this.#lostCount--;
    }
    cell.transmissions++;
    cell.sentAt = now;
    cell.order = ++this.#order;
    this.flight += cell.payloadLength;
    cell.flight = this.flight;
  }

  /** The lost packet that should go first. */
  nextLost(): PacketCell | undefined {
    if (this.#lostCount === 0) return undefined;
    for (; this.#resendFrom !== this.#next; this.#resendFrom = advance(this.#resendFrom, 1)) {
      const cell = this.#at(this.#resendFrom);
      if (cell !== undefined && cell.state === cellStates.lost) return cell;
    }
    return undefined;
  }

  /**
   * `ack` must lie between `acknowledged` and the last packet. The mask is that of a selective ack, if `maskLength` is not 0.
   * What was sent again after `unanswered` cannot have been answered yet: such an ack is for the packet's first transmission.
   */
  acknowledge(ack: number, bytes: Uint8Array, maskAt: number, maskLength: number, unanswered: Instant): void {
    this.#reset();
    this.#unanswered = unanswered;
    while (distance(this.#first, ack) < this.count) {
      const place = this.#first & (this.#ring.length - 1);
      const cell = this.#ring[place];
      if (cell !== undefined) this.#arrived(cell);
      this.#ring[place] = undefined;
      if (this.#resendFrom === this.#first) this.#resendFrom = advance(this.#first, 1);
      this.#first = advance(this.#first, 1);
    }
    if (maskLength > 0) this.#selective(ack, bytes, maskAt, maskLength);
  }

  /** Bits beyond what was sent mean nothing (BEP 29, Selective ACK). */
  #selective(ack: number, bytes: Uint8Array, maskAt: number, maskLength: number): void {
    const skip = distance(this.#first, advance(ack, 2));
    // An old ack's mask may start before what is still under way; its bits tell nothing new then.
    if (skip > 1) return;
    const bits = Math.min(maskLength * 8, this.count - skip);
    for (let bit = 0; bit < bits; bit++) {
      const byte = bytes[maskAt + (bit >> 3)]!;
      if (byte === 0) {
        bit |= 7;
        continue;
      }
      if ((byte & (1 << (bit & 7))) === 0) continue;
      const place = (this.#first + skip + bit) & (this.#ring.length - 1);
      const cell = this.#ring[place];
      if (cell === undefined) continue;
      this.#arrived(cell);
      this.#ring[place] = undefined;
    }
  }

  /**
   * Takes packets for lost that others have overtaken, and says how many of them were sent after transmission `since`: those
   * tell of a congestion that was not yet answered. A lost probe tells of none.
   */
  findLost(since: number): number {
    const horizon = this.#arrivedOrder - this.#reorder;
    let news = 0;
    for (let sequence = this.#first; sequence !== this.#next; sequence = advance(sequence, 1)) {
      const cell = this.#at(sequence);
      if (cell === undefined || cell.state === cellStates.lost) continue;
      if (cell.order > horizon) {
        // Numbers and first transmissions have one order: behind this one nothing is older.
        if (cell.transmissions === 1) break;
        continue;
      }
      if (this.#markLost(cell) && cell.order > since) news++;
    }
    return news;
  }

  /** The oldest packet is taken for lost: three acks in a row have asked for it. */
  loseOldest(since: number): number {
    const cell = this.oldest;
    if (cell === undefined || cell.state === cellStates.lost || cell.transmissions > 1) return 0;
    return this.#markLost(cell) && cell.order > since ? 1 : 0;
  }

  /** After a time-out nothing is taken to be under way. */
  loseAll(): void {
    for (let sequence = this.#first; sequence !== this.#next; sequence = advance(sequence, 1)) {
      const cell = this.#at(sequence);
      if (cell !== undefined && cell.state === cellStates.flying) this.#markLost(cell);
    }
  }

  /** The path reorders by more than was allowed for. */
  tolerate(): void {
    this.#reorder = Math.min(this.#reorder * 2, limits.reorderMost);
  }

  /** Gives all memory back. */
  clear(): void {
    for (const cell of this.#ring) if (cell !== undefined) this.#pool.give(cell);
    this.#ring = [];
    this.#first = this.#next;
    this.flight = 0;
    this.#lostCount = 0;
  }

  #at(sequence: number): PacketCell | undefined {
    return this.#ring[sequence & (this.#ring.length - 1)];
  }

  #reset(): void {
    this.ackedBytes = 0;
    this.ackedPackets = 0;
    this.newestSentAt = -1;
    this.newestFlight = 0;
    this.probeArrived = 0;
    this.probeLost = 0;
    this.overtaken = 0;
  }

  /** Only here do acked bytes come from, so only what was really under way can ever make the window grow. */
  #arrived(cell: PacketCell): void {
    this.ackedBytes += cell.payloadLength;
    this.ackedPackets++;
    const overtaken = cell.state === cellStates.lost || (cell.transmissions > 1 && cell.sentAt > this.#unanswered);
    if (cell.state === cellStates.lost) this.#lostCount--;
    else this.flight -= cell.payloadLength;
    if (overtaken) this.overtaken++;
    else if (cell.order > this.#arrivedOrder) this.#arrivedOrder = cell.order;
    if (cell.transmissions === 1) {
      if (cell.sentAt >= this.newestSentAt) {
        this.newestSentAt = cell.sentAt;
        this.newestFlight = cell.flight;
      }
      if (cell.probeLength > 0) this.probeArrived = cell.probeLength;
    }
    this.#pool.give(cell);
  }

  /** False if the loss is that of a probe, and says nothing of congestion. */
  #markLost(cell: PacketCell): boolean {
    cell.state = cellStates.lost;
    this.flight -= cell.payloadLength;
    this.#lostCount++;
    if (this.#resendFrom !== cell.sequence && distance(cell.sequence, this.#resendFrom) <= this.count) {
      this.#resendFrom = cell.sequence;
    }
    if (cell.probeLength === 0 || cell.transmissions > 1) return true;
    this.probeLost = cell.probeLength;
    return false;
  }

  #growRing(): void {
    const old = this.#ring;
    const grown = new Array<PacketCell | undefined>(Math.max(RING_FIRST, old.length * 2)).fill(undefined);
    for (let sequence = this.#first; sequence !== this.#next; sequence = advance(sequence, 1)) {
      grown[sequence & (grown.length - 1)] = old[sequence & (old.length - 1)];
    }
    this.#ring = grown;
  }
}
