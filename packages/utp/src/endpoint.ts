/**
 * uTP on one UDP socket (BEP 29): finds the connection of each packet, answers SYNs, and refuses what belongs to nobody.
 *
 * The rule of use: inputs return events, commands return values, output waits to be flushed. Flushed datagrams are views of
 * packet memory that is used again: send or copy them before the next call.
 */
import {
  type Address,
  type Datagram,
  type DatagramCore,
  Deadlines,
  type Environment,
  type Instant,
  MemoryBudget,
  ProtocolError,
  readU16,
} from '@ferro/core';
import { Connection, type ConnectionContext, type ConnectionStart, type UtpConnection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import type { UtpEvent } from './events.ts';
import { type HalfOpen, HalfOpenTable } from './half-open.ts';
import { limits } from './limits.ts';
import { PacketReader, packetTypes, smallPacket } from './packet.ts';
import { PacketPool } from './packet-pool.ts';
import { advance, timestampDifference, timestampOf } from './sequence.ts';
import type { Copier } from './write-queue.ts';

export interface UtpOptions {
  /** Bytes of the largest IP packet to try: up to 65,535. Default: `limits.mtu`. */
  readonly mtu?: number;
  /** Bytes that each connection offers to hold. Default: `limits.receiveWindow`. */
  readonly receiveWindow?: number;
  /** Whether others may connect. Default: true. */
  readonly accept?: boolean;
  /** Connections at a time. Default: `limits.connections`. */
  readonly connections?: number;
  /** What copies chunks into packets. A host does it faster than the language where they are of shared memory. */
  readonly copier?: Copier;
}

export class UtpEndpoint implements DatagramCore<UtpEvent> {
  readonly #env: Environment;
  readonly #accept: boolean;
  readonly #connectionsMax: number;
  readonly #context: ConnectionContext;
  readonly #table = new ConnectionTable();
  readonly #halfOpen = new HalfOpenTable();
  readonly #deadlines = new Deadlines<Connection>();
  readonly #reader = new PacketReader();
  #touched: Connection[] = [];
  #out: Datagram[] = [];
  #resetsLeft: number = limits.resetsPerSecond;
  #resetsFrom: Instant = 0;

  constructor(env: Environment, options: UtpOptions = {}) {
    const mtu = options.mtu ?? limits.mtu;
    if (!(mtu >= limits.mtuLeast && mtu <= 65_535)) throw new RangeError(`an MTU of ${mtu} bytes`);
    this.#env = env;
    this.#accept = options.accept ?? true;
    this.#connectionsMax = options.connections ?? limits.connections;
    this.#context = {
      env,
      mtu,
      receiveWindow: options.receiveWindow ?? limits.receiveWindow,
      pool: new PacketPool(mtu - 28, limits.sendMemory, options.copier),
      budget: new MemoryBudget(limits.receiveMemory),
      touch: (connection) => this.#touch(connection),
    };
  }

  /** Connections that are there, lingering ones too. */
  get connections(): number {
    return this.#table.size;
  }

  /** Never fails at once: a `connected` or `closed` event follows. */
  connect(to: Address): UtpConnection {
    let receiveId = this.#random16();
    while (this.#isTaken(to, receiveId)) receiveId = advance(receiveId, 1);
    // The BEP starts at 1; a random number must be seen to be acked, so a blind answer is refused.
    const start: ConnectionStart = { type: 'initiator', receiveId, synSequence: this.#random16() };
    return this.#open(to, start, this.#env.now());
  }

  receive(datagram: Datagram): readonly UtpEvent[] {
    const { bytes, address } = datagram;
    const packet = this.#reader;
    try {
      packet.read(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return [{ type: 'ignored', from: address, reason: error }];
    }
    const now = this.#env.now();
    const events: UtpEvent[] = [];
    const connection = this.#table.find(address, packet.connectionId);
    if (connection !== undefined && packet.type !== packetTypes.syn) connection.receive(packet, bytes, now, events);
    else if (packet.type === packetTypes.syn) this.#receiveSyn(packet, address, now, events);
    else if (packet.type === packetTypes.reset) this.#receiveReset(packet, bytes, address, now, events);
    else this.#receiveProof(packet, bytes, address, now, events);
    return events;
  }

  tick(): readonly UtpEvent[] {
    const now = this.#env.now();
    const events: UtpEvent[] = [];
    this.#halfOpen.expire(now);
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      due.alarmAt = Number.POSITIVE_INFINITY;
      due.tick(now, events);
    }
    return events;
  }

  get deadline(): Instant {
    return Math.min(this.#deadlines.next, this.#halfOpen.deadline);
  }

  flush(): readonly Datagram[] {
    const out = this.#out;
    if (this.#touched.length > 0) this.#collect(this.#env.now(), out);
    if (out.length === 0) return NOTHING;
    this.#out = [];
    return out;
  }

  #collect(now: Instant, out: Datagram[]): void {
    const touched = this.#touched;
    this.#touched = [];
    for (let i = 0; i < touched.length; i++) {
      const connection = touched[i]!;
      connection.touched = false;
      connection.collect(now, out);
      if (connection.isOver) this.#forget(connection);
      else this.#schedule(connection);
    }
  }

  /** Deadlines mostly move later with each packet; the alarm is then left where it is, and rings early. */
  #schedule(connection: Connection): void {
    const when = connection.deadline;
    if (when < connection.alarmAt) {
      connection.alarmAt = when;
      this.#deadlines.set(connection, when);
    }
    if (connection.isStarved) this.#touch(connection);
  }

  #touch(connection: Connection): void {
    if (connection.touched) return;
    connection.touched = true;
    this.#touched.push(connection);
  }

  #open(remote: Address, start: ConnectionStart, now: Instant): Connection {
    const connection = new Connection(this.#context, { ip: remote.ip, port: remote.port }, start, now);
    this.#table.add(connection);
    this.#touch(connection);
    return connection;
  }

  #forget(connection: Connection): void {
    this.#table.delete(connection);
    this.#deadlines.clear(connection);
  }

  #isTaken(address: Address, id: number): boolean {
    return this.#table.find(address, id) !== undefined || this.#halfOpen.find(address, advance(id, -1)) !== undefined;
  }

  #receiveSyn(packet: PacketReader, address: Address, now: Instant, events: UtpEvent[]): void {
    const id = packet.connectionId;
    let entry = this.#halfOpen.find(address, id);
    if (entry === undefined) {
      if (!this.#accept) {
        this.#refuse(packet, address, now);
        events.push(ignored(address, 'utp/not-accepting', 'this endpoint accepts nobody'));
        return;
      }
      if (this.#table.find(address, advance(id, 1)) !== undefined) {
        events.push(ignored(address, 'utp/unexpected-syn', 'there is a connection with this id'));
        return;
      }
      const { ip, port } = address;
      const sequences = { peerSequence: packet.sequence, firstSequence: this.#random16() };
      entry = { address: { ip, port }, id, ...sequences, since: now };
      if (this.#table.size >= this.#connectionsMax || !this.#halfOpen.add(entry)) {
        events.push(ignored(address, 'utp/too-many', 'no room for more connections'));
        return;
      }
    } else if (entry.peerSequence !== packet.sequence) {
      events.push(ignored(address, 'utp/unexpected-syn', 'another SYN with this id is being answered'));
      return;
    }
    this.#answer(entry, packet, now);
  }

  /** As large as the question, and never repeated by itself: of no use for flooding others. */
  #answer(entry: HalfOpen, packet: PacketReader, now: Instant): void {
    const timestamp = timestampOf(now);
    const bytes = smallPacket(packetTypes.state, entry.firstSequence, {
      connectionId: entry.id,
      timestamp,
      timestampDifference: timestampDifference(timestamp, packet.timestamp),
      window: this.#context.receiveWindow,
      acknowledged: entry.peerSequence,
    });
    this.#out.push({ bytes, address: entry.address });
  }

  /** Of whoever has just received our answer to a SYN; anything else belongs to nobody. */
  #receiveProof(packet: PacketReader, bytes: Uint8Array, address: Address, now: Instant, events: UtpEvent[]): void {
    const entry = this.#halfOpen.find(address, advance(packet.connectionId, -1));
    if (entry === undefined) {
      this.#refuse(packet, address, now);
      events.push(ignored(address, 'utp/unknown-connection', 'no connection has this id'));
      return;
    }
    // Deployed clients take our answer to have used no number, the BEP's diagram says that it used one: both are proof.
    const counted = packet.acknowledged === entry.firstSequence;
    if (!counted && packet.acknowledged !== advance(entry.firstSequence, -1)) {
      events.push(ignored(address, 'utp/unproven', 'the ack is not for our answer'));
      return;
    }
    this.#halfOpen.delete(entry);
    if (this.#table.size >= this.#connectionsMax) return;
    const connection = this.#open(
      address,
      {
        type: 'acceptor',
        receiveId: packet.connectionId,
        peerSequence: entry.peerSequence,
        firstSequence: counted ? advance(entry.firstSequence, 1) : entry.firstSequence,
        peerWindow: packet.window,
      },
      now,
    );
    events.push({ type: 'accepted', connection });
    connection.receive(packet, bytes, now, events);
  }

  /** Who does not know a connection answers with the id that it was sent: our send id, which is next to our own. */
  #receiveReset(packet: PacketReader, bytes: Uint8Array, address: Address, now: Instant, events: UtpEvent[]): void {
    for (const step of [-1, 1]) {
      const connection = this.#table.find(address, advance(packet.connectionId, step));
      if (connection?.sendId !== packet.connectionId) continue;
      connection.receive(packet, bytes, now, events);
      return;
    }
    events.push(ignored(address, 'utp/unknown-connection', 'a RESET for no connection'));
  }

  /** Tells a stranger that there is no such connection, within reason. */
  #refuse(packet: PacketReader, address: Address, now: Instant): void {
    if (now - this.#resetsFrom >= 1000) {
      this.#resetsFrom = now;
      this.#resetsLeft = limits.resetsPerSecond;
    }
    if (this.#resetsLeft === 0) return;
    this.#resetsLeft--;
    const timestamp = timestampOf(now);
    const bytes = smallPacket(packetTypes.reset, this.#random16(), {
      connectionId: packet.connectionId,
      timestamp,
      timestampDifference: timestampDifference(timestamp, packet.timestamp),
      window: 0,
      acknowledged: packet.sequence,
    });
    this.#out.push({ bytes, address: { ip: address.ip, port: address.port } });
  }

  #random16(): number {
    const bytes = new Uint8Array(2);
    this.#env.random(bytes);
    return readU16(bytes, 0);
  }
}

const NOTHING: readonly Datagram[] = [];

function ignored(from: Address, code: string, message: string): UtpEvent {
  return { type: 'ignored', from, reason: new ProtocolError(code, 'BEP 29, connection setup', message) };
}
