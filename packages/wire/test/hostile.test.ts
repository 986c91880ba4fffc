import { expect, test } from 'vitest';
import { encodeMessage, limits, type Message, MessageDecoder, type PeerConnection } from '../src/index.ts';
import { ALICE, bytesOf, closedBy, framesOf, hello, INFO_HASH, join, make, ready, World } from './pair.ts';

const GEOMETRY = { pieceCount: 80, pieceLength: 65_536, length: 80 * 65_536 };
const BLOCK = { piece: 3, begin: 0, length: 16_384 };
const PLAIN = [] as const;

function prefix(length: number, id: number): Uint8Array {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = id;
  return bytes;
}

/** The longest frame that each kind of message may claim, by id; the bitfield with and without a known torrent. */
const CAPS: readonly (readonly [id: number, cap: number])[] = [
  ...[0, 1, 2, 3, 14, 15].map((id) => [id, 1] as const),
  ...[4, 13, 17].map((id) => [id, 5] as const),
  ...[6, 8, 16].map((id) => [id, 13] as const),
  [7, 9 + limits.blockLength],
  [9, 3],
  [20, 2 + limits.extendedLength],
  [21, 49],
  [22, 49 + 32 * limits.hashCount],
  [23, 49],
  [99, 1 + limits.unknownLength],
];

const STATES: readonly (readonly [string, () => PeerConnection, number])[] = [
  ['right after the handshake', () => ready(), 1 + limits.pieceCount / 8],
  ['right after the handshake, torrent known', () => ready({ geometry: GEOMETRY }), 11],
  ['in conversation', () => talking(ready()), 1 + limits.pieceCount / 8],
  ['in conversation, torrent known', () => talking(ready({ geometry: GEOMETRY })), 11],
  ['in conversation without extensions', () => talking(ready({}, PLAIN)), 1 + limits.pieceCount / 8],
  ['before the incoming handshake is accepted', () => unaccepted(), 1 + limits.pieceCount / 8],
];

function talking(connection: PeerConnection): PeerConnection {
  connection.receive(bytesOf({ type: 'unchoke' }));
  return connection;
}

function unaccepted(): PeerConnection {
  const connection = make({ infoHash: undefined as never });
  connection.receive(hello());
  return connection;
}

test.each(STATES)('BEP 3: no length beyond its cap is waited for, %s', (_, connect, bitfieldCap) => {
  for (const [id, cap] of [...CAPS, [5, bitfieldCap] as const]) {
    for (const length of [cap + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      const code = closedBy(connect().receive(prefix(length, id)));
      expect(code, `length ${length} with id ${id}`).toMatch(
        /^wire\/(message-too-long|message-length|bitfield-length)$/,
      );
    }
  }
});

test.each(STATES)('BEP 3: a length of 0 is a keep-alive and 1 is an id alone, %s', (_, connect) => {
  for (let id = 0; id < 256; id++) {
    const connection = connect();
    expect(connection.receive(new Uint8Array(4))).toEqual([]);
    const events = connection.receive(prefix(1, id));
    for (const event of events) {
      if (event.type === 'closed') expect(event.reason?.code).toMatch(/^wire\//);
    }
    expect(events.length).toBeLessThanOrEqual(1);
  }
});

test('BEP 3: a message that is exactly as long as its cap is heard', () => {
  const caps: Message[] = [
    { type: 'extended', id: 9, payload: new Uint8Array(limits.extendedLength) },
    { type: 'unknown', id: 99, payload: new Uint8Array(limits.unknownLength) },
    { type: 'bitfield', bits: new Uint8Array(limits.pieceCount / 8) },
  ];
  for (const message of caps) {
    const connection = ready();
    expect(closedBy(connection.receive(bytesOf(message)))).toBe(undefined);
    expect(closedBy(connection.receive(bytesOf({ type: 'keep-alive' })))).toBe(undefined);
  }
});

test('BEP 3: in the handshake, lengths mean nothing: any wrong byte ends it', () => {
  for (const length of [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    expect(closedBy(make().receive(prefix(length, 0)))).toBe('wire/unknown-protocol');
  }
});

/** CPU milliseconds, the least of three runs: other work on the machine only ever adds. */
function cost(run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

/** Feeds 1 MiB of small messages, a block and messages to pass over, again and again, in chunks of one size. */
function feed(megabytes: number, chunkLength: number): void {
  const have = encodeMessage({ type: 'have', piece: 7 });
  const block = encodeMessage({ type: 'piece', piece: 0, begin: 0, data: new Uint8Array(65_536) });
  const unknown = encodeMessage({ type: 'unknown', id: 99, payload: new Uint8Array(131_067) });
  const stream = join([...Array<Uint8Array>(7_280).fill(have), block, ...Array<Uint8Array>(7).fill(unknown)]);
  expect(Math.round(stream.length / 1_024)).toBe(1_024);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += chunkLength) chunks.push(stream.subarray(at, at + chunkLength));
  const decoder = new MessageDecoder();
  for (let i = 0; i < megabytes; i++) {
    for (const chunk of chunks) {
      decoder.push(chunk);
      while (decoder.next() !== undefined);
    }
  }
}

test('BEP 3: 64 MiB in chunks of 64 KiB cost what their size says', () => {
  feed(8, 65_536);
  const small = cost(() => feed(8, 65_536));
  const large = cost(() => feed(64, 65_536));
  expect(large).toBeLessThan(24 * small + 5);
});

test('BEP 3: 64 MiB byte by byte cost no more a byte than 2 MiB do', { timeout: 300_000 }, () => {
  feed(1, 1);
  const small = cost(() => feed(2, 1));
  const start = process.cpuUsage();
  feed(64, 1);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1_000).toBeLessThan(96 * small + 5);
});

test('BEP 3: a long message byte by byte is collected in linear time', () => {
  const collect = (length: number) => {
    const frame = encodeMessage({ type: 'bitfield', bits: new Uint8Array(length) });
    const decoder = new MessageDecoder();
    for (let at = 0; at < frame.length; at++) {
      decoder.push(frame.subarray(at, at + 1));
      while (decoder.next() !== undefined);
    }
  };
  collect(4_096);
  const small = cost(() => collect(65_536));
  const large = cost(() => collect(524_288));
  expect(large).toBeLessThan(24 * small + 5);
});

test('a claim of a long message costs no memory until its bytes come', () => {
  const before = process.memoryUsage().arrayBuffers;
  const peers = Array.from({ length: 1_000 }, () => ready());
  const claim = prefix(1 + limits.pieceCount / 8, 5);
  for (const peer of peers) {
    peer.receive(claim);
    peer.receive(new Uint8Array(100));
    peer.receive(new Uint8Array(100));
  }
  const grown = process.memoryUsage().arrayBuffers - before;
  expect(peers.some((peer) => peer.closed)).toBe(false);
  expect(grown).toBeLessThan(1_000 * 16_384);
});

test('BEP 10: with the fast extension no more than reqq requests wait; the rest is rejected', () => {
  const connection = ready({ limits: { requestsIn: 50 } });
  connection.haveAll();
  connection.unchoke();
  connection.flush();
  let heard = 0;
  for (let i = 0; i < 200; i++) {
    heard += connection.receive(bytesOf({ type: 'request', piece: i, begin: 0, length: 16_384 })).length;
  }
  expect(heard).toBe(50);
  expect(connection.waiting).toBe(50);
  const frames = framesOf(connection.flush());
  expect(frames.length).toBe(150);
  expect(frames.at(-1)).toEqual(encodeMessage({ type: 'reject', piece: 199, begin: 0, length: 16_384 }));
});

test('BEP 3: without it none is dropped: 2,000 are served, one more closes with a reason', () => {
  const connection = ready({}, PLAIN);
  connection.unchoke();
  for (let i = 0; i < 2_000; i++) {
    expect(connection.receive(bytesOf({ type: 'request', piece: i, begin: 0, length: 16_384 }))).toHaveLength(1);
  }
  for (let i = 0; i < 2_000; i++) expect(connection.piece(i, 0, new Uint8Array(16_384))).toBe(true);
  expect(connection.waiting).toBe(0);
  for (let i = 0; i < 2_000; i++) connection.receive(bytesOf({ type: 'request', piece: i, begin: 0, length: 1 }));
  expect(closedBy(connection.receive(bytesOf({ type: 'request', ...BLOCK })))).toBe('wire/too-many-requests');
});

test('BEP 3: a peer that never reads is closed when what we say to it piles up', () => {
  const connection = ready({ limits: { outputBacklog: 10_000 } });
  for (let piece = 0; piece < 3_000; piece++) connection.have(piece);
  expect(connection.deadline).toBeLessThanOrEqual(1_000);
  expect(closedBy(connection.tick())).toBe('wire/output-backlog');
  expect(connection.flush()).toEqual([]);
});

test('BEP 6: requests whose refusals nobody reads pile up no further', () => {
  const connection = ready({ limits: { outputBacklog: 10_000 } });
  connection.haveAll();
  const requests = join(Array.from({ length: 1_000 }, () => bytesOf({ type: 'request', ...BLOCK })));
  expect(closedBy(connection.receive(requests))).toBe('wire/output-backlog');
});

test('BEP 3: one byte of a handshake a second is not waited for', () => {
  const world = new World();
  const connection = make({}, world);
  const start = world.time;
  let code: string | undefined;
  for (const byte of hello()) {
    world.time += 1_000;
    if (world.time >= connection.deadline) code = closedBy(connection.tick());
    else connection.receive(Uint8Array.of(byte));
    if (code !== undefined) break;
  }
  expect(code).toBe('wire/handshake-timeout');
  expect(world.time - start).toBeLessThanOrEqual(limits.handshakeMs + 1_000);
});

test('BEP 3: an accepted stream that says nothing, or is never accepted, ends as well', () => {
  for (const bytes of [new Uint8Array(0), hello()]) {
    const world = new World();
    const connection = make({ infoHash: undefined as never }, world);
    connection.receive(bytes);
    expect(connection.deadline).toBe(world.time + limits.handshakeMs);
    world.time = connection.deadline;
    expect(closedBy(connection.tick())).toBe('wire/handshake-timeout');
  }
});

test('BEP 3: one byte of a message a second is no sign of life', () => {
  const world = new World();
  const connection = ready({}, undefined, world);
  const start = world.time;
  const noise = encodeMessage({ type: 'extended', id: 9, payload: new Uint8Array(1_000) });
  for (const byte of noise) {
    world.time += 1_000;
    if (world.time >= connection.deadline) connection.tick();
    connection.receive(Uint8Array.of(byte));
    if (connection.closed) break;
  }
  expect(connection.closed).toBe(true);
  expect(world.time - start).toBeLessThanOrEqual(limits.idleMs + 1_000);
});

test('BEP 3: neither are the bytes of a block that nobody asked for', () => {
  const world = new World();
  const connection = ready({}, PLAIN, world);
  connection.receive(bytesOf({ type: 'piece', piece: 3, begin: 0, data: new Uint8Array(16_384) }).subarray(0, 14));
  const start = world.time;
  while (!connection.closed && world.time < start + 3_600_000) {
    world.time += 1_000;
    connection.tick();
    connection.receive(Uint8Array.of(7));
  }
  expect(world.time - start).toBeLessThanOrEqual(limits.idleMs + 1_000);
});

test('BEP 3: a slow block is a sign of life, a silent peer is given up', () => {
  const world = new World();
  const connection = ready({}, PLAIN, world);
  connection.receive(bytesOf({ type: 'unchoke' }));
  connection.request(BLOCK);
  connection.flush();
  connection.receive(bytesOf({ type: 'piece', piece: 3, begin: 0, data: new Uint8Array(16_384) }).subarray(0, 14));
  for (let minute = 0; minute < 60; minute++) {
    world.time += 60_000;
    connection.tick();
    expect(connection.receive(Uint8Array.of(7))).toHaveLength(1);
  }
  expect(connection.deadline).toBeLessThanOrEqual(world.time + limits.keepAliveMs);
  world.time += limits.idleMs;
  expect(closedBy(connection.tick())).toBe('wire/idle');
});

test('BEP 3: a keep-alive goes out after two minutes of our own silence', () => {
  const world = new World();
  const connection = ready({}, PLAIN, world);
  expect(connection.deadline).toBe(world.time + limits.keepAliveMs);
  world.time = connection.deadline;
  expect(connection.tick()).toEqual([]);
  expect(framesOf(connection.flush())).toEqual([new Uint8Array(4)]);
  expect(limits.keepAliveMs).toBeLessThan(120_000);
});

test('a flood of small messages leaves nothing behind', () => {
  const connection = ready({ geometry: GEOMETRY });
  connection.unchoke();
  connection.flush();
  const chunk = bytesOf(
    { type: 'keep-alive' },
    { type: 'have', piece: 7 },
    { type: 'allowed-fast', piece: 7 },
    { type: 'interested' },
    { type: 'choke' },
    { type: 'request', ...BLOCK },
    { type: 'cancel', ...BLOCK },
    { type: 'unknown', id: 99, payload: new Uint8Array(10) },
    { type: 'port', port: 1 },
  );
  const flood = join(Array(100).fill(chunk));
  for (let i = 0; i < 100; i++) {
    expect(closedBy(connection.receive(flood))).toBe(undefined);
    // Each cancel is answered, and the peer reads.
    expect(join(connection.flush()).length).toBe(1_700);
  }
  expect(connection.waiting).toBe(0);
});

test('BEP 6: allowed fast pieces beyond the limit are not remembered', () => {
  const connection = ready();
  for (let piece = 0; piece < 10_000; piece++) connection.receive(bytesOf({ type: 'allowed-fast', piece }));
  expect(connection.request({ piece: 0, begin: 0, length: 1 })).toBe(true);
  expect(connection.request({ piece: 9_999, begin: 0, length: 1 })).toBe(false);
});

test('cancelled requests beyond the limit are forgotten', () => {
  const connection = ready({ limits: { requestsCancelled: 10, requestsOut: 100 } }, PLAIN);
  connection.receive(bytesOf({ type: 'unchoke' }));
  for (let piece = 0; piece < 11; piece++) {
    connection.request({ piece, begin: 0, length: 1 });
    connection.cancel({ piece, begin: 0, length: 1 });
  }
  const types = (piece: number) =>
    connection.receive(bytesOf({ type: 'piece', piece, begin: 0, data: new Uint8Array(1) })).map((event) => event.type);
  expect(types(10)).toEqual(['block']);
  expect(types(0)).toEqual(['unrequested']);
});

test('who we are is not needed to be refused: Alice is only ever Alice', () => {
  const connection = make({ infoHash: INFO_HASH, peerId: ALICE });
  expect(connection.remote).toBe(undefined);
  connection.receive(hello().subarray(0, 67));
  expect(connection.remote).toBe(undefined);
});
