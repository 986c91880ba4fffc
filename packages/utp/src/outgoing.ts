/**
 * The sending half of a connection (BEP 29): cuts what was written into packets as far as both windows allow, repeats what was
 * lost, and learns from acks. Packets are cut when the endpoint is flushed, so that small writes share one.
 */
import type { Address, Datagram, Instant } from '@ferro/core';
import { Congestion } from './congestion.ts';
import { DelayHistory } from './delay-history.ts';
import type { AckSample } from './ledbat.ts';
import { limits } from './limits.ts';
import { MtuSearch } from './mtu.ts';
import { type HeaderFields, headerLength, type PacketReader, packetTypes, padPacket, writeHeader } from './packet.ts';
import type { PacketCell, PacketPool } from './packet-pool.ts';
import { RoundTripTime } from './rtt.ts';
import { SendBuffer } from './send-buffer.ts';
import { distance } from './sequence.ts';
import { WriteQueue } from './write-queue.ts';

/** What the headers of IP and UDP take of the MTU. */
const OVERHEAD_IPV4 = 28;
const OVERHEAD_IPV6 = 48;
const DUPLICATES = 3;
const NEVER = Number.POSITIVE_INFINITY;

export class Outgoing {
  readonly #remote: Address;
  readonly #buffer: SendBuffer;
  readonly #queue: WriteQueue;
  readonly #delays = new DelayHistory();
  readonly #mtu: MtuSearch;
  readonly #congestion: Congestion;
  readonly rtt: RoundTripTime = new RoundTripTime();
  #peerWindow: number;
  #fin: 'open' | 'wanted' | 'sent' = 'open';
  /**
   * Bytes of the first write that are not yet in packets; -1: nothing was written. They share none with what follows: some clients
   * keep what stands behind a handshake in its packet, and look at it when the next packet comes.
   */
  #greeting = -1;
  #timeoutAt: Instant = NEVER;
  #timeouts = 0;
  /** While the peer's window is shut: when to send one packet all the same, and how long to wait then. */
  #windowProbeAt: Instant = NEVER;
  #windowProbeMs = 0;
  /** It was our own window that held packets back, the last time. */
  #limited = false;
  /** Losses of what was sent up to this transmission have been answered. */
  #answered = 0;
  #duplicates = 0;
  /** The first repetition after a loss goes at once: the window, just halved, is still full. */
  #urgent = false;
  #sentAt: Instant;
  #full = false;
  #waiting = false;
  #starved = false;
  readonly #sample: AckSample = { acked: 0, flight: 0, queueing: 0.5, roundTrip: 0.5, sentFlight: 0 };

  constructor(remote: Address, first: number, peerWindow: number, mtu: number, pool: PacketPool, now: Instant) {
    this.#remote = remote;
    this.#buffer = new SendBuffer(pool, first);
    this.#queue = new WriteQueue(pool.copier);
    this.#peerWindow = peerWindow;
    this.#mtu = new MtuSearch(mtu, remote.ip.includes(':') ? OVERHEAD_IPV6 : OVERHEAD_IPV4);
    const packet = this.#mtu.length - headerLength;
    this.#congestion = new Congestion(packet, limits.packetsInFlight * (mtu - headerLength), now);
    this.#sentAt = now;
  }

  /** Bytes written that are not yet in packets: the chunks they came in must not change. */
  get unsent(): number {
    return this.#queue.length;
  }

  get next(): number {
    return this.#buffer.next;
  }

  get window(): number {
    return this.#congestion.window;
  }

  get queueing(): number {
    return this.#delays.queueing;
  }

  get packetLength(): number {
    return this.#mtu.length;
  }

  /** Everything, and the FIN, has arrived. */
  get complete(): boolean {
    return this.#fin === 'sent' && this.#buffer.count === 0;
  }

  /** There is something to send, nothing is under way whose ack would bring another try, and no memory was left. */
  get isStarved(): boolean {
    return this.#starved && this.#buffer.count === 0;
  }

  get finSent(): boolean {
    return this.#fin === 'sent';
  }

  get deadline(): Instant {
    if (this.#buffer.count > 0) return this.#timeoutAt;
    return this.#queue.length > 0 ? this.#windowProbeAt : NEVER;
  }

  /** False: enough waits now. */
  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#fin !== 'open') return false;
    for (const chunk of chunks) this.#queue.push(chunk);
    if (this.#greeting === -1) this.#greeting = this.#queue.length;
    this.#waiting = this.#queue.length > 0;
    if (this.#queue.length >= limits.writeQueue) this.#full = true;
    return !this.#full;
  }

  end(): void {
    if (this.#fin === 'open') this.#fin = 'wanted';
  }

  /** Once after all that was written has gone into packets, or half of it after write() had returned false. */
  takeWritable(): boolean {
    const { length } = this.#queue;
    if (!this.#waiting || (length > 0 && !(this.#full && length <= limits.writeQueue / 2))) return false;
    this.#full = false;
    this.#waiting = length > 0;
    return true;
  }

  /** How far an ack number is from what it may be: `new` and `old` ones are believed, `unsent` is a lie or a guess. */
  judge(ack: number): 'new' | 'old' | 'unsent' {
    if (distance(this.#buffer.acknowledged, ack) <= this.#buffer.count) return 'new';
    return distance(ack, this.#buffer.acknowledged) <= limits.ackBehind ? 'old' : 'unsent';
  }

  /** Whether a RESET answers something that we have lately sent; acks without data use the number of the next packet. */
  answers(ack: number): boolean {
    return distance(this.#buffer.acknowledged, ack) <= this.#buffer.count + 1;
  }

  shiftClock(microseconds: number): void {
    this.#delays.shift(microseconds);
  }

  /** A packet whose ack number was judged `new`. `bare`: it carries no data, so it is there to ack. */
  acknowledge(packet: PacketReader, bytes: Uint8Array, bare: boolean, now: Instant): void {
    const buffer = this.#buffer;
    const windowBefore = this.#peerWindow;
    this.#peerWindow = packet.window;
    if (this.#peerWindow > 0) this.#windowProbeAt = NEVER;
    // The peer lives and says that it is full: that is no reason to give it up.
    else this.#timeouts = 0;
    if (buffer.count === 0) return;
    if (packet.timestampDifference !== 0) this.#delays.add(packet.timestampDifference, now);
    const before = buffer.acknowledged;
    buffer.acknowledge(packet.acknowledged, bytes, packet.maskAt, packet.maskLength, now - this.rtt.shortest / 2);
    if (buffer.ackedPackets > 0) {
      this.#progress(now);
    } else if (bare && packet.maskLength === 0 && packet.acknowledged === before && packet.window === windowBefore) {
      if (++this.#duplicates === DUPLICATES) this.#answerLoss(buffer.loseOldest(this.#answered), now);
    }
  }

  #progress(now: Instant): void {
    const buffer = this.#buffer;
    this.#timeouts = 0;
    this.#duplicates = 0;
    const roundTrip = buffer.newestSentAt < 0 ? this.rtt.smoothed : now - buffer.newestSentAt;
    if (buffer.newestSentAt >= 0) this.rtt.sample(roundTrip);
    if (buffer.probeArrived > 0) {
      this.#mtu.arrived(buffer.probeArrived);
      this.#congestion.packet = this.#mtu.length - headerLength;
    }
    const sample = this.#sample;
    sample.acked = buffer.ackedBytes;
    sample.flight = buffer.flight + buffer.ackedBytes;
    sample.roundTrip = roundTrip;
    sample.sentFlight = buffer.newestFlight;
    // Packets cannot have queued for longer than the whole way took, whatever the timestamps say.
    sample.queueing = Math.min(this.#delays.queueing, roundTrip);
    this.#congestion.acked(sample, now, buffer.newestSentAt, this.#limited);
    if (buffer.overtaken > 0) {
      buffer.tolerate();
      this.#congestion.undoLoss();
    }
    this.#answerLoss(buffer.findLost(this.#answered), now);
    this.#timeoutAt = buffer.count === 0 ? NEVER : now + this.rtt.timeout;
  }

  #answerLoss(news: number, now: Instant): void {
    if (this.#buffer.probeLost > 0) this.#mtu.lost(this.#buffer.probeLost, now);
    if (news === 0) return;
    this.#congestion.lost(now);
    this.#urgent = true;
    this.#answered = this.#buffer.order;
  }

  /** False: the peer is gone. */
  tick(now: Instant): boolean {
    if (now >= this.#timeoutAt) return this.#timedOut(now);
    return true;
  }

  #timedOut(now: Instant): boolean {
    const oldest = this.#buffer.oldest;
    const onlyProbe = this.#buffer.count === 1 && oldest !== undefined && oldest.transmissions === 1;
    const probe = onlyProbe ? oldest.probeLength : 0;
    this.#buffer.probeLost = 0;
    this.#buffer.loseAll();
    this.#timeoutAt = NEVER;
    if (this.#buffer.probeLost > 0) this.#mtu.lost(this.#buffer.probeLost, now);
    if (probe > 0) return true;
    this.#timeouts++;
    this.rtt.backOff();
    // What was sent into a shut window says nothing about the path.
    if (this.#peerWindow > 0) this.#congestion.timedOut(this.#timeouts > 1, now);
    this.#answered = this.#buffer.order;
    if (this.#timeouts > 1) {
      this.#mtu.blackHole(now);
      this.#congestion.packet = this.#mtu.length - headerLength;
    }
    return this.#timeouts <= limits.timeouts;
  }

  /** Writes what may go now. True: something went, and its headers carried our ack. */
  collect(head: HeaderFields, now: Instant, out: Datagram[]): boolean {
    const orderBefore = this.#buffer.order;
    if (this.#buffer.count === 0 && this.#queue.length > 0 && now - this.#sentAt > this.rtt.timeout) {
      this.#congestion.idle();
    }
    if (this.#repeatLost(head, now, out)) this.#sendNew(head, now, out);
    if (this.#fin === 'wanted' && this.#queue.length === 0) this.#sendFin(head, now, out);
    if (this.#buffer.order === orderBefore) return false;
    this.#sentAt = now;
    if (this.#timeoutAt === NEVER) this.#timeoutAt = now + this.rtt.timeout;
    return true;
  }

  clear(): void {
    this.#queue.clear();
    this.#buffer.clear();
    this.#timeoutAt = NEVER;
    this.#windowProbeAt = NEVER;
  }

  /** False: the window is full of repetitions. */
  #repeatLost(head: HeaderFields, now: Instant, out: Datagram[]): boolean {
    const buffer = this.#buffer;
    for (let cell = buffer.nextLost(); cell !== undefined; cell = buffer.nextLost()) {
      if (buffer.flight > 0 && buffer.flight + cell.payloadLength > this.#congestion.window && !this.#urgent) {
        this.#limited = true;
        return false;
      }
      this.#urgent = false;
      this.#send(cell, head, now, out);
    }
    return true;
  }

  #sendNew(head: HeaderFields, now: Instant, out: Datagram[]): void {
    const buffer = this.#buffer;
    const full = this.#mtu.length - headerLength;
    const window = Math.min(this.#congestion.window, this.#peerWindow);
    this.#limited = false;
    while (this.#queue.length > 0 && buffer.count < limits.packetsInFlight) {
      let length = Math.min(this.#queue.length, full);
      if (this.#greeting > 0) length = Math.min(length, this.#greeting);
      const room = window - buffer.flight;
      if (length > room) {
        if (buffer.flight > 0) {
          this.#limited = this.#congestion.window <= this.#peerWindow;
          return;
        }
        if (room <= 0 && !this.#mayProbeWindow(now)) return;
        // A window smaller than a packet would otherwise stay unused for ever.
        if (room > 0) length = room;
      }
      if (!this.#sendPacket(length, length === full, head, now, out)) return;
    }
  }

  /** The peer's window is shut, and the packet that opens it again may have been lost: ask now and then. */
  #mayProbeWindow(now: Instant): boolean {
    if (this.#buffer.count > 0) return false;
    if (this.#windowProbeAt === NEVER) {
      this.#windowProbeMs = this.rtt.timeout;
      this.#windowProbeAt = now + this.#windowProbeMs;
    }
    if (now < this.#windowProbeAt) return false;
    this.#windowProbeMs = Math.min(this.#windowProbeMs * 2, limits.timeoutMostMs);
    this.#windowProbeAt = now + this.#windowProbeMs;
    return true;
  }

  #sendPacket(length: number, full: boolean, head: HeaderFields, now: Instant, out: Datagram[]): boolean {
    const cell = this.#buffer.add();
    this.#starved = cell === undefined;
    if (cell === undefined) return false;
    this.#queue.take(cell.memory, headerLength, length);
    if (this.#greeting > 0) this.#greeting -= length;
    this.#fill(cell, packetTypes.data, length);
    // Only where a lost probe is soon found lost: with others under way behind it.
    if (full && this.#queue.length > length) cell.probeLength = this.#mtu.probeLength(now);
    if (cell.probeLength > 0) this.#mtu.sent();
    this.#send(cell, head, now, out);
    return true;
  }

  #sendFin(head: HeaderFields, now: Instant, out: Datagram[]): void {
    const cell = this.#buffer.add();
    this.#starved = cell === undefined;
    if (cell === undefined) return;
    this.#fin = 'sent';
    this.#fill(cell, packetTypes.fin, 0);
    this.#send(cell, head, now, out);
  }

  #fill(cell: PacketCell, type: number, length: number): void {
    cell.type = type;
    cell.payloadLength = length;
    cell.address = this.#remote;
    cell.setLength(headerLength + length);
  }

  #send(cell: PacketCell, head: HeaderFields, now: Instant, out: Datagram[]): void {
    writeHeader(cell.memory, cell.type, 0, cell.sequence, head);
    this.#buffer.sent(cell, now);
    const padded = cell.probeLength > 0 && cell.transmissions === 1;
    out.push(padded ? { bytes: padPacket(cell.bytes, cell.probeLength), address: this.#remote } : cell);
  }
}
