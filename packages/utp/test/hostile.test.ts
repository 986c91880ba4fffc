/** Peers that lie, and strangers that write other people's addresses on their packets (BEP 29 leaves defence to the receiver). */
import { expect, test } from 'vitest';
import { encodePacket, limits } from '../src/index.ts';
import { advance } from '../src/sequence.ts';
import { accepted, connected, PEER, RawPeer } from './raw-peer.ts';

const lengthOf = (datagrams: readonly { readonly bytes: Uint8Array }[]) =>
  datagrams.reduce((sum, { bytes }) => sum + bytes.length, 0);

test('reflection: a SYN gets one small STATE, as large as itself, once', () => {
  const peer = new RawPeer();
  peer.deliver({ type: 'syn', connectionId: 5, sequence: 1 });
  const answer = peer.takeDatagrams();
  expect([answer.length, lengthOf(answer)]).toEqual([1, 20]);
  for (let i = 0; i < 60; i++) expect(peer.pass(1000)).toEqual([]);
});

test('reflection: nothing at all is sent to a peer until it has acked the random number of our answer', () => {
  const peer = new RawPeer();
  const [answer] = peer.send({ type: 'syn', connectionId: 5, sequence: 1 });
  const blind = [...Array(200).keys()].map((i) => advance(answer!.sequence, 1 + i * 300));
  for (const acknowledged of blind) {
    const sent = peer.send({ type: 'data', connectionId: 6, sequence: 2, acknowledged, payload: Uint8Array.of(1) });
    expect(sent).toEqual([]);
  }
  expect(new Set(peer.happened())).toEqual(new Set(['utp/unproven']));
  expect(peer.endpoint.connections).toBe(0);
});

test('reflection: the user hears of a peer, and can send to it, only after the proof', () => {
  const peer = new RawPeer();
  const [answer] = peer.send({ type: 'syn', connectionId: 5, sequence: 1 });
  expect(peer.happened()).toEqual([]);
  peer.send({ type: 'state', connectionId: 6, sequence: 2, acknowledged: advance(answer!.sequence, -1) });
  expect(peer.happened()).toEqual(['accepted']);
});

test('reflection: what belongs to nobody gets a RESET that is no longer, and only so many a second', () => {
  const peer = new RawPeer();
  for (let i = 0; i < 1000; i++) {
    peer.deliver(
      { type: 'data', connectionId: i, payload: new Uint8Array(10) },
      { ip: `198.51.100.${i % 250}`, port: 1 },
    );
  }
  expect(peer.takeDatagrams().map(({ bytes }) => bytes.length)).toEqual(Array(limits.resetsPerSecond).fill(20));
  expect(new Set(peer.happened())).toEqual(new Set(['utp/unknown-connection']));
  peer.now += 1000;
  expect(peer.send({ type: 'state', connectionId: 1 })).toMatchObject([{ type: 'reset' }]);
  expect(peer.send({ type: 'reset', connectionId: 1 })).toEqual([]);
});

test('SYN flood from one address: only so many are remembered, others still get in', () => {
  const peer = new RawPeer();
  for (let i = 0; i < 500; i++) peer.deliver({ type: 'syn', connectionId: 2 * i, sequence: 1 });
  expect(peer.take().length).toBe(limits.halfOpenPerAddress);
  expect(peer.send({ type: 'syn', connectionId: 3, sequence: 1 }, { ip: '198.51.100.1', port: 9 }).length).toBe(1);
});

test('SYN flood from everywhere: bounded in all, the oldest makes room, and it is over soon', () => {
  const peer = new RawPeer();
  const flood = (from: number, count: number) => {
    for (let i = from; i < from + count; i++) {
      peer.deliver(
        { type: 'syn', connectionId: 5, sequence: 1 },
        { ip: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, port: 1 },
      );
    }
  };
  flood(0, 2_000);
  peer.take();
  const [answer] = peer.send({ type: 'syn', connectionId: 5, sequence: 1 });
  flood(2_000, limits.halfOpen - 1);
  peer.take();
  peer.happened();
  peer.send({ type: 'state', connectionId: 6, sequence: 2, acknowledged: advance(answer!.sequence, -1) });
  expect(peer.happened()).toEqual(['accepted']);
  peer.pass(limits.halfOpenMs);
  peer.send({ type: 'state', connectionId: 6, sequence: 2 }, { ip: '10.0.9.1', port: 1 });
  expect(peer.happened()).toEqual(['utp/unknown-connection']);
});

test('connections are limited, and an endpoint that accepts nobody says so', () => {
  const { peer } = accepted({ connections: 1 });
  expect(peer.send({ type: 'syn', connectionId: 9, sequence: 1 }, { ip: '198.51.100.1', port: 9 })).toEqual([]);
  expect(peer.happened()).toEqual(['utp/too-many']);
  const closed = new RawPeer({ accept: false });
  expect(closed.send({ type: 'syn', connectionId: 9, sequence: 1 })).toMatchObject([
    { type: 'reset', connectionId: 9 },
  ]);
});

test('ack of what was not sent: the whole packet is ignored', () => {
  const { peer, ids, connection, next } = accepted();
  connection.write([new Uint8Array(100)]);
  peer.take();
  const window = connection.congestionWindow;
  for (const ahead of [1, 2, 100, 30_000]) {
    peer.send({ type: 'data', ...ids, sequence: 101, acknowledged: advance(next, ahead), payload: Uint8Array.of(1) });
    expect(peer.happened()).toEqual(['utp/ack-of-unsent']);
  }
  expect(connection.congestionWindow).toBe(window);
});

test('an answer to a SYN that does not ack its number is ignored', () => {
  const peer = new RawPeer();
  peer.endpoint.connect(PEER);
  const [syn] = peer.take();
  for (const acknowledged of [0, 1, advance(syn!.sequence, 1), advance(syn!.sequence, -1)]) {
    peer.send({ type: 'state', connectionId: syn!.connectionId, sequence: 9, acknowledged });
    expect(peer.happened()).toEqual(['utp/ack-of-unsent']);
  }
});

test('optimistic acks: the window grows by what was under way, however often it is acked', () => {
  const { peer, ids, connection, next } = accepted();
  connection.write([new Uint8Array(500_000)]);
  const sent = peer.take().length;
  const under = connection.congestionWindow;
  const selective = new Uint8Array(252).fill(255);
  for (let i = 0; i < 500; i++) {
    peer.deliver({ type: 'state', ...ids, sequence: 101, acknowledged: advance(next, sent - 1), selective });
  }
  expect(connection.congestionWindow).toBeLessThanOrEqual(2 * under);
});

test('optimistic acks: bits of a selective ack beyond what was sent mean nothing', () => {
  const { peer, ids, connection, next } = accepted();
  connection.write([new Uint8Array(500_000)]);
  const before = peer.take();
  const selective = new Uint8Array(252).fill(255);
  const after = peer.send({ type: 'state', ...ids, sequence: 101, acknowledged: advance(next, -1), selective });
  const seen = new Set(before.map(({ sequence }) => sequence));
  // The one that the mask leaves open goes again; all others that were named had been sent.
  expect(after.filter(({ sequence }) => seen.has(sequence)).map(({ sequence }) => sequence)).toEqual([next]);
});

test('acks sent out of an idle connection do not make its window grow', () => {
  const { peer, ids, connection, next } = accepted();
  let sent = 0;
  for (let i = 0; i < 200; i++) {
    connection.write([Uint8Array.of(1)]);
    sent += peer.take().length;
    peer.now += 10;
    peer.send({ type: 'state', ...ids, sequence: 101, acknowledged: advance(next, sent - 1) });
  }
  expect(connection.congestionWindow).toBeLessThanOrEqual(4 * 1400);
});

test('a spoofed RESET has to answer something that we have sent', () => {
  const { peer, connection, id, next } = connected();
  for (const acknowledged of [0, advance(next, 5), advance(next, -5), advance(next, 30_000)]) {
    peer.send({ type: 'reset', connectionId: id, acknowledged });
    expect(peer.happened()).toEqual(['utp/reset-mismatch']);
  }
  peer.send({ type: 'reset', connectionId: id, acknowledged: next }, { ip: '198.51.100.1', port: 9 });
  expect(peer.happened()).toEqual(['utp/unknown-connection']);
  expect(connection.state).toBe('connected');
});

test('a packet from another address, or with another id, does not reach a connection', () => {
  const { peer, ids } = accepted();
  const data = { type: 'data', ...ids, sequence: 101, payload: Uint8Array.of(1) } as const;
  peer.send(data, { ip: PEER.ip, port: PEER.port + 1 });
  peer.send(data, { ip: '198.51.100.1', port: PEER.port });
  peer.send({ ...data, connectionId: ids.connectionId + 1 });
  expect(new Set(peer.happened())).toEqual(new Set(['utp/unknown-connection']));
});

test('window nonsense: a window of 4 GiB, or of one byte, makes us send neither too much nor for ever nothing', () => {
  const { peer, ids, connection, next } = accepted();
  peer.send({ type: 'state', ...ids, sequence: 101, window: 0xffffffff });
  connection.write([new Uint8Array(1_000_000)]);
  expect(lengthOf(peer.takeDatagrams())).toBeLessThan(10_000);
  const tiny = accepted();
  tiny.peer.send({ type: 'state', ...tiny.ids, sequence: 101, window: 1 });
  tiny.connection.write([new Uint8Array(1000)]);
  expect(tiny.peer.take().map(({ payload }) => payload.length)).toEqual([1]);
  expect(next).toBeDefined();
});

test('timestamp nonsense: whatever is claimed, the window stays in its bounds and the connection alive', () => {
  const { peer, ids, connection, next } = accepted();
  connection.write([new Uint8Array(900_000)]);
  let acked = peer.take().length;
  for (let i = 0; i < 300; i++) {
    peer.now += 20;
    const timestamp = (i * 0x9e3779b1) >>> 0;
    const packet = { ...ids, sequence: 101, acknowledged: advance(next, acked - 1), timestamp } as const;
    acked += peer.send({ type: 'state', ...packet, timestampDifference: (i * 0x85ebca6b) >>> 0 }).length;
    expect(connection.congestionWindow).toBeGreaterThan(1000);
    expect(connection.congestionWindow).toBeLessThan(3_000_000);
    expect(connection.queueing).toBeGreaterThanOrEqual(0);
  }
  expect(connection.state).toBe('connected');
});

test('a reader that leaves a gap open costs the window that we offer, and no more', () => {
  const { peer, ids } = accepted({ receiveWindow: 50_000 });
  for (let i = 2; i < 200; i++) {
    peer.deliver({ type: 'data', ...ids, sequence: 100 + i, payload: new Uint8Array(1000) });
  }
  const [ack] = peer.take();
  expect(ack!.window).toBe(0);
  const bits = [...ack!.selective!].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  expect(bits).toBe(50);
  peer.deliver({ type: 'data', ...ids, sequence: 101 + limits.earlyPackets, payload: Uint8Array.of(1) });
  expect(peer.take()[0]!.selective!.length).toBeLessThan(40);
});

test('borrowed input: data is not kept beyond the call, even when it has to wait', () => {
  const { peer, ids, connection } = accepted();
  const bytes = encodePacket({
    type: 'data',
    ...ids,
    timestamp: 0,
    timestampDifference: 0,
    window: 1000,
    sequence: 102,
    payload: Uint8Array.of(7, 7),
  });
  peer.raw(bytes);
  bytes.fill(0);
  connection.pause();
  peer.send({ type: 'data', ...ids, sequence: 101, payload: Uint8Array.of(6) });
  connection.resume();
  peer.take();
  peer.pass(0);
  const [event] = peer.events;
  expect(event?.type === 'data' && [...event.bytes]).toEqual([6, 7, 7]);
});
