/** A uTP connection of the probe: shakes hands, acknowledges what comes in order unless told not to, and sends what a case makes up. */
import { randomAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import type { Endpoint } from '../../target/target.ts';
import { DatagramLink, type Heard } from '../datagrams.ts';
import {
  type Handshake,
  handshakeLength,
  ids,
  type Message,
  message,
  readHandshake,
  readMessage,
  writeHandshake,
} from '../wire/messages.ts';
import { describePacket, nowMicroseconds, type Packet, readPacket, types, writePacket } from './packets.ts';

export interface Opening {
  readonly id?: number;
  readonly seq?: number;
  /** Over this socket, where several connections share one. */
  readonly datagrams?: DatagramLink;
}

export class UtpLink {
  readonly datagrams: DatagramLink;
  /** Every packet for this connection so far. */
  readonly all: Packet[] = [];
  /** Every datagram as long as it was. */
  readonly lengths: number[] = [];
  /** What it takes our packets by is one more than what it sends by. */
  readonly id: number;
  /** Of the next packet that we number. */
  seq: number;
  /** Of the last packet that came in order. */
  ack = 0;
  /** What the socket holds while this process does not look: more would be lost here, and be held against the target. */
  window = 65_536;
  /** Whether what comes is acknowledged at once. */
  acknowledges = true;
  readonly #context: Context;
  /** The handshake that came over the connection, if it has come. */
  handshake: Handshake | undefined;
  /** The messages behind it. */
  readonly messages: Message[] = [];
  readonly #held: Map<number, Uint8Array> = new Map();
  /** What makes no message yet. */
  #rest: Uint8Array = new Uint8Array();
  #started = false;
  #difference = 0;

  private constructor(context: Context, datagrams: DatagramLink, { id, seq }: Opening) {
    this.#context = context;
    this.datagrams = datagrams;
    this.id = id ?? context.random.below(0xfff0);
    this.seq = seq ?? 1;
    const others = datagrams.onHeard;
    datagrams.onHeard = (heard) => {
      others(heard);
      this.#hear(heard);
    };
  }

  static async open(context: Context, to: Endpoint, opening: Opening = {}): Promise<UtpLink> {
    const ip = randomAddress(context.random);
    const own = opening.datagrams ?? (await DatagramLink.open(context, to, describePacket, ip));
    return new UtpLink(context, own, opening);
  }

  /** Opened, and the SYN answered. */
  static async connect(context: Context, to: Endpoint, opening: Opening = {}): Promise<UtpLink> {
    const link = await UtpLink.open(context, to, opening);
    link.syn();
    await link.next('the answer to a SYN', ({ type }) => type === types.state);
    return link;
  }

  syn(changed: Partial<Packet> = {}): void {
    this.#send({ type: types.syn, id: this.id, seq: this.seq++, ack: 0, ...changed });
  }

  /** Numbered like any other unless `changed` says something else. */
  data(payload: Uint8Array, changed: Partial<Packet> = {}): void {
    const seq = changed.seq ?? this.seq++;
    this.#send({ type: types.data, payload, ...changed, seq });
  }

  state(changed: Partial<Packet> = {}): void {
    this.#send({ type: types.state, ...changed });
  }

  fin(changed: Partial<Packet> = {}): void {
    this.#send({ type: types.fin, seq: this.seq++, ...changed });
  }

  reset(changed: Partial<Packet> = {}): void {
    this.#send({ type: types.reset, ...changed });
  }

  raw(bytes: Uint8Array): void {
    this.datagrams.send(bytes);
  }

  /** The next packet for this connection, perhaps one that has come. */
  async next(what: string, fits: (packet: Packet) => boolean = () => true, ms?: number): Promise<Packet> {
    const isIt = ({ bytes }: Heard) => {
      const packet = readPacket(bytes);
      return packet !== undefined && packet.id === this.id && fits(packet);
    };
    return readPacket((await this.datagrams.next(what, isIt, ms)).bytes)!;
  }

  /** Until something holds of what has come. */
  async until(what: string, holds: () => boolean, ms?: number): Promise<void> {
    if (holds()) return;
    const { heard } = this.datagrams;
    // Asked once for whatever has come, and nothing is taken.
    heard.unshift(await this.datagrams.next(what, (each) => each === heard[0] && holds(), ms));
  }

  /** What we say first, in one packet, and interest with it. */
  greeting(infoHash: Uint8Array): Uint8Array {
    const peerId = Buffer.concat([Buffer.from('-FC0001-'), this.#context.random.bytes(12)]);
    return writeHandshake({ infoHash, peerId });
  }

  async greet(infoHash: Uint8Array): Promise<void> {
    this.data(this.greeting(infoHash));
    await this.until('a handshake over uTP', () => this.handshake !== undefined);
  }

  /** Interested, and waits until it may ask. */
  async unchoked(ms?: number): Promise<void> {
    this.data(message(ids.interested));
    await this.until('unchoke over uTP', () => this.messages.some(({ id }) => id === ids.unchoke), ms);
  }

  #send(packet: Partial<Packet> & Pick<Packet, 'type'>): void {
    const difference = this.#difference;
    const { ack, window, seq } = this;
    const numbers = { id: (this.id + 1) & 0xffff, seq, ack, window, timestamp: nowMicroseconds(), difference };
    this.datagrams.send(writePacket({ ...numbers, ...packet }));
  }

  #hear({ bytes }: Heard): void {
    const packet = readPacket(bytes);
    if (packet === undefined || packet.id !== this.id) return;
    this.all.push(packet);
    this.lengths.push(bytes.length);
    this.#difference = (nowMicroseconds() - packet.timestamp) >>> 0;
    // Some number the first packet like the answer to the SYN, some one higher: until it comes, nothing of it is acknowledged.
    if (!this.#started && packet.type === types.state) this.ack = (packet.seq - 1) & 0xffff;
    if (packet.type === types.data || packet.type === types.fin) this.#take(packet);
  }

  #take({ seq, payload }: Packet): void {
    if (!this.#started) this.ack = (seq - 1) & 0xffff;
    this.#started = true;
    if (((seq - this.ack) & 0xffff) < 0x8000) this.#held.set(seq, payload);
    for (;;) {
      const next = (this.ack + 1) & 0xffff;
      const part = this.#held.get(next);
      if (part === undefined) break;
      this.#held.delete(next);
      this.#read(part);
      this.ack = next;
    }
    if (this.acknowledges) this.state();
  }

  #read(part: Uint8Array): void {
    this.#rest = new Uint8Array(Buffer.concat([this.#rest, part]));
    if (this.handshake === undefined && this.#rest.length >= handshakeLength) {
      this.handshake = readHandshake(this.#rest);
      this.#rest = this.#rest.subarray(handshakeLength);
    }
    if (this.handshake === undefined) return;
    for (let read = readMessage(this.#rest); read !== undefined; read = readMessage(this.#rest)) {
      this.messages.push(read.value);
      this.#rest = this.#rest.subarray(read.length);
    }
  }
}
