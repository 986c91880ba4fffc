/** A UDP tracker of the case: keeps every packet, and answers as the case says (BEP 15). */
import { createSocket, type Socket } from 'node:dgram';
import { randomAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import type { Endpoint } from '../../target/target.ts';
import { writeCompact } from '../endpoint.ts';
import { actions, describePacket } from '../udp-tracker/packets.ts';
import { Notebook } from './notebook.ts';

export interface Packet {
  readonly bytes: Buffer;
  readonly action: number;
  readonly transaction: number;
  /** Of an announce. */
  readonly event: number;
  readonly from: Endpoint;
}

/** What a packet is answered with; several are sent one after the other. */
export type Replies = (packet: Packet) => readonly Uint8Array[];

export class UdpSpy {
  readonly packets: Notebook<Packet>;
  connect: Replies = ({ transaction }) => [connectReply(transaction)];
  announce: Replies = ({ transaction }) => [announceReply(transaction, [])];
  readonly #context: Context;
  readonly #socket: Socket;
  readonly #name: string;

  private constructor(context: Context, socket: Socket) {
    this.#context = context;
    this.#socket = socket;
    this.#name = context.timeline.link('tracker');
    this.packets = new Notebook(context, 'a packet to the UDP tracker');
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
    context.after(() => {
      socket.close();
    });
  }

  /** At an address of its own, because some keep connection ids by address, whatever the port. */
  static async open(context: Context, address?: string): Promise<UdpSpy> {
    const ip = address ?? randomAddress(context.random);
    const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => socket.bind(0, ip, resolve));
    return new UdpSpy(context, socket);
  }

  get url(): string {
    const { address, port } = this.#socket.address();
    return `udp://${address.includes(':') ? `[${address}]` : address}:${port}/announce`;
  }

  connected(): Promise<Packet> {
    return this.packets.next('that connects', ({ action }) => action === actions.connect);
  }

  announced(event?: number): Promise<Packet> {
    const words = event === undefined ? 'that announces' : `that announces with event ${event}`;
    return this.packets.next(words, (each) => each.action === actions.announce && (event ?? each.event) === each.event);
  }

  #receive(bytes: Buffer, from: { readonly address: string; readonly port: number }): void {
    const packet = packetOf(bytes, { ip: from.address, port: from.port });
    this.#context.timeline.received(this.#name, describePacket(bytes), bytes);
    this.packets.add(packet);
    const replies = packet.action === actions.connect ? this.connect(packet) : this.announce(packet);
    for (const reply of replies) this.send(reply, packet.from);
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    this.#context.timeline.sent(this.#name, describePacket(bytes), bytes);
    this.#socket.send(bytes, to.port, to.ip);
  }
}

function packetOf(bytes: Buffer, from: Endpoint): Packet {
  const number = (at: number) => (bytes.length >= at + 4 ? bytes.readUInt32BE(at) : -1);
  return { bytes, action: number(8), transaction: number(12), event: number(80), from };
}

export const connectionId: bigint = 0x1122334455667788n;

export function connectReply(transaction: number, action: number = actions.connect): Uint8Array {
  const reply = Buffer.alloc(16);
  reply.writeUInt32BE(action, 0);
  reply.writeUInt32BE(transaction, 4);
  reply.writeBigUInt64BE(connectionId, 8);
  return reply;
}

export function announceReply(transaction: number, peers: readonly Endpoint[]): Uint8Array {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(actions.announce, 0);
  head.writeUInt32BE(transaction, 4);
  head.writeUInt32BE(1_800, 8);
  return Buffer.concat([head, ...peers.map(writeCompact)]);
}

export function errorReply(transaction: number, message: string): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(actions.error, 0);
  head.writeUInt32BE(transaction, 4);
  return Buffer.concat([head, Buffer.from(message)]);
}
