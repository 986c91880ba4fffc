/**
 * A torrent from one web seed to the disk, with no policy but "the next piece": nginx → `@ferro/webseed` over the Node host →
 * slots → the host's storage, which hashes and writes. Prints its cost as JSON.
 */
import { MemoryBudget, Slots } from '@ferro/core';
import { nodeHost } from '@ferro/node';
import { driveWebSeed, WebSeed, type WebSeedEvent } from '@ferro/webseed';
import { Meter } from '../loopback/meter.ts';
import { readScenario } from './scenario.ts';

const { scenario, layout } = readScenario(process.argv[2]!);
const host = nodeHost();
const slots = new Slots(layout.pieceLength, new MemoryBudget(96 << 20));
const storage = host.storage(layout.storage(scenario.output), slots);
const seed = new WebSeed(host, { url: scenario.url, layout });
const open = new Map<number, { readonly slot: number; readonly bytes: Uint8Array; missing: number }>();
const meter = new Meter();
let next = 0;
let stored = 0;

meter.start();
const run = driveWebSeed(host, seed, hear);
refill();

function hear(events: readonly WebSeedEvent[]): void {
  for (const event of events) {
    if (event.type !== 'block') throw 'reason' in event ? event.reason : new Error(event.type);
    const piece = open.get(event.piece)!;
    host.copy(event.data, piece.bytes, event.begin + event.offset);
    piece.missing -= event.data.length;
    if (piece.missing === 0) store(event.piece, piece.slot);
  }
  refill();
}

function store(piece: number, slot: number): void {
  open.delete(piece);
  storage.store(piece, slot, (outcome) => {
    if (outcome.type !== 'ok') throw new Error(`piece ${piece} is ${outcome.type}`);
    slots.release(slot);
    if (++stored === layout.pieceCount) finish();
    else refill();
  });
}

function refill(): void {
  while (seed.room > 0 && next < layout.pieceCount) {
    const slot = slots.take();
    if (slot === undefined) break;
    open.set(next, { slot, bytes: slots.bytes(slot), missing: layout.lengthOf(next) });
    if (!seed.request(next++)) throw new Error('the web seed refuses a request');
  }
  run.flush();
}

function finish(): void {
  process.stdout.write(`${JSON.stringify(meter.stop())}\n`);
  run.close();
  storage.close(() => void host.close());
}
