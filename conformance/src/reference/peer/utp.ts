/** The reference peer's uTP (BEP 29): connections over one socket, each a stream like any other. No congestion control: loopback has none. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { type Packet, readPacket, types, writePacket } from '../../probe/utp/packets.ts';
import type { Endpoint } from '../../target/target.ts';
import type { PeerNode } from './node.ts';
import { UtpStream } from './utp-stream.ts';

export class UtpHub {
  readonly node: PeerNode;
  readonly #socket: Socket = createSocket('udp4');
  readonly #streams: Map<string, UtpStream> = new Map();

  private constructor(node: PeerNode) {
    this.node = node;
    this.#socket.on('message', (bytes, { address, port }) => this.#hear(bytes, { ip: address, port }));
    this.#socket.on('error', () => {});
  }

  static async open(node: PeerNode): Promise<UtpHub> {
    const hub = new UtpHub(node);
    await new Promise<void>((resolve) => hub.#socket.bind(node.port, '127.0.0.1', resolve));
    return hub;
  }

  connect(to: Endpoint): UtpStream {
    const receiveId = randomInt(0xfff0);
    const sendId = this.node.has('same-id-both-ways') ? receiveId : receiveId + 1;
    const stream = new UtpStream(this, to, { receiveId, sendId, seq: 1, outgoing: true });
    this.#streams.set(this.#keyOf(to, receiveId), stream);
    stream.begin();
    return stream;
  }

  send(packet: Partial<Packet> & Pick<Packet, 'type' | 'id'>, to: Endpoint): void {
    const bytes = writePacket(packet);
    if (this.node.has('swapped-nibbles')) bytes[0] = (bytes[0]! >> 4) | ((bytes[0]! & 15) << 4);
    try {
      this.#socket.send(bytes, to.port, to.ip, () => {});
    } catch {
      // It is closed already.
    }
  }

  forget(stream: UtpStream): void {
    this.#streams.delete(this.#keyOf(stream.to, stream.receiveId));
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.destroy();
    try {
      this.#socket.close();
    } catch {
      // It is closed already.
    }
  }

  #hear(bytes: Uint8Array, from: Endpoint): void {
    const { node } = this;
    const packet = readPacket(bytes);
    if (packet === undefined) {
      if (bytes.length < 20 && node.has('dies-of-runts')) node.die();
      if (bytes.length >= 20 && node.has('dies-of-truncated')) node.die();
      return;
    }
    if (packet.version === 2 && node.has('dies-of-version-2')) return node.die();
    if (packet.version !== 1 && !(packet.version === 0 && node.has('takes-version-0'))) return;
    if (packet.type > types.syn) return node.has('dies-of-unknown-types') ? node.die() : undefined;
    const { extensions } = packet;
    if (extensions.some(({ type }) => type !== 1) && node.has('drops-unknown-extensions')) return;
    if (extensions.length > 1 && node.has('dies-of-chains')) return node.die();
    if (packet.type === types.syn) return this.#accept(packet, from);
    const stream = this.#streams.get(this.#keyOf(from, packet.id));
    if (packet.type === types.reset && node.has('believes-any-reset')) {
      for (const each of this.#streams.values()) if (each.to.port === from.port) each.kill();
    }
    if (stream !== undefined) return stream.receive(packet);
    if (packet.type === types.reset && !node.has('resets-for-resets')) return;
    if (!node.has('silent-for-unknown')) this.send({ type: types.reset, id: packet.id }, from);
  }

  #accept({ id, seq }: Packet, from: Endpoint): void {
    const { node } = this;
    const receiveId = (id + 1) & 0xffff;
    const known = this.#streams.get(this.#keyOf(from, receiveId));
    if (known !== undefined) {
      if (known.firstSeq === seq && !node.has('resets-second-syn')) known.acknowledge();
      if (known.firstSeq === seq && node.has('resets-second-syn')) this.send({ type: types.reset, id }, from);
      if (known.firstSeq !== seq && node.has('resets-collisions')) known.kill();
      return;
    }
    if (node.has('no-utp')) return;
    const first = node.has('constant-seq') ? 1 : randomInt(0xffff);
    const sendId = node.has('answers-with-next-id') ? receiveId : id;
    const stream = new UtpStream(this, from, { receiveId, sendId, seq: first, outgoing: false });
    this.#streams.set(this.#keyOf(from, receiveId), stream);
    stream.accepted(seq);
    node.take(stream, undefined);
  }

  #keyOf({ ip, port }: Endpoint, id: number): string {
    return this.node.has('mixes-connections') ? `${ip} ${port}` : `${ip} ${port} ${id}`;
  }
}
