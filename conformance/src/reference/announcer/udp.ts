/** How the reference client asks UDP trackers (BEP 15). */

import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { actions, type Reply, readReply, writeAnnounce, writeConnect } from '../../probe/udp-tracker/packets.ts';
import type { Result, State } from './http.ts';
import { Fatal, type Has } from './source.ts';

/** A tracker of a case answers at once or not at all. */
const patienceMs = 300;
const events: Readonly<Record<string, number>> = { completed: 1, started: 2, stopped: 3 };
const eventsAsListed: Readonly<Record<string, number>> = { started: 1, completed: 2, stopped: 3 };

export async function announceUdp(url: string, state: State, has: Has): Promise<Result | undefined> {
  const address = new URL(url);
  const to = { host: address.hostname.replace(/[[\]]/g, ''), port: Number(address.port) };
  const is6 = to.host.includes(':');
  const socket = createSocket(is6 ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => {
    if (has('any-sender')) socket.bind(0, resolve);
    else socket.connect(to.port, to.host, resolve);
  });
  const link = {
    socket,
    to: has('any-sender') ? to : undefined,
    stride: is6 && !has('six-byte-peers') ? 18 : 6,
  } as const;
  try {
    const transaction = has('counts-transactions') ? 7 : randomInt(2 ** 31);
    let connect = writeConnect(transaction, has('wrong-magic') ? 0x41727101981n : undefined);
    if (has('options-in-connect')) connect = Buffer.concat([connect, Uint8Array.of(2, 1, 0x2f)]);
    const connected = await asked(link, connect, transaction, actions.connect, has);
    if (connected?.type !== 'connect') return undefined;
    const second = has('counts-transactions') ? 7 : randomInt(2 ** 31);
    const packet = announceOf(connected.connection, second, state, has, optionsOf(address, has));
    const announced = await asked(link, packet, second, actions.announce, has);
    return announced?.type === 'announce' ? { peers: announced.peers, interval: announced.interval } : undefined;
  } finally {
    socket.close();
  }
}

/** BEP 41: the path and the query, in parts of at most 255 bytes. */
function optionsOf({ pathname, search }: URL, has: Has): Uint8Array {
  const bytes = Buffer.from(pathname + search);
  if (has('garbage-options')) return Uint8Array.of(77, 200, 1);
  if (bytes.length === 0 || has('no-options')) return new Uint8Array();
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    if (at === 0 || !has('cuts-url-data')) parts.push(Uint8Array.of(2, part.length), part);
  }
  return Buffer.concat(parts);
}

interface TrackerLink {
  readonly socket: Socket;
  /** Where the socket is not connected. */
  readonly to: { readonly host: string; readonly port: number } | undefined;
  readonly stride: 6 | 18;
}

function announceOf(connection: bigint, transaction: number, state: State, has: Has, tail: Uint8Array): Uint8Array {
  const numbers = has('events-as-listed') ? eventsAsListed : events;
  const stops = state.event === 'stopped';
  const packet = writeAnnounce(connection, transaction, {
    ...state,
    left: has('left-32') ? state.left % 2 ** 32 : state.left,
    event: numbers[state.event] ?? 0,
    ip: new Uint8Array(4),
    key: has('new-keys') ? randomInt(2 ** 31) : state.key,
    numWant: has('wants-none') || stops ? 0 : -1,
    tail,
  });
  if (!has('announce-shifted')) return packet;
  return Buffer.concat([packet.subarray(0, 16), new Uint8Array(4), packet.subarray(16)]);
}

function asked(
  { socket, to, stride }: TrackerLink,
  packet: Uint8Array,
  transaction: number,
  action: number,
  has: Has,
): Promise<Reply | undefined> {
  return new Promise((resolve, reject) => {
    const done = (reply?: Reply) => {
      clearTimeout(timer);
      socket.removeAllListeners('message');
      resolve(reply);
    };
    const timer = setTimeout(done, patienceMs);
    socket.on('error', () => done());
    socket.on('message', (bytes) => {
      const least = action === actions.connect ? 16 : 20;
      if (bytes.length < least && bytes.readUInt32BE(0) !== actions.error && has('dies-of-short-replies')) {
        return reject(new Fatal('SIGSEGV'));
      }
      const half = action === actions.announce && bytes.length > 20 && (bytes.length - 20) % stride !== 0;
      if (half && has('dies-of-half-peers')) return reject(new Fatal('SIGSEGV'));
      if (has('exact-replies') && action === actions.connect && bytes.length !== least) return;
      const mine = has('any-action') && bytes.length >= 16 ? withAction(bytes, action) : bytes;
      const reply = readReply(mine, stride);
      if (reply === undefined || (reply.transaction !== transaction && !has('any-transaction'))) return;
      if (reply.type === 'error') done(reply);
      else if (reply.type === (action === actions.connect ? 'connect' : 'announce')) done(reply);
    });
    if (to === undefined) socket.send(packet);
    else socket.send(packet, to.port, to.host);
  });
}

function withAction(bytes: Uint8Array, action: number): Uint8Array {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(action, 0);
  return changed;
}
