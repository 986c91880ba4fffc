/**
 * One connection (BEP 29, connection setup; type): SYN to FIN or RESET. It joins an outgoing and an incoming half and decides
 * which packets to believe. Where the BEP's diagram and deployed clients differ it does as they do: a STATE takes no sequence
 * number, not even the one that answers a SYN.
 *
 * Commands return values, packets lead to events in the given array, output waits for collect().
 */
import type { Address, Datagram, Environment, Instant, MemoryBudget } from '@ferro/core';
import { concatBytes, ProtocolError } from '@ferro/core';
import type { UtpEvent } from './events.ts';
import { Incoming } from './incoming.ts';
import { limits } from './limits.ts';
import { Outgoing } from './outgoing.ts';
import { type HeaderFields, type PacketReader, packetTypes, smallPacket } from './packet.ts';
import type { PacketPool } from './packet-pool.ts';
import { advance, timestampOf } from './sequence.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** `lingering`: both sides have finished, and a repeated FIN is still acked. */
export type UtpConnectionState = 'connecting' | 'connected' | 'lingering' | 'closed';

/** What the user of an endpoint sees of a connection. */
export interface UtpConnection {
  readonly remote: Address;
  readonly state: UtpConnectionState;
  /** Bytes written whose chunks are still referred to, and must not change. */
  readonly unsent: number;
  /** Milliseconds, smoothed; 0 until measured. */
  readonly roundTrip: number;
  /** Milliseconds that our packets wait in queues of the path. */
  readonly queueing: number;
  /** Bytes that may be under way. */
  readonly congestionWindow: number;
  /** The length of a full datagram. */
  readonly packetLength: number;
  /** Sends the chunks, by reference. False: enough waits; go on after a `writable` event. */
  write(chunks: readonly Uint8Array[]): boolean;
  /** Sends what was written, then tells the peer that no more will come. Receiving goes on. */
  end(): void;
  /** Lets go at once, of unsent data too, and tells the peer. No event follows. */
  reset(): void;
  /** No `data` until resume(); the peer is made to wait. */
  pause(): void;
  resume(): void;
}

/** What a connection needs of its endpoint. */
export interface ConnectionContext {
  readonly env: Environment;
  readonly pool: PacketPool;
  readonly budget: MemoryBudget;
  readonly mtu: number;
  readonly receiveWindow: number;
  /** The connection has something to send, or its deadline has changed. */
  touch(connection: Connection): void;
}

/** How a connection starts: as the one that sends the SYN, or as the one that has answered it. */
export type ConnectionStart =
  | { readonly type: 'initiator'; readonly receiveId: number; readonly synSequence: number }
  | {
      readonly type: 'acceptor';
      readonly receiveId: number;
      readonly peerSequence: number;
      readonly firstSequence: number;
      readonly peerWindow: number;
    };

export class Connection implements UtpConnection {
  readonly remote: Address;
  readonly receiveId: number;
  readonly sendId: number;
  /** Waits in the endpoint's list of connections to collect from. */
  touched = false;
  /** The time at which the endpoint will look after it. */
  alarmAt: Instant = NEVER;
  readonly #context: ConnectionContext;
  readonly #head: HeaderFields;
  readonly #outgoing: Outgoing;
  #incoming: Incoming | undefined;
  #state: UtpConnectionState;
  readonly #synSequence: number;
  #synCount = 0;
  #synAt: Instant = 0;
  #synSentAt: Instant = 0;
  #sentAt: Instant;
  #heardAt: Instant;
  #deliverAt: Instant = NEVER;
  #lingerUntil: Instant = NEVER;
  #saidEnded = false;
  #resetWanted = false;

  constructor(context: ConnectionContext, remote: Address, start: ConnectionStart, now: Instant) {
    this.#context = context;
    this.remote = remote;
    this.receiveId = start.receiveId;
    const initiates = start.type === 'initiator';
    this.sendId = advance(start.receiveId, initiates ? 1 : -1);
    this.#synSequence = initiates ? start.synSequence : 0;
    this.#state = initiates ? 'connecting' : 'connected';
    this.#sentAt = now;
    this.#heardAt = now;
    const first = initiates ? advance(start.synSequence, 1) : start.firstSequence;
    this.#outgoing = new Outgoing(remote, first, initiates ? 0 : start.peerWindow, context.mtu, context.pool, now);
    this.#head = {
      connectionId: this.sendId,
      timestamp: 0,
      timestampDifference: 0,
      window: context.receiveWindow,
      acknowledged: 0,
    };
    if (!initiates) this.#incoming = this.#startIncoming(advance(start.peerSequence, 1));
  }

  #startIncoming(next: number): Incoming {
    return new Incoming(next, this.#context.receiveWindow, this.#context.budget);
  }

  get state(): UtpConnectionState {
    return this.#state;
  }

  get unsent(): number {
    return this.#outgoing.unsent;
  }

  get roundTrip(): number {
    return this.#outgoing.rtt.smoothed;
  }

  get queueing(): number {
    return this.#outgoing.queueing;
  }

  get congestionWindow(): number {
    return this.#outgoing.window;
  }

  get packetLength(): number {
    return this.#outgoing.packetLength;
  }

  /** Nothing is left to say: the endpoint may forget it. */
  get isOver(): boolean {
    return this.#state === 'closed' && !this.#resetWanted;
  }

  /** It has data but could get no memory, and no ack will come to give it another try. */
  get isStarved(): boolean {
    return this.#state === 'connected' && this.#outgoing.isStarved;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#state !== 'connecting' && this.#state !== 'connected') return false;
    const room = this.#outgoing.write(chunks);
    this.#context.touch(this);
    return room;
  }

  end(): void {
    if (this.#state !== 'connecting' && this.#state !== 'connected') return;
    this.#outgoing.end();
    this.#context.touch(this);
  }

  reset(): void {
    if (this.#state === 'closed') return;
    this.#resetWanted = this.#state === 'connected';
    this.#close();
  }

  pause(): void {
    if (this.#incoming !== undefined) this.#incoming.buffer.paused = true;
  }

  resume(): void {
    if (this.#incoming === undefined || !this.#incoming.buffer.paused || this.#state !== 'connected') return;
    this.#incoming.buffer.paused = false;
    // Commands have no events: what was kept is delivered by the next tick.
    this.#deliverAt = this.#context.env.now();
    this.#context.touch(this);
  }

  get deadline(): Instant {
    if (this.#state === 'closed') return NEVER;
    if (this.#incoming === undefined) return this.#synAt;
    if (this.#state === 'lingering') return Math.min(this.#lingerUntil, this.#incoming.ackAt);
    const own = Math.min(this.#sentAt + limits.keepAliveMs, this.#deliverAt, this.#silenceAt);
    return Math.min(own, this.#incoming.ackAt, this.#outgoing.deadline);
  }

  /** A peer that has all of ours, sends no FIN and no sign of life, is gone. */
  get #silenceAt(): Instant {
    return this.#outgoing.complete ? this.#heardAt + limits.silenceMs : NEVER;
  }

  /** A packet from the connection's address, with its id. */
  receive(packet: PacketReader, bytes: Uint8Array, now: Instant, events: UtpEvent[]): void {
    if (packet.type === packetTypes.reset) this.#receiveReset(packet, events);
    else if (packet.type === packetTypes.syn) this.#ignore('utp/unexpected-syn', 'connection setup', events);
    else if (this.#incoming === undefined) this.#receiveAnswer(packet, now, events);
    else this.#receivePacket(packet, bytes, now, this.#incoming, events);
  }

  /** The answer to our SYN. Its sequence number is that of the data that will follow. */
  #receiveAnswer(packet: PacketReader, now: Instant, events: UtpEvent[]): void {
    if (this.#state === 'closed') return;
    if (packet.type !== packetTypes.state || packet.acknowledged !== this.#synSequence || this.#synCount === 0) {
      this.#ignore('utp/ack-of-unsent', 'connection setup', events);
      return;
    }
    this.#incoming = this.#startIncoming(packet.sequence);
    this.#incoming.measure(packet.timestamp, now);
    // Deployed clients stay silent until they have data. We ack the answer, for an acceptor that is to speak first.
    this.#incoming.ackAt = now;
    this.#state = 'connected';
    this.#heardAt = now;
    if (this.#synCount === 1) this.#outgoing.rtt.sample(now - this.#synSentAt);
    this.#outgoing.acknowledge(packet, EMPTY, true, now);
    events.push({ type: 'connected', connection: this });
    this.#context.touch(this);
  }

  #receivePacket(packet: PacketReader, bytes: Uint8Array, now: Instant, incoming: Incoming, events: UtpEvent[]): void {
    const verdict = this.#outgoing.judge(packet.acknowledged);
    if (verdict === 'unsent') {
      this.#ignore('utp/ack-of-unsent', 'ack_nr', events);
      return;
    }
    const bare = packet.type === packetTypes.state;
    if (this.#state !== 'connected') {
      if (this.#state === 'lingering' && !bare) incoming.ackAt = now;
      this.#context.touch(this);
      return;
    }
    this.#heardAt = now;
    const drift = incoming.measure(packet.timestamp, now);
    if (drift > 0) this.#outgoing.shiftClock(drift);
    if (verdict === 'new') this.#outgoing.acknowledge(packet, bytes, bare, now);
    if (!bare) {
      const payload = bytes.subarray(packet.payloadAt);
      if (!incoming.receive(packet.sequence, packet.type === packetTypes.fin, payload, now)) {
        this.#ignore('utp/data-after-fin', 'ST_FIN', events);
      }
      this.#deliver(incoming, now, events);
    }
    if (this.#outgoing.takeWritable()) events.push({ type: 'writable', connection: this });
    this.#finish(now, events);
    this.#context.touch(this);
  }

  /** At most one `data` event a packet, so that pause() takes effect where it is called. */
  #deliver(incoming: Incoming, now: Instant, events: UtpEvent[]): void {
    const { buffer } = incoming;
    if (buffer.paused) return;
    const { ready } = buffer;
    if (ready.length > 0) {
      const bytes = ready.length === 1 ? ready[0]! : concatBytes(ready);
      events.push({ type: 'data', connection: this, bytes });
      incoming.taken(now);
    }
    if (buffer.complete && !this.#saidEnded) {
      this.#saidEnded = true;
      events.push({ type: 'ended', connection: this });
    }
  }

  #finish(now: Instant, events: UtpEvent[]): void {
    if (!this.#saidEnded || !this.#outgoing.complete) return;
    this.#state = 'lingering';
    this.#lingerUntil = now + limits.lingerMs;
    events.push({ type: 'closed', connection: this });
  }

  /** A RESET that does not answer anything we have sent was made by somebody who cannot see our packets. */
  #receiveReset(packet: PacketReader, events: UtpEvent[]): void {
    const answers =
      this.#incoming === undefined
        ? packet.acknowledged === this.#synSequence
        : this.#outgoing.answers(packet.acknowledged);
    if (!answers || (this.#synCount === 0 && this.#incoming === undefined)) {
      this.#ignore('utp/reset-mismatch', 'ST_RESET', events);
      return;
    }
    const silent = this.#state === 'lingering' || this.#state === 'closed';
    // Deployed clients forget a connection as soon as their own FIN is acked, and answer ours with a RESET.
    const clean = this.#saidEnded && this.#outgoing.finSent;
    this.#close();
    if (!silent) events.push({ type: 'closed', connection: this, ...(!clean && { reason: 'reset' as const }) });
  }

  #ignore(code: string, section: string, events: UtpEvent[]): void {
    const reason = new ProtocolError(code, `BEP 29, ${section}`, 'the packet does not belong here');
    events.push({ type: 'ignored', from: this.remote, reason });
  }

  tick(now: Instant, events: UtpEvent[]): void {
    this.#context.touch(this);
    if (this.#incoming === undefined) {
      if (now >= this.#synAt && this.#synCount >= limits.connectAttempts) this.#timeOut(events);
      return;
    }
    if (this.#state === 'lingering') {
      if (now >= this.#lingerUntil) this.#close();
      return;
    }
    if (this.#state !== 'connected') return;
    if (!this.#outgoing.tick(now) || now >= this.#silenceAt) {
      this.#timeOut(events);
      return;
    }
    if (now < this.#deliverAt) return;
    this.#deliverAt = NEVER;
    this.#deliver(this.#incoming, now, events);
    this.#finish(now, events);
  }

  #timeOut(events: UtpEvent[]): void {
    this.#close();
    events.push({ type: 'closed', connection: this, reason: 'timeout' });
  }

  #close(): void {
    this.#state = 'closed';
    this.#incoming?.buffer.clear();
    this.#outgoing.clear();
    this.#context.touch(this);
  }

  /** Appends what is to be sent now. */
  collect(now: Instant, out: Datagram[]): void {
    this.#head.timestamp = timestampOf(now);
    if (this.#state === 'connecting') this.#collectSyn(now, out);
    if (this.#incoming === undefined) return;
    this.#head.timestampDifference = this.#incoming.replyDelay;
    this.#head.window = this.#incoming.buffer.window;
    this.#head.acknowledged = this.#incoming.acknowledged;
    if (this.#resetWanted) {
      this.#resetWanted = false;
      this.#say(packetTypes.reset, now, out);
    }
    if (this.#state !== 'closed') this.#collectPackets(this.#incoming, now, out);
  }

  #collectSyn(now: Instant, out: Datagram[]): void {
    if (now < this.#synAt || this.#synCount >= limits.connectAttempts) return;
    this.#synSentAt = now;
    this.#synAt = now + limits.timeoutFirstMs * 2 ** this.#synCount++;
    // The SYN is the one packet that carries the id by which its sender wants to be answered.
    const head = { ...this.#head, connectionId: this.receiveId };
    out.push({ bytes: smallPacket(packetTypes.syn, this.#synSequence, head), address: this.remote });
  }

  #collectPackets(incoming: Incoming, now: Instant, out: Datagram[]): void {
    const sent = this.#state === 'connected' && this.#outgoing.collect(this.#head, now, out);
    const { hasGap } = incoming.buffer;
    if (sent) {
      this.#sentAt = now;
      // Data packets carry the ack, but not what came behind a gap.
      if (!hasGap) incoming.acked();
    }
    if (incoming.ackAt <= now) {
      this.#say(packetTypes.state, now, out, hasGap ? incoming.buffer.mask() : undefined);
      incoming.acked();
    } else if (now >= this.#sentAt + limits.keepAliveMs && this.#state === 'connected') {
      // An ack of the packet before the last: it is news to nobody, and says that we live.
      this.#head.acknowledged = advance(this.#head.acknowledged, -1);
      this.#say(packetTypes.state, now, out);
    }
  }

  #say(type: number, now: Instant, out: Datagram[], mask?: Uint8Array): void {
    this.#sentAt = now;
    out.push({ bytes: smallPacket(type, this.#outgoing.next, this.#head, mask), address: this.remote });
  }
}

const EMPTY = new Uint8Array(0);
