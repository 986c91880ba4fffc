import { expect, test } from 'vitest';
import type { Message, PeerEvent } from '../src/index.ts';
import { ALICE, BOB, INFO_HASH, Pair } from './pair.ts';

const GEOMETRY = { pieceCount: 10, pieceLength: 65_536, length: 10 * 65_536 };
const BLOCK = { piece: 3, begin: 16_384, length: 16_384 };

const types = (events: readonly { readonly type: string }[]) => events.map((event) => event.type);

function wholeBlock(events: readonly PeerEvent[]): Uint8Array {
  const bytes = new Uint8Array(BLOCK.length);
  for (const event of events) {
    expect(event.type).toBe('block');
    if (event.type === 'block') bytes.set(event.data, event.offset);
  }
  return bytes;
}

/** Alice wants, Bob has. */
function swap(pair: Pair): void {
  pair.alice.haveNone();
  pair.bob.haveAll();
  pair.alice.setInterested(true);
  pair.talk();
  pair.bob.unchoke();
  pair.talk();
}

test('BEP 3: both sides learn who the other is, and what both can do', () => {
  const pair = new Pair({ bob: { dht: true } });
  for (const [side, other] of [
    [pair.alice, BOB],
    [pair.bob, ALICE],
  ] as const) {
    expect(side.ready).toBe(true);
    expect(side.remote?.peerId.equals(other)).toBe(true);
    expect(side.infoHash?.equals(INFO_HASH)).toBe(true);
    expect(side.fast).toBe(true);
    expect(side.extensions).toBe(true);
    expect([side.choking, side.choked, side.interested, side.interesting]).toEqual([true, true, false, false]);
  }
  expect([pair.alice.dht, pair.bob.dht]).toEqual([true, false]);
});

test('BEP 3: interest, unchoke, request, block', () => {
  const pair = new Pair({ alice: { geometry: GEOMETRY }, bob: { geometry: GEOMETRY } });
  swap(pair);
  expect(pair.bob.interesting).toBe(true);
  expect(pair.alice.choked).toBe(false);
  expect(pair.alice.request(BLOCK)).toBe(true);
  expect(pair.alice.outstanding).toBe(1);
  expect(pair.talk().bob).toEqual([{ type: 'request', ...BLOCK }]);
  expect(pair.bob.waiting).toBe(1);
  const data = Uint8Array.from({ length: BLOCK.length }, (_, i) => i * 7);
  expect(pair.bob.piece(BLOCK.piece, BLOCK.begin, data)).toBe(true);
  expect(pair.bob.waiting).toBe(0);
  expect(wholeBlock(pair.talk().alice)).toEqual(data);
  expect(pair.alice.outstanding).toBe(0);
});

test.each([1, 2, 13, 17, 1_000])('BEP 3: a block that comes in chunks of %i bytes is the same block', (chunk) => {
  const pair = new Pair({ chunk });
  swap(pair);
  pair.alice.request(BLOCK);
  pair.talk();
  const data = Uint8Array.from({ length: BLOCK.length }, (_, i) => i * 13);
  pair.bob.piece(BLOCK.piece, BLOCK.begin, data);
  expect(wholeBlock(pair.talk().alice)).toEqual(data);
});

test('BEP 6: each request has exactly one answer, whatever crosses on the way', () => {
  const pair = new Pair();
  swap(pair);
  pair.alice.request(BLOCK);
  pair.talk();
  expect(pair.alice.cancel(BLOCK)).toBe(true);
  expect(pair.talk()).toEqual({ alice: [], bob: [{ type: 'cancel', ...BLOCK }] });
  expect(pair.bob.piece(BLOCK.piece, BLOCK.begin, new Uint8Array(BLOCK.length))).toBe(false);
  expect(pair.bob.reject(BLOCK)).toBe(false);
  expect(pair.bob.flush()).toEqual([]);
});

test('BEP 3: the block of a request that was cancelled too late is still a block', () => {
  const pair = new Pair();
  swap(pair);
  pair.alice.request(BLOCK);
  pair.talk();
  pair.bob.piece(BLOCK.piece, BLOCK.begin, new Uint8Array(BLOCK.length));
  pair.alice.cancel(BLOCK);
  expect(pair.talk()).toMatchObject({ alice: [{ type: 'block', length: BLOCK.length }], bob: [] });
});

test('BEP 6: a choke rejects what waits, but not the allowed fast pieces', () => {
  const pair = new Pair();
  swap(pair);
  pair.bob.allowFast([4]);
  pair.alice.request(BLOCK);
  pair.alice.request({ piece: 4, begin: 0, length: 16_384 });
  pair.talk();
  pair.bob.choke();
  expect(pair.bob.waiting).toBe(1);
  expect(pair.talk().alice).toEqual([{ type: 'choke' }, { type: 'reject', ...BLOCK }]);
  expect(pair.alice.outstanding).toBe(1);
  expect(pair.alice.request(BLOCK)).toBe(false);
  expect(pair.alice.request({ piece: 4, begin: 16_384, length: 16_384 })).toBe(true);
  expect(types(pair.talk().bob)).toEqual(['request']);
});

test('BEP 3: without the fast extension a choke forgets what waits, and says nothing', () => {
  const pair = new Pair({ alice: { fast: false } });
  pair.alice.setInterested(true);
  pair.bob.unchoke();
  pair.talk();
  pair.alice.request(BLOCK);
  pair.talk();
  pair.bob.choke();
  expect(pair.bob.waiting).toBe(0);
  expect(pair.talk().alice).toEqual([{ type: 'choke' }]);
  expect(pair.alice.outstanding).toBe(0);
});

test('BEP 3: a block that crosses the choke on the way is taken', () => {
  const pair = new Pair({ alice: { fast: false } });
  pair.bob.unchoke();
  pair.talk();
  pair.alice.request(BLOCK);
  pair.talk();
  pair.bob.choke();
  pair.bob.unchoke();
  // What Bob's socket still held when he choked.
  pair.alice.receive(pair.bob.flush()[0]!);
  expect(pair.alice.outstanding).toBe(0);
  pair.alice.request({ ...BLOCK, piece: 9 });
  pair.talk();
  pair.bob.piece(9, BLOCK.begin, new Uint8Array(BLOCK.length));
  expect(types(pair.talk().alice)).toEqual(['block']);
});

test('BEP 3 and 10: two silent peers keep the connection up with keep-alives', () => {
  const pair = new Pair();
  pair.wait(pair.world.time + 3_600_000);
  expect(pair.talk()).toEqual({ alice: [], bob: [] });
  expect([pair.alice.closed, pair.bob.closed]).toEqual([false, false]);
});

test('BEP 52: hash requests and their answers pass in both directions', () => {
  const pair = new Pair();
  const range = { piecesRoot: new Uint8Array(32).fill(7), baseLayer: 0, index: 512, length: 512, proofLayers: 9 };
  const messages: Extract<Message, { type: 'hash-request' | 'hash-reject' | 'hashes' }>[] = [
    { type: 'hash-request', ...range },
    { type: 'hash-reject', ...range },
    { type: 'hashes', ...range, hashes: new Uint8Array(32 * 513).fill(9) },
  ];
  for (const message of messages) pair.alice.hashes(message);
  expect(pair.talk().bob.slice(1)).toEqual(messages);
});

test('BEP 5: the port of a DHT node arrives', () => {
  const pair = new Pair();
  pair.alice.port(6881);
  expect(pair.talk().bob).toEqual([{ type: 'have-none' }, { type: 'port', port: 6881 }]);
});

test('BEP 3: a connection for any torrent is answered with the one that is wanted', () => {
  const pair = new Pair({ bob: { infoHash: undefined as never } });
  expect(pair.alice.ready).toBe(false);
  expect(pair.bob.remote?.infoHash.equals(INFO_HASH)).toBe(true);
  expect(() => pair.bob.haveNone()).toThrow(TypeError);
  pair.bob.accept(INFO_HASH);
  expect(types(pair.talk().alice)).toEqual(['handshake', 'extended-handshake']);
  expect(pair.bob.ready).toBe(true);
  expect(() => pair.bob.accept(INFO_HASH)).toThrow(TypeError);
});
