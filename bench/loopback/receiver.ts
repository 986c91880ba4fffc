/**
 * The receiving half of the walking skeleton: real connections of `@ferro/wire` over the Node host, a fixed number of requests
 * in each, and no policy at all: every connection fetches the next piece that nobody fetches yet. Prints its cost as JSON.
 */
import { driveStream, Id20, type StreamHandler } from '@ferro/core';
import { nodeHost } from '@ferro/node';
import { PeerConnection, type PeerEvent } from '@ferro/wire';
import { Meter } from './meter.ts';
import { readScenario } from './scenario.ts';
import { makeSink } from './sink.ts';

const BLOCK = 16_384;
const scenario = readScenario();
const { length, pieceLength, pipeline } = scenario;
const pieceCount = Math.ceil(length / pieceLength);
const host = nodeHost({ bufferAccepted: scenario.buffered });
const sink = makeSink(scenario);
const meter = new Meter();
const infoHash = Id20.from(new Uint8Array(20).fill(7));

interface OpenPiece {
  readonly piece: number;
  readonly cell: number;
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Blocks from here on are not asked for yet. */
  asked: number;
  missing: number;
}

let nextPiece = 0;
let stored = 0;
const starving = new Set<Peer>();

class Peer {
  readonly connection: PeerConnection;
  readonly handler: StreamHandler & { flush(): void; close(): void };
  readonly #pieces = new Map<number, OpenPiece>();
  #asking: OpenPiece | undefined;

  constructor() {
    const peerId = new Uint8Array(20);
    host.random(peerId);
    this.connection = new PeerConnection(host, {
      peerId: Id20.from(peerId),
      infoHash,
      geometry: { pieceCount, pieceLength, length },
    });
    this.handler = driveStream(host, this.connection, (events) => this.#hear(events));
  }

  #hear(events: readonly PeerEvent[]): void {
    for (const event of events) {
      if (event.type === 'block') this.#take(event.piece, event.begin, event.offset, event.length, event.data);
      else if (event.type === 'handshake') {
        this.connection.haveNone();
        this.connection.setInterested(true);
      } else if (event.type === 'closed') throw event.reason ?? new Error('the seeder has gone');
    }
    if (this.connection.outstanding <= pipeline / 2) this.refill();
  }

  #take(piece: number, begin: number, offset: number, blockLength: number, data: Uint8Array): void {
    const open = this.#pieces.get(piece)!;
    if (scenario.copy === 'host') host.copy(data, open.bytes, begin + offset);
    else open.bytes.set(data, begin + offset);
    if (offset + data.length < blockLength || --open.missing > 0) return;
    this.#pieces.delete(piece);
    sink.store(piece, open.cell, (ok) => storedOne(piece, ok));
  }

  refill(): void {
    while (this.connection.outstanding < pipeline) {
      const open = this.#asking ?? this.#openNext();
      if (open === undefined) return;
      const begin = open.asked * BLOCK;
      const count = Math.min(BLOCK, open.length - begin);
      if (!this.connection.request({ piece: open.piece, begin, length: count })) return;
      open.asked++;
      this.#asking = open.asked * BLOCK < open.length ? open : undefined;
    }
  }

  #openNext(): OpenPiece | undefined {
    if (nextPiece === pieceCount || this.connection.choked) return undefined;
    const cell = sink.take();
    if (cell === undefined) {
      starving.add(this);
      return undefined;
    }
    const piece = nextPiece++;
    const size = Math.min(pieceLength, length - piece * pieceLength);
    const open = { piece, cell, bytes: sink.bytes(cell), length: size, asked: 0, missing: Math.ceil(size / BLOCK) };
    this.#pieces.set(piece, open);
    this.#asking = open;
    return open;
  }
}

function storedOne(piece: number, ok: boolean): void {
  if (!ok) throw new Error(`piece ${piece} was not stored`);
  if (++stored === pieceCount) {
    finish();
    return;
  }
  // A cell is free now: whoever waits for one may go on.
  for (const peer of starving) {
    starving.delete(peer);
    peer.refill();
    peer.handler.flush();
    if (starving.has(peer)) break;
  }
}

function finish(): void {
  process.stdout.write(`${JSON.stringify(meter.stop())}\n`);
  for (const peer of peers) peer.handler.close();
  void Promise.all([sink.close(), host.close()]);
}

const peers: Peer[] = [];
await sink.ready();
if (scenario.read === 'connect') {
  meter.start();
  for (let i = 0; i < scenario.connections; i++) {
    const peer = new Peer();
    peers.push(peer);
    host.connect({ ip: '127.0.0.1', port: scenario.port }, peer.handler);
  }
} else {
  const listener = host.listen(
    { ip: '127.0.0.1', port: scenario.port },
    {
      ready: () => process.stdout.write('listening\n'),
      accept: () => {
        if (peers.length === 0) meter.start();
        const peer = new Peer();
        if (peers.push(peer) === scenario.connections) listener.close();
        return peer.handler;
      },
    },
  );
}
