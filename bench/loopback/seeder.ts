/**
 * The sending half of the walking skeleton: answers requests from pieces that the storage has loaded into slots, each read once
 * however many blocks are asked of it, by reference and with one vectored write for all that one step has ready.
 */
import { Id20, MemoryBudget, Slots, type Storage, type Stream, type StreamHandler } from '@ferro/core';
import { nodeHost } from '@ferro/node';
import { type Block, PeerConnection } from '@ferro/wire';
import { Meter } from './meter.ts';
import { layoutOf, PAYLOAD, readScenario } from './scenario.ts';

/** Blocks written at once: half a megabyte, so that no peer keeps the loop from the others. */
const BURST = 32;
const scenario = readScenario();
const { length, pieceLength } = scenario;
const pieceCount = Math.ceil(length / pieceLength);
const host = nodeHost();
const slots = new Slots(pieceLength, new MemoryBudget(scenario.budget));
const storage: Storage = host.storage(layoutOf(scenario, PAYLOAD), slots);
const meter = new Meter();
const infoHash = Id20.from(new Uint8Array(20).fill(7));

interface LoadedPiece {
  readonly slot: number;
  bytes: Uint8Array | undefined;
  /** Blocks on their way to the kernel. */
  pins: number;
  readonly waiting: Set<Peer>;
}

/** In the order of their last use. */
const loaded = new Map<number, LoadedPiece>();
const hungry = new Set<Peer>();

/** The piece, if its bytes are there; if not they are fetched, and the peer is served again when they are. */
function pieceFor(peer: Peer, piece: number): LoadedPiece | undefined {
  const known = loaded.get(piece);
  if (known !== undefined) {
    loaded.delete(piece);
    loaded.set(piece, known);
    if (known.bytes === undefined) known.waiting.add(peer);
    return known.bytes === undefined ? undefined : known;
  }
  const slot = slots.take() ?? evicted();
  if (slot === undefined) {
    hungry.add(peer);
    return undefined;
  }
  const entry: LoadedPiece = { slot, bytes: undefined, pins: 0, waiting: new Set([peer]) };
  loaded.set(piece, entry);
  storage.load(piece, slot, (outcome) => {
    if (outcome.type !== 'ok') throw new Error(`piece ${piece}: ${outcome.type}`);
    entry.bytes = slots.bytes(slot);
    for (const waiting of entry.waiting) waiting.serve();
    entry.waiting.clear();
  });
  return undefined;
}

/** The slot of the piece that was not used for longest and that nobody is being sent. */
function evicted(): number | undefined {
  for (const [piece, entry] of loaded) {
    if (entry.pins > 0 || entry.bytes === undefined) continue;
    loaded.delete(piece);
    slots.release(entry.slot);
    return slots.take();
  }
  return undefined;
}

class Peer implements StreamHandler {
  readonly #connection: PeerConnection;
  readonly #queue: Block[] = [];
  #stream: Stream | undefined;
  #full = false;

  constructor() {
    const peerId = new Uint8Array(20);
    host.random(peerId);
    this.#connection = new PeerConnection(host, {
      peerId: Id20.from(peerId),
      infoHash,
      geometry: { pieceCount, pieceLength, length },
    });
  }

  opened(stream: Stream): void {
    this.#stream = stream;
    stream.write(this.#connection.flush());
  }

  receive(bytes: Uint8Array): void {
    for (const event of this.#connection.receive(bytes)) {
      if (event.type === 'request') this.#queue.push(event);
      else if (event.type === 'handshake') {
        this.#connection.haveAll();
        this.#connection.unchoke();
      }
    }
    this.serve();
  }

  writable(): void {
    this.#full = false;
    this.serve();
  }

  closed(): void {
    if (--peers > 0) return;
    process.stdout.write(`${JSON.stringify(meter.stop())}\n`);
    storage.close(() => void host.close());
  }

  serve(): void {
    const sending: LoadedPiece[] = [];
    let taken = 0;
    while (!this.#full) {
      for (; taken < this.#queue.length && sending.length < BURST; taken++) {
        const { piece, begin, length: count } = this.#queue[taken]!;
        const entry = pieceFor(this, piece);
        if (entry === undefined) break;
        entry.pins++;
        sending.push(entry);
        this.#connection.piece(piece, begin, entry.bytes!.subarray(begin, begin + count));
      }
      const chunks = this.#connection.flush();
      if (chunks.length === 0) break;
      const sent = sending.splice(0);
      this.#full = !this.#stream!.write(chunks, () => release(sent));
    }
    this.#queue.splice(0, taken);
  }
}

function release(sent: readonly LoadedPiece[]): void {
  for (const entry of sent) entry.pins--;
  for (const peer of [...hungry]) {
    hungry.delete(peer);
    peer.serve();
  }
}

let peers = scenario.connections;
await new Promise<void>((resolve) => storage.load(0, slots.take()!, () => resolve()));
slots.release(0);
if (scenario.read === 'accept') {
  meter.start();
  for (let i = 0; i < scenario.connections; i++) host.connect({ ip: '127.0.0.1', port: scenario.port }, new Peer());
} else {
  let accepted = 0;
  const listener = host.listen(
    { ip: '127.0.0.1', port: scenario.port },
    {
      ready: () => process.stdout.write('listening\n'),
      accept: () => {
        if (accepted === 0) meter.start();
        if (++accepted === scenario.connections) listener.close();
        return new Peer();
      },
    },
  );
}
