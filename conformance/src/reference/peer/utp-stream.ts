/** One uTP connection of the reference peer (BEP 29): numbers, acknowledges, orders and repeats packets. */
import { Duplex } from 'node:stream';
import {
  type Extension,
  isBefore,
  nowMicroseconds,
  type Packet,
  selected,
  selectiveAck,
  selectiveAckOf,
  types,
} from '../../probe/utp/packets.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Bug } from './bugs.ts';
import type { UtpHub } from './utp.ts';

const payloadLength = 1_200;
const mostHeld = 512;
/** Long, so that what comes again before it was asked for by an ack. */
const repeatMs = 4_000;
const mostRepeats = 30;
const receiveWindow = 1_048_576;

interface Start {
  readonly receiveId: number;
  readonly sendId: number;
  readonly seq: number;
  readonly outgoing: boolean;
}

interface Sent {
  readonly packet: Partial<Packet> & Pick<Packet, 'type'>;
  readonly length: number;
}

export class UtpStream extends Duplex {
  readonly to: Endpoint;
  readonly receiveId: number;
  /** Of the SYN that opened it. */
  firstSeq = 0;
  readonly #hub: UtpHub;
  readonly #start: Start;
  readonly #sent: Map<number, Sent> = new Map();
  readonly #held: Map<number, Packet> = new Map();
  readonly #waiting: Uint8Array[] = [];
  readonly #openedAtMs: number = performance.now();
  #seq: number;
  #ack = 0;
  #window = receiveWindow;
  #difference = 0;
  #repeats = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The last packet that was sent again before its time. */
  #resent = -1;
  #lastAck = -1;
  #connected = false;
  #sameAcks = 0;

  constructor(hub: UtpHub, to: Endpoint, start: Start) {
    super({ allowHalfOpen: true });
    this.#hub = hub;
    this.to = to;
    this.#start = start;
    this.receiveId = start.receiveId;
    this.#seq = start.seq;
    this.on('error', () => {});
  }

  get remoteAddress(): string {
    return this.to.ip;
  }

  get remotePort(): number {
    return this.to.port;
  }

  setNoDelay(): void {}

  begin(): void {
    const difference = this.#has('garbage-first-difference') ? 123_456 : 0;
    this.#number({ type: types.syn, id: this.receiveId, difference });
  }

  accepted(seq: number): void {
    this.firstSeq = seq;
    this.#ack = seq;
    this.acknowledge();
    this.#seq = (this.#seq + 1) & 0xffff;
  }

  acknowledge(): void {
    const seq = this.#has('states-are-numbered') ? this.#next() : this.#seq;
    this.#send({ type: types.state, seq, extensions: this.#selective() });
  }

  kill(): void {
    this.#hub.send({ type: types.reset, id: this.#start.sendId }, this.to);
    this.destroy();
  }

  receive(packet: Packet): void {
    if (packet.type === types.reset) return this.#has('ignores-resets') ? undefined : void this.destroy();
    const early = performance.now() - this.#openedAtMs < 5 && packet.type === types.data;
    if (early && this.#has('resets-early-data')) return this.kill();
    this.#difference = (nowMicroseconds() - packet.timestamp) >>> 0;
    if (this.#has('milliseconds')) this.#difference = Math.floor(this.#difference / 1_000);
    if (packet.type === types.state && this.#start.outgoing && !this.#connected) {
      this.#connected = true;
      this.#ack = (packet.seq - 1) & 0xffff;
      this.emit('connect');
    }
    if (!this.#has('ignores-windows')) this.#window = packet.window;
    this.#acknowledged(packet);
    if (packet.type === types.data || packet.type === types.fin) this.#take(packet);
    this.#flush();
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    if (this.#has('empty-data') && this.#bytes++ === 0) this.#number({ type: types.data });
    const length = this.#has('large-packets') ? 2_000 : payloadLength;
    for (let at = 0; at < chunk.length; at += length) this.#waiting.push(chunk.subarray(at, at + length));
    this.#flush();
    done();
  }

  override _final(done: () => void): void {
    this.#number({ type: types.fin });
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#hub.forget(this);
    done(error);
  }

  #has(bug: Bug): boolean {
    return this.#hub.node.has(bug);
  }

  #flush(): void {
    let inFlight = [...this.#sent.values()].reduce((sum, { length }) => sum + length, 0);
    while (this.#waiting.length > 0 && !this.destroyed) {
      const { length } = this.#waiting[0]!;
      if (inFlight + length > Math.min(this.#window, 65_536)) break;
      inFlight += length;
      if (this.#has('skips-numbers')) this.#next();
      this.#number({ type: types.data, payload: this.#waiting.shift()! });
    }
  }

  #next(): number {
    const seq = this.#seq;
    this.#seq = (this.#seq + 1) & 0xffff;
    return seq;
  }

  #number(packet: Sent['packet']): void {
    const seq = this.#next();
    const sent = { packet: { ...packet, seq }, length: packet.payload?.length ?? 0 };
    this.#sent.set(seq, sent);
    this.#send(sent.packet);
    if (this.#timer === undefined) this.#wait();
  }

  /** From the last news on. */
  #wait(): void {
    this.#repeats = 0;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#repeat(), repeatMs).unref();
  }

  #repeat(): void {
    this.#timer = undefined;
    const oldest = [...this.#sent.values()][0];
    if (oldest === undefined || this.destroyed || ++this.#repeats > mostRepeats) return;
    this.#send(oldest.packet);
    this.#timer = setTimeout(() => this.#repeat(), repeatMs).unref();
  }

  #send(packet: Sent['packet']): void {
    const timestamp = this.#has('no-timestamps') ? 0 : nowMicroseconds();
    const acked = this.#has('acks-bytes') ? this.readableLength & 0xffff : this.#ack;
    const numbers = {
      id: this.#start.sendId,
      ack: acked,
      window: receiveWindow,
      timestamp,
      difference: this.#difference,
    };
    this.#hub.send({ ...numbers, ...packet }, this.to);
  }

  /** Packets that are not there yet, of those behind a gap. */
  #selective(): readonly Extension[] {
    if (this.#has('no-sack')) return [];
    if (this.#held.size === 0)
      return this.#has('always-sack') ? [{ type: selectiveAck, bytes: new Uint8Array(4) }] : [];
    const held = [...this.#held.keys()];
    const { bytes } = selectiveAckOf(this.#has('sack-from-next') ? (this.#ack - 1) & 0xffff : this.#ack, held);
    if (this.#has('sack-of-a-byte')) return [{ type: selectiveAck, bytes: bytes.subarray(0, 1) }];
    const turned = (byte: number) => Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2);
    return [{ type: selectiveAck, bytes: this.#has('sack-turned') ? bytes.map(turned) : bytes }];
  }

  #acknowledged(packet: Packet): void {
    const { ack } = packet;
    const last = (this.#seq - 1) & 0xffff;
    if (isBefore(last, ack)) {
      if (this.#has('believes-any-ack')) this.kill();
      return;
    }
    const oldest = [...this.#sent.keys()][0];
    const old = oldest !== undefined && isBefore(ack, (oldest - 1) & 0xffff);
    if (old && this.#has('old-acks-break')) return this.kill();
    const arrived = [...this.#sent.keys()].filter((seq) => !isBefore(ack, seq));
    for (const seq of arrived) this.#sent.delete(seq);
    if (arrived.length > 0) this.#wait();
    this.#lost(packet);
  }

  /** What was acknowledged beyond a gap shows that the gap was lost; and so does the same ack again and again. */
  #lost(packet: Packet): void {
    const beyond = selected(packet).filter((seq) => this.#sent.has(seq));
    if (selected(packet).some((seq) => isBefore((this.#seq - 1) & 0xffff, seq)) && this.#has('dies-of-sack-beyond')) {
      return this.#hub.node.die();
    }
    const missing = (packet.ack + 1) & 0xffff;
    const lost = this.#sent.get(missing);
    const same = packet.type === types.state && lost !== undefined && packet.ack === this.#lastAck;
    this.#sameAcks = same ? this.#sameAcks + 1 : 0;
    this.#lastAck = packet.ack;
    const bySack = beyond.length >= 3 && !this.#has('ignores-sack');
    const byAcks = this.#sameAcks >= 3 && !this.#has('ignores-same-acks');
    if (lost === undefined || this.#resent === missing || !(bySack || byAcks)) return;
    this.#resent = missing;
    this.#send(lost.packet);
  }

  #take(packet: Packet): void {
    const { seq, payload } = packet;
    if (((seq - this.#ack) & 0xffff) > mostHeld && isBefore(this.#ack, seq)) {
      if (this.#has('dies-of-far-packets')) this.#hub.node.die();
      return;
    }
    if (!isBefore(this.#ack, seq)) {
      if (this.#has('delivers-twice') && payload.length > 0) this.#deliver(payload);
      return this.acknowledge();
    }
    if (this.#has('delivers-at-once') && payload.length > 0) this.#deliver(payload);
    if (packet.type === types.fin && this.#has('fin-resets')) return this.kill();
    if (packet.type === types.fin && this.#has('fin-overtakes')) {
      this.#held.clear();
      this.#ack = seq;
      this.push(null);
      return this.acknowledge();
    }
    this.#held.set(seq, packet);
    for (let next = (this.#ack + 1) & 0xffff; this.#held.has(next); next = (this.#ack + 1) & 0xffff) {
      const part = this.#held.get(next)!;
      this.#held.delete(next);
      this.#ack = this.#has('stops-at-wrap') && next === 0 ? this.#ack : next;
      if (this.#ack !== next) break;
      if (part.type === types.fin) this.push(null);
      else if (!this.#has('delivers-at-once')) this.#deliver(part.payload);
    }
    this.acknowledge();
  }

  #deliver(payload: Uint8Array): void {
    if (!this.#has('no-stream-over-utp')) this.push(payload);
  }
}
