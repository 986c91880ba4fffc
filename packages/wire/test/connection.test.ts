import { Id20 } from '@ferro/core';
import { expect, test } from 'vitest';
import {
  decodeHandshake,
  encodeHandshake,
  encodeMessage,
  type Message,
  makeReserved,
  PeerConnection,
  type PeerEvent,
} from '../src/index.ts';
import { ALICE, BOB, bytesOf, closedBy, framesOf, hello, INFO_HASH, join, make, ready, World } from './pair.ts';

const GEOMETRY = { pieceCount: 10, pieceLength: 65_536, length: 10 * 65_536 - 1_000 };
const BLOCK = { piece: 3, begin: 16_384, length: 16_384 };
const V2_HASH = Id20.from('22'.repeat(20));
const PLAIN = [] as const;

const types = (events: readonly { readonly type: string }[]) => events.map((event) => event.type);
const say = (connection: PeerConnection, ...messages: Message[]): readonly PeerEvent[] =>
  connection.receive(bytesOf(...messages));
const said = (connection: PeerConnection): Uint8Array[] => framesOf(connection.flush());

test('BEP 3: the initiator speaks first, and says which torrent', () => {
  const ours = decodeHandshake(join(make().flush()));
  expect([ours.infoHash.hex, ours.peerId.hex]).toEqual([INFO_HASH.hex, ALICE.hex]);
  expect(ours.reserved).toEqual(makeReserved(['fast', 'extensions']));
  const plain = make({ fast: false, extended: false, dht: true });
  expect(decodeHandshake(join(plain.flush())).reserved).toEqual(makeReserved(['dht']));
});

test('BEP 3: another info-hash is severed', () => {
  const theirs = encodeHandshake({ reserved: new Uint8Array(8), infoHash: V2_HASH, peerId: BOB });
  expect(closedBy(make().receive(theirs))).toBe('wire/info-hash-mismatch');
});

test('BEP 3: another peer id than expected is severed', () => {
  expect(closedBy(make({ remotePeerId: BOB }).receive(hello()))).toBe(undefined);
  expect(closedBy(make({ remotePeerId: Id20.from('00'.repeat(20)) }).receive(hello()))).toBe('wire/peer-id-mismatch');
});

test('BEP 3: a connection to ourselves has its own code, incoming and outgoing', () => {
  const mirror = join(make().flush());
  expect(closedBy(make().receive(mirror))).toBe('wire/self-connection');
  expect(closedBy(new PeerConnection(new World(), { peerId: ALICE }).receive(mirror))).toBe('wire/self-connection');
});

test('BEP 52: a hybrid torrent may be answered with its v2 hash, if we have offered that', () => {
  const answer = encodeHandshake({ reserved: makeReserved(['v2']), infoHash: V2_HASH, peerId: BOB });
  const offering = make({ infoHashV2: V2_HASH });
  expect(decodeHandshake(join(offering.flush())).reserved).toEqual(makeReserved(['fast', 'extensions', 'v2']));
  expect(types(offering.receive(answer))).toEqual(['handshake']);
  expect(offering.infoHash?.hex).toBe(V2_HASH.hex);
  expect(closedBy(make().receive(answer))).toBe('wire/info-hash-mismatch');
});

test('BEP 52: we may upgrade only who has said that it knows both hashes', () => {
  const incoming = (bits: Parameters<typeof hello>[0]) => {
    const connection = new PeerConnection(new World(), { peerId: ALICE });
    connection.receive(hello(bits));
    return connection;
  };
  const upgraded = incoming(['v2']);
  upgraded.accept(V2_HASH);
  expect(decodeHandshake(join(upgraded.flush())).infoHash.hex).toBe(V2_HASH.hex);
  expect(() => incoming(PLAIN).accept(V2_HASH)).toThrow(RangeError);
});

test('BEP 3: what we have is said once and first; who says something else first has nothing', () => {
  const connection = ready();
  connection.have(3);
  expect(said(connection)).toEqual([encodeMessage({ type: 'have-none' }), encodeMessage({ type: 'have', piece: 3 })]);
  expect(() => connection.haveAll()).toThrow(TypeError);
  expect(() => connection.bitfield(new Uint8Array(2))).toThrow(TypeError);
});

test('BEP 3: without the fast extension, all is a bitfield and none is silence', () => {
  const all = ready({ geometry: GEOMETRY }, PLAIN);
  all.haveAll();
  expect(said(all)).toEqual([encodeMessage({ type: 'bitfield', bits: Uint8Array.of(0xff, 0xc0) })]);
  const none = ready({}, PLAIN);
  none.haveNone();
  expect(said(none)).toEqual([]);
  expect(() => ready({}, PLAIN).haveAll()).toThrow(TypeError);
  expect(() => ready({ geometry: GEOMETRY }).bitfield(new Uint8Array(1))).toThrow(RangeError);
});

test('BEP 3: choke and interest are said once for each change', () => {
  const connection = ready({}, PLAIN);
  connection.unchoke();
  connection.unchoke();
  connection.setInterested(true);
  connection.setInterested(true);
  connection.choke();
  connection.setInterested(false);
  expect(said(connection).map((frame) => frame[4])).toEqual([1, 2, 0, 3]);
});

test('BEP 3: choke and interest of the peer are seen', () => {
  const connection = ready();
  say(connection, { type: 'unchoke' }, { type: 'interested' });
  expect([connection.choked, connection.interesting]).toEqual([false, true]);
  say(connection, { type: 'choke' }, { type: 'not-interested' });
  expect([connection.choked, connection.interesting]).toEqual([true, false]);
});

test('BEP 3: nothing is requested while choked, twice, or beyond what they let wait', () => {
  const connection = ready({ limits: { requestsOut: 2 } });
  expect(connection.request(BLOCK)).toBe(false);
  say(connection, { type: 'unchoke' });
  expect(connection.request(BLOCK)).toBe(true);
  expect(connection.request(BLOCK)).toBe(false);
  expect(connection.request({ ...BLOCK, piece: 4 })).toBe(true);
  expect(connection.request({ ...BLOCK, piece: 5 })).toBe(false);
  expect(connection.outstanding).toBe(2);
  expect(() => connection.request({ ...BLOCK, length: 0 })).toThrow(RangeError);
  expect(() => connection.request({ ...BLOCK, length: 131_073 })).toThrow(RangeError);
});

test('BEP 6: an allowed fast piece is requested while choked', () => {
  const connection = ready();
  say(connection, { type: 'allowed-fast', piece: BLOCK.piece });
  expect(connection.request(BLOCK)).toBe(true);
  expect(connection.request({ ...BLOCK, piece: 4 })).toBe(false);
});

test('BEP 6: a block that nobody requested closes the connection at once', () => {
  const connection = ready();
  expect(closedBy(say(connection, { type: 'piece', piece: 3, begin: 0, data: new Uint8Array(9) }))).toBe(
    'wire/unrequested',
  );
});

test('BEP 3: without the fast extension such blocks are dropped and reported, and too many of them close it', () => {
  const connection = ready({ limits: { unrequested: 3 } }, PLAIN);
  const block = encodeMessage({ type: 'piece', piece: 3, begin: 0, data: new Uint8Array(9) });
  for (let i = 0; i < 3; i++) {
    expect(connection.receive(block)).toEqual([{ type: 'unrequested', piece: 3, begin: 0, length: 9 }]);
  }
  expect(closedBy(connection.receive(block))).toBe('wire/unrequested');
});

test('BEP 3: a shorter block than requested was not requested', () => {
  const connection = ready({}, PLAIN);
  say(connection, { type: 'unchoke' });
  connection.request(BLOCK);
  const data = new Uint8Array(BLOCK.length - 1);
  expect(types(say(connection, { type: 'piece', piece: 3, begin: BLOCK.begin, data }))).toEqual(['unrequested']);
  expect(connection.outstanding).toBe(1);
});

test('BEP 6: a reject takes the request back; rejects out of nowhere are borne up to a limit', () => {
  const connection = ready({ limits: { unrequested: 3 } });
  say(connection, { type: 'unchoke' });
  connection.request(BLOCK);
  expect(say(connection, { type: 'reject', ...BLOCK })).toEqual([{ type: 'reject', ...BLOCK }]);
  expect(connection.outstanding).toBe(0);
  for (let i = 0; i < 3; i++) expect(say(connection, { type: 'reject', ...BLOCK })).toEqual([]);
  expect(closedBy(say(connection, { type: 'reject', ...BLOCK }))).toBe('wire/unrequested');
});

test('BEP 6: a request while choked is rejected, without the fast extension it is dropped', () => {
  const fast = ready();
  fast.haveAll();
  expect(say(fast, { type: 'request', ...BLOCK })).toEqual([]);
  expect(said(fast).map((frame) => frame[4])).toEqual([14, 16]);
  const plain = ready({}, PLAIN);
  expect(say(plain, { type: 'request', ...BLOCK })).toEqual([]);
  expect(said(plain)).toEqual([]);
});

test('BEP 6: a request before we have said what we have can be for nothing', () => {
  expect(closedBy(say(ready(), { type: 'request', ...BLOCK }))).toBe('wire/request-too-early');
});

test('BEP 3: the same request twice waits once, and has one answer', () => {
  const connection = ready({}, PLAIN);
  connection.unchoke();
  expect(types(say(connection, { type: 'request', ...BLOCK }, { type: 'request', ...BLOCK }))).toEqual(['request']);
  expect(connection.piece(BLOCK.piece, BLOCK.begin, new Uint8Array(BLOCK.length))).toBe(true);
  expect(connection.piece(BLOCK.piece, BLOCK.begin, new Uint8Array(BLOCK.length))).toBe(false);
});

test('BEP 3: a cancel takes a request back; without the fast extension nothing is answered', () => {
  const connection = ready({}, PLAIN);
  connection.unchoke();
  said(connection);
  expect(types(say(connection, { type: 'request', ...BLOCK }, { type: 'cancel', ...BLOCK }))).toEqual([
    'request',
    'cancel',
  ]);
  expect(connection.waiting).toBe(0);
  expect(say(connection, { type: 'cancel', ...BLOCK })).toEqual([]);
  expect(said(connection)).toEqual([]);
});

test('BEP 6: reject() refuses what waits, once', () => {
  const connection = ready();
  connection.unchoke();
  say(connection, { type: 'request', ...BLOCK });
  said(connection);
  expect(connection.reject(BLOCK)).toBe(true);
  expect(connection.reject(BLOCK)).toBe(false);
  expect(said(connection)).toEqual([encodeMessage({ type: 'reject', ...BLOCK })]);
});

test('BEP 6: suggestions and allowed fast pieces need the fast extension', () => {
  const fast = ready({ limits: { allowedFast: 2 } });
  expect([fast.suggest(1), fast.allowFast([1, 2, 2, 3])]).toEqual([true, true]);
  expect(said(fast).map((frame) => frame[4])).toEqual([15, 13, 17, 17]);
  const plain = ready({}, PLAIN);
  expect([plain.suggest(1), plain.allowFast([1])]).toEqual([false, false]);
  expect(said(plain)).toEqual([]);
});

test.each<[string, Message, string]>([
  ['have', { type: 'have', piece: 10 }, 'wire/piece-out-of-range'],
  ['suggest', { type: 'suggest', piece: 10 }, 'wire/piece-out-of-range'],
  ['allowed fast', { type: 'allowed-fast', piece: 0xffffffff }, 'wire/piece-out-of-range'],
  ['request', { type: 'request', piece: 10, begin: 0, length: 1 }, 'wire/piece-out-of-range'],
  ['request', { type: 'request', piece: 0, begin: 65_536, length: 1 }, 'wire/block-out-of-range'],
  ['request', { type: 'request', piece: 0, begin: 0xffffffff, length: 16_384 }, 'wire/block-out-of-range'],
  ['request', { type: 'request', piece: 9, begin: 65_536 - 1_000, length: 1 }, 'wire/block-out-of-range'],
  ['request', { type: 'request', piece: 0, begin: 0, length: 0 }, 'wire/block-out-of-range'],
  ['request', { type: 'request', piece: 0, begin: 0, length: 131_073 }, 'wire/block-too-long'],
  ['bitfield', { type: 'bitfield', bits: new Uint8Array(3) }, 'wire/bitfield-length'],
  ['bitfield', { type: 'bitfield', bits: Uint8Array.of(0, 0x20) }, 'wire/bitfield-spare-bits'],
])('BEP 3: a %s outside of the torrent closes the connection: %o', (_, message, code) => {
  const connection = ready({ geometry: GEOMETRY });
  connection.unchoke();
  expect(closedBy(say(connection, message))).toBe(code);
});

test('BEP 3: the last byte of the torrent can be requested', () => {
  const connection = ready({ geometry: GEOMETRY });
  connection.unchoke();
  expect(types(say(connection, { type: 'request', piece: 9, begin: 65_536 - 1_001, length: 1 }))).toEqual(['request']);
});

test.each<[string, Message, string | undefined]>([
  ['a have beyond the end', { type: 'have', piece: 10 }, 'wire/piece-out-of-range'],
  ['a bitfield of another length', { type: 'bitfield', bits: new Uint8Array(3) }, 'wire/bitfield-length'],
  ['a bitfield with a spare bit', { type: 'bitfield', bits: Uint8Array.of(0, 0x20) }, 'wire/piece-out-of-range'],
  ['a have of the last piece', { type: 'have', piece: 9 }, undefined],
  ['a full bitfield', { type: 'bitfield', bits: Uint8Array.of(0xff, 0xc0) }, undefined],
])('BEP 9: %s is judged when the torrent becomes known', (_, message, code) => {
  const connection = ready();
  expect(types(say(connection, message))).toEqual([message.type]);
  connection.setGeometry(GEOMETRY);
  expect(connection.deadline <= 1_000).toBe(code !== undefined);
  expect(closedBy(connection.tick())).toBe(code);
  expect(connection.closed).toBe(code !== undefined);
});

test('a geometry that does not add up is a mistake of ours', () => {
  expect(() => make({ geometry: { ...GEOMETRY, pieceCount: 11 } })).toThrow(RangeError);
});

test('commands before both handshakes are a mistake, on a closed connection they do nothing', () => {
  expect(() => make().unchoke()).toThrow(TypeError);
  const connection = ready();
  connection.close();
  connection.unchoke();
  connection.have(1);
  connection.accept(INFO_HASH);
  connection.setUploadOnly(true);
  expect(connection.request(BLOCK)).toBe(false);
  expect([connection.flush(), connection.receive(hello()), connection.tick()]).toEqual([[], [], []]);
  expect(connection.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('BEP 3: events before the one that breaks a rule are still told', () => {
  const events = say(
    ready({ geometry: GEOMETRY }),
    { type: 'unchoke' },
    { type: 'have', piece: 99 },
    { type: 'choke' },
  );
  expect(types(events)).toEqual(['unchoke', 'closed']);
});

test('a mistake inside an extension is not blamed on the peer', () => {
  const broken = {
    name: 'xx_broken',
    deadline: Number.POSITIVE_INFINITY,
    offer: () => ({}),
    accept: () => [],
    receive: () => {
      throw new TypeError('a bug');
    },
    tick: () => [],
    flush: () => [],
  };
  const connection = ready({ extensions: [broken] });
  expect(() => connection.receive(bytesOf({ type: 'extended', id: 1, payload: new Uint8Array(0) }))).toThrow('a bug');
});
