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
  const { hostname, port } = new URL(url);
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.connect(Number(port), hostname, resolve));
  try {
    const transaction = has('counts-transactions') ? 7 : randomInt(2 ** 31);
    let connect = writeConnect(transaction, has('wrong-magic') ? 0x41727101981n : undefined);
    if (has('options-in-connect')) connect = Buffer.concat([connect, Uint8Array.of(2, 1, 0x2f)]);
    const connected = await asked(socket, connect, transaction, actions.connect, has);
    if (connected?.type !== 'connect') return undefined;
    const second = has('counts-transactions') ? 7 : randomInt(2 ** 31);
    const packet = announceOf(connected.connection, second, state, has);
    const announced = await asked(socket, packet, second, actions.announce, has);
    return announced?.type === 'announce' ? { peers: announced.peers, interval: announced.interval } : undefined;
  } finally {
    socket.close();
  }
}

function announceOf(connection: bigint, transaction: number, state: State, has: Has): Uint8Array {
  const numbers = has('events-as-listed') ? eventsAsListed : events;
  const stops = state.event === 'stopped';
  const packet = writeAnnounce(connection, transaction, {
    ...state,
    uploaded: 0,
    left: has('left-32') ? state.left % 2 ** 32 : state.left,
    event: numbers[state.event] ?? 0,
    ip: new Uint8Array(4),
    key: has('new-keys') ? randomInt(2 ** 31) : state.key,
    numWant: has('wants-none') || stops ? 0 : -1,
    tail: new Uint8Array(),
  });
  if (!has('announce-shifted')) return packet;
  return Buffer.concat([packet.subarray(0, 16), new Uint8Array(4), packet.subarray(16)]);
}

function asked(
  socket: Socket,
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
      const half = action === actions.announce && bytes.length > 20 && (bytes.length - 20) % 6 !== 0;
      if (half && has('dies-of-half-peers')) return reject(new Fatal('SIGSEGV'));
      if (has('exact-replies') && action === actions.connect && bytes.length !== least) return;
      const mine = has('any-action') && bytes.length >= 16 ? withAction(bytes, action) : bytes;
      const reply = readReply(mine);
      if (reply === undefined || (reply.transaction !== transaction && !has('any-transaction'))) return;
      if (reply.type === 'error') done(reply);
      else if (reply.type === (action === actions.connect ? 'connect' : 'announce')) done(reply);
    });
    socket.send(packet);
  });
}

function withAction(bytes: Uint8Array, action: number): Uint8Array {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(action, 0);
  return changed;
}
