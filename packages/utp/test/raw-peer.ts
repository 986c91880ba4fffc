/** An endpoint on one side, hand-made packets on the other, and a clock that stands still until it is moved. */
import type { Address, Datagram } from '@ferro/core';
import { decodePacket, encodePacket, type Packet, UtpEndpoint, type UtpEvent, type UtpOptions } from '../src/index.ts';

export const PEER: Address = { ip: '203.0.113.9', port: 6881 };

export class RawPeer {
  now = 1000;
  readonly endpoint: UtpEndpoint;
  /** What happened since it was last taken. */
  readonly events: UtpEvent[] = [];
  #random = 0;

  constructor(options: UtpOptions = {}) {
    this.endpoint = new UtpEndpoint(
      {
        now: () => this.now,
        random: (bytes) => {
          for (let i = 0; i < bytes.length; i++) bytes[i] = this.#random++ * 37 + 11;
        },
      },
      options,
    );
  }

  /** Sends one packet to the endpoint and returns what it answers. */
  send(packet: Partial<Packet> & Pick<Packet, 'type'>, from: Address = PEER): Packet[] {
    this.deliver(packet, from);
    return this.take();
  }

  /** The same without a flush: the endpoint answers later. */
  deliver(packet: Partial<Packet> & Pick<Packet, 'type'>, from: Address = PEER): readonly UtpEvent[] {
    const whole: Packet = {
      connectionId: 0,
      timestamp: this.now * 1000,
      timestampDifference: 0,
      window: 1_048_576,
      sequence: 0,
      acknowledged: 0,
      payload: new Uint8Array(0),
      ...packet,
    };
    return this.raw(encodePacket(whole), from);
  }

  raw(bytes: Uint8Array, from: Address = PEER): readonly UtpEvent[] {
    const events = this.endpoint.receive({ bytes, address: from });
    this.events.push(...events);
    return events;
  }

  take(): Packet[] {
    return this.takeDatagrams().map(({ bytes }) => decodePacket(bytes));
  }

  /** Copies, as their memory is used again. */
  takeDatagrams(): Datagram[] {
    return this.endpoint.flush().map(({ bytes, address }) => ({ bytes: bytes.slice(), address }));
  }

  /** Moves the clock and lets what is due happen. */
  pass(milliseconds: number): Packet[] {
    this.now += milliseconds;
    if (this.now >= this.endpoint.deadline) this.events.push(...this.endpoint.tick());
    return this.take();
  }

  /** The codes of what was ignored, and the types of everything else, since the last time. */
  happened(): string[] {
    return this.events.splice(0).map((event) => (event.type === 'ignored' ? event.reason.code : event.type));
  }
}

/** A connection that the peer has opened: its ids and numbers. The peer's next packet is 101, the endpoint's is `next`. */
export function accepted(options: UtpOptions = {}, id = 500) {
  const peer = new RawPeer(options);
  const [answer] = peer.send({ type: 'syn', connectionId: id, sequence: 99 });
  const next = answer!.sequence;
  const ids = { connectionId: id + 1, acknowledged: (next - 1) & 0xffff };
  peer.send({ type: 'data', ...ids, sequence: 100, payload: Uint8Array.of(1) });
  const event = peer.events.find((one) => one.type === 'accepted');
  if (event?.type !== 'accepted') throw new Error('it was not accepted');
  peer.happened();
  return { peer, connection: event.connection, ids, next, id };
}

/** A connection that the endpoint has opened; the peer's next packet is `sequence`, the endpoint's `next`. */
export function connected(options: UtpOptions = {}, sequence = 700) {
  const peer = new RawPeer(options);
  const connection = peer.endpoint.connect(PEER);
  const [syn] = peer.take();
  const id = syn!.connectionId;
  peer.send({ type: 'state', connectionId: id, sequence, acknowledged: syn!.sequence });
  peer.happened();
  return { peer, connection, id, syn: syn!, next: (syn!.sequence + 1) & 0xffff, sequence };
}
