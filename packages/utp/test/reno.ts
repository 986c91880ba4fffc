/** A TCP flow as far as a bottleneck sees it: Reno with selective acks, a packet an ack, endless data. */
import type { Link, Network } from './link.ts';

const PAYLOAD = 1448;
const DATAGRAM = 1472;
const ACK = 12;
const REORDER = 3;

export class RenoFlow {
  received = 0;
  readonly samples: { at: number; received: number }[] = [];
  readonly #network: Network;
  readonly #there: Link;
  readonly #back: Link;
  #window = 10;
  #threshold = Number.POSITIVE_INFINITY;
  /** Sender: the next new packet, the first without an ack, those under way or lost, and the furthest that arrived. */
  #next = 0;
  #acked = 0;
  readonly #flying = new Set<number>();
  readonly #lost = new Set<number>();
  readonly #repeated = new Set<number>();
  #furthest = -1;
  #recoverUntil = -1;
  #timer = 0;
  /** Receiver. */
  #expected = 0;
  readonly #early = new Set<number>();
  #running = true;

  constructor(network: Network, there: Link, back: Link, startAt: number, sampleMs = 100) {
    this.#network = network;
    this.#there = there;
    this.#back = back;
    network.at(startAt, () => this.#pump());
    const sample = () => {
      this.samples.push({ at: network.now, received: this.received });
      network.at(network.now + sampleMs, sample);
    };
    network.at(startAt, sample);
  }

  stop(): void {
    this.#running = false;
  }

  /** Bytes a millisecond between two times. */
  rate(from: number, to: number): number {
    const at = (when: number) => this.samples.findLast((sample) => sample.at <= when)?.received ?? 0;
    return (at(to) - at(from)) / (to - from);
  }

  #pump(): void {
    while (this.#running && this.#flying.size < this.#window) {
      const [lost] = this.#lost;
      this.#send(lost ?? this.#next++);
    }
  }

  #send(number: number): void {
    if (this.#lost.delete(number)) this.#repeated.add(number);
    this.#flying.add(number);
    this.#there.send(DATAGRAM, () => this.#arrive(number));
    this.#restartTimer();
  }

  #restartTimer(): void {
    const timer = ++this.#timer;
    this.#network.at(this.#network.now + 1500, () => {
      if (timer === this.#timer && this.#running) this.#timedOut();
    });
  }

  #arrive(number: number): void {
    if (number >= this.#expected) this.#early.add(number);
    while (this.#early.delete(this.#expected)) {
      this.#expected++;
      this.received += PAYLOAD;
    }
    const expected = this.#expected;
    this.#back.send(ACK, () => this.#acknowledge(expected, number));
  }

  #acknowledge(expected: number, number: number): void {
    this.#flying.delete(number);
    this.#lost.delete(number);
    if (!this.#repeated.has(number) && number > this.#furthest) this.#furthest = number;
    const news = Math.max(0, expected - this.#acked);
    for (; this.#acked < expected; this.#acked++) {
      this.#flying.delete(this.#acked);
      this.#lost.delete(this.#acked);
      this.#repeated.delete(this.#acked);
    }
    if (news > 0) this.#restartTimer();
    if (news > 0 && this.#acked > this.#recoverUntil) {
      this.#window += this.#window < this.#threshold ? news : news / this.#window;
    }
    this.#findLost();
    this.#pump();
  }

  #findLost(): void {
    for (const number of this.#flying) {
      if (number > this.#furthest - REORDER) break;
      if (this.#repeated.has(number)) continue;
      this.#flying.delete(number);
      this.#lost.add(number);
      if (number <= this.#recoverUntil) continue;
      this.#recoverUntil = this.#next;
      this.#threshold = Math.max(2, this.#window / 2);
      this.#window = this.#threshold;
    }
  }

  #timedOut(): void {
    this.#threshold = Math.max(2, this.#window / 2);
    this.#window = 1;
    this.#recoverUntil = -1;
    for (const number of this.#flying) this.#lost.add(number);
    this.#flying.clear();
    this.#repeated.clear();
    this.#pump();
  }
}
