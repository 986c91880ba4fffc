/**
 * What the wire costs: decoding 16 KiB blocks out of chunks as a socket delivers them, with the copy to where each belongs,
 * and requests both ways. One thread, CPU time only. Run: node --conditions=@ferro/source bench/wire.ts
 */

import { Id20 } from '@ferro/core';
import {
  encodeMessage,
  type Geometry,
  MessageDecoder,
  MessageEncoder,
  messageIds,
  PeerConnection,
  type PeerEvent,
} from '@ferro/wire';

const BLOCK_LENGTH = 16_384;
const PIECE_LENGTH = 1_048_576;
const SECONDS = 0.6;
const GEOMETRY: Geometry = { pieceCount: 4_096, pieceLength: PIECE_LENGTH, length: 4_096 * PIECE_LENGTH };

interface Result {
  readonly what: string;
  readonly amount: string;
  readonly each: string;
}

/** Runs `work`, which says how much it did, for a while; returns what was done a CPU second. */
function perCpuSecond(work: () => number): number {
  const warm = process.cpuUsage();
  while (cpuSeconds(warm) < SECONDS / 2) work();
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const start = process.cpuUsage();
    let done = 0;
    while (cpuSeconds(start) < SECONDS) done += work();
    best = Math.max(best, done / cpuSeconds(start));
  }
  return best;
}

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

/** All blocks of `count` pieces in order, as one stream. */
function blockStream(count: number): Uint8Array {
  const frames: Uint8Array[] = [];
  const data = new Uint8Array(BLOCK_LENGTH).fill(7);
  for (let piece = 0; piece < count; piece++) {
    for (let begin = 0; begin < PIECE_LENGTH; begin += BLOCK_LENGTH) {
      frames.push(encodeMessage({ type: 'piece', piece, begin, data }));
    }
  }
  return new Uint8Array(Buffer.concat(frames));
}

function cut(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
    bytes.subarray(i * length, Math.min(bytes.length, (i + 1) * length)),
  );
}

function environment(): { now(): number; random(bytes: Uint8Array): void } {
  return {
    now: () => performance.now(),
    random: (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  };
}

/** Where blocks go: a different megabyte each time, as in a client, so that the destination is never in the cache. */
class Slots {
  readonly #slots: readonly Uint8Array[];
  #turn = 0;

  constructor(Memory: typeof ArrayBuffer | typeof SharedArrayBuffer) {
    this.#slots = Array.from({ length: 64 }, () => new Uint8Array(new Memory(PIECE_LENGTH)));
  }

  next(): Uint8Array {
    this.#turn = (this.#turn + 1) % this.#slots.length;
    return this.#slots[this.#turn]!;
  }
}

/** The decoder alone, or with the copy into a slot. The source is one piece: a socket reuses its buffer. */
function decoding(chunkLength: number, slots?: Slots): number {
  const chunks = cut(blockStream(1), chunkLength);
  const decoder = new MessageDecoder();
  return perCpuSecond(() => {
    const slot = slots?.next();
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let part = decoder.next(); part !== undefined; part = decoder.next()) {
        if (part.type === 'block') slot?.set(part.data, part.begin + part.offset);
      }
    }
    return PIECE_LENGTH;
  });
}

/** Both handshakes done, and they let us ask. */
function connected(): { readonly us: PeerConnection; readonly them: PeerConnection } {
  const infoHash = Id20.from('11'.repeat(20));
  const options = { infoHash, geometry: GEOMETRY, limits: { requestsIn: 2_000 } };
  const us = new PeerConnection(environment(), { ...options, peerId: Id20.from('22'.repeat(20)) });
  const them = new PeerConnection(environment(), { ...options, peerId: Id20.from('33'.repeat(20)) });
  for (let round = 0; round < 2; round++) {
    for (const bytes of us.flush()) them.receive(bytes);
    for (const bytes of them.flush()) us.receive(bytes);
  }
  them.haveAll();
  them.unchoke();
  for (const bytes of them.flush()) us.receive(bytes);
  return { us, them };
}

/** The whole connection: each block requested, found among 512 that wait, checked, copied. */
function downloading(chunkLength: number, slots: Slots): number {
  const chunks = cut(blockStream(1), chunkLength);
  const { us } = connected();
  const ask = (piece: number) => {
    for (let begin = 0; begin < PIECE_LENGTH; begin += BLOCK_LENGTH) us.request({ piece, begin, length: BLOCK_LENGTH });
  };
  for (let piece = 1; piece < 8; piece++) ask(piece);
  return perCpuSecond(() => {
    ask(0);
    us.flush();
    const slot = slots.next();
    for (const chunk of chunks) {
      for (const event of us.receive(chunk)) store(event, slot);
    }
    return PIECE_LENGTH;
  });
}

function store(event: PeerEvent, slot: Uint8Array): void {
  if (event.type === 'block') slot.set(event.data, event.begin + event.offset);
  if (event.type === 'closed') throw event.reason;
}

/**
 * Only the copy, block by block: the floor under all of the above. `skew`: bytes by which source and destination are out of
 * step, as headers of 13 bytes make them. V8 copies to shared memory byte by byte then, and not in words.
 */
function copying(slots: Slots, skew: number): number {
  const source = new Uint8Array(PIECE_LENGTH + skew);
  return perCpuSecond(() => {
    const slot = slots.next();
    for (let begin = 0; begin < PIECE_LENGTH; begin += BLOCK_LENGTH) {
      slot.set(new Uint8Array(source.buffer, begin + skew, BLOCK_LENGTH), begin);
    }
    return PIECE_LENGTH;
  });
}

/** Two copies instead of one: bytes first to a small buffer that is in step with the destination. */
function copyingTwice(slots: Slots, skew: number): number {
  const source = new Uint8Array(PIECE_LENGTH + skew);
  const scratch = new Uint8Array(BLOCK_LENGTH);
  return perCpuSecond(() => {
    const slot = slots.next();
    for (let begin = 0; begin < PIECE_LENGTH; begin += BLOCK_LENGTH) {
      scratch.set(new Uint8Array(source.buffer, begin + skew, BLOCK_LENGTH));
      slot.set(scratch, begin);
    }
    return PIECE_LENGTH;
  });
}

const REQUESTS = 1_000;

function encodingRequests(): number {
  const encoder = new MessageEncoder();
  return perCpuSecond(() => {
    for (let i = 0; i < REQUESTS; i++) encoder.block(messageIds.request, i, BLOCK_LENGTH, BLOCK_LENGTH);
    encoder.flush();
    return REQUESTS;
  });
}

function decodingRequests(): number {
  const frames = Array.from({ length: REQUESTS }, (_, piece) =>
    encodeMessage({ type: 'request', piece, begin: 0, length: BLOCK_LENGTH }),
  );
  const stream = new Uint8Array(Buffer.concat(frames));
  const decoder = new MessageDecoder();
  return perCpuSecond(() => {
    decoder.push(stream);
    let seen = 0;
    while (decoder.next() !== undefined) seen++;
    return seen;
  });
}

/** Asked, decoded, checked, remembered, answered by reference, found again: everything but the payload's bytes. */
function serving(): number {
  const { us, them } = connected();
  const data = new Uint8Array(BLOCK_LENGTH);
  return perCpuSecond(() => {
    for (let i = 0; i < 256; i++) us.request({ piece: i, begin: 0, length: BLOCK_LENGTH });
    for (const bytes of us.flush()) {
      for (const event of them.receive(bytes)) if (event.type === 'request') them.piece(event.piece, event.begin, data);
    }
    for (const bytes of them.flush()) us.receive(bytes);
    return 256;
  });
}

function throughput(what: string, bytes: number): Result {
  const perBlock = (1e9 * BLOCK_LENGTH) / bytes;
  return { what, amount: `${(bytes / 1e6).toFixed(0)} MB`, each: `${perBlock.toFixed(0)} ns a block` };
}

function rate(what: string, count: number): Result {
  return { what, amount: `${(count / 1e6).toFixed(2)} million`, each: `${(1e9 / count).toFixed(0)} ns each` };
}

const KIB = 1_024;
const results: Result[] = [];
const memories = { ArrayBuffer, SharedArrayBuffer };
for (const length of [64 * KIB, 256 * KIB]) {
  results.push(throughput(`chunks of ${length / KIB} KiB: decoder alone`, decoding(length)));
}
for (const [name, Memory] of Object.entries(memories)) {
  const slots = new Slots(Memory);
  for (const length of [64 * KIB, 256 * KIB]) {
    const what = `chunks of ${length / KIB} KiB to ${name}`;
    results.push(throughput(`${what}: decoder`, decoding(length, slots)));
    results.push(throughput(`${what}: connection, 512 requests out`, downloading(length, slots)));
  }
  results.push(throughput(`${name}: the copy alone, in step`, copying(slots, 0)));
  results.push(throughput(`${name}: the copy alone, out of step`, copying(slots, 13)));
  results.push(throughput(`${name}: the same by way of a small buffer`, copyingTwice(slots, 13)));
}
results.push(rate('requests encoded', encodingRequests()));
results.push(rate('requests decoded', decodingRequests()));
results.push(rate('requests asked, heard, answered, received (two connections)', serving()));

process.stdout.write('per CPU second\n');
for (const { what, amount, each } of results) {
  process.stdout.write(`${what.padEnd(72)}${amount.padStart(14)}${each.padStart(18)}\n`);
}
