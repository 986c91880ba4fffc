/** One connection against hand-made packets: BEP 29, connection setup, acks, packet loss, timeouts, ST_FIN, ST_RESET. */
import { expect, test } from 'vitest';
import { limits, type Packet } from '../src/index.ts';
import { advance } from '../src/sequence.ts';
import { accepted, connected, PEER, RawPeer } from './raw-peer.ts';

const types = (packets: readonly Packet[]) => packets.map(({ type }) => type);
const numbers = (packets: readonly Packet[], next: number) => packets.map(({ sequence }) => (sequence - next) & 0xffff);
const FULL = limits.mtuStart - 28 - 20;

test('BEP 29, connection setup: the initiator uses its id for the SYN and id + 1 for all else', () => {
  const { peer, syn, connection, next, sequence } = connected();
  expect(syn.type).toBe('syn');
  expect(connection.state).toBe('connected');
  connection.write([Uint8Array.of(1, 2, 3)]);
  const [data] = peer.take();
  expect(data).toMatchObject({ type: 'data', connectionId: (syn.connectionId + 1) & 0xffff, sequence: next });
  // As deployed clients have it, the answer to a SYN takes no sequence number.
  expect(data!.acknowledged).toBe(advance(sequence, -1));
});

test('BEP 29, connection setup: the acceptor receives on id + 1 and sends with id', () => {
  const { peer, connection, id } = accepted();
  connection.write([Uint8Array.of(9)]);
  const [data] = peer.take();
  expect(data).toMatchObject({ type: 'data', connectionId: id, acknowledged: 100 });
});

test('BEP 29, connection setup: a peer that counts our answer as a packet, as the BEP draws it, is understood too', () => {
  const peer = new RawPeer();
  const [answer] = peer.send({ type: 'syn', connectionId: 5, sequence: 1 });
  peer.send({ type: 'data', connectionId: 6, sequence: 2, acknowledged: answer!.sequence, payload: Uint8Array.of(7) });
  const event = peer.events.find(({ type }) => type === 'accepted');
  if (event?.type !== 'accepted') throw new Error('it was not accepted');
  event.connection.write([Uint8Array.of(9)]);
  expect(peer.take()[0]!.sequence).toBe(advance(answer!.sequence, 1));
});

test('BEP 29, packet sizes: what is written first goes apart from what follows, what is written later shares packets', () => {
  const { peer, connection, next, id, sequence } = connected();
  connection.write([new Uint8Array(60), new Uint8Array(8)]);
  for (const length of [30, 5, 7]) connection.write([new Uint8Array(length)]);
  const packets = peer.take();
  expect(packets.map(({ payload }) => payload.length)).toEqual([68, 42]);
  peer.send({ type: 'state', connectionId: id, sequence, acknowledged: advance(next, 1) });
  for (const length of [30, 5]) connection.write([new Uint8Array(length)]);
  expect(peer.take().map(({ payload }) => payload.length)).toEqual([35]);
});

test('chunks get into packets by the copier of the endpoint', () => {
  const copied: number[] = [];
  const copy = (from: Uint8Array, into: Uint8Array, at: number) => {
    copied.push(from.length);
    into.set(from, at);
  };
  const { peer, connection } = connected({ copier: { copy } });
  connection.write([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  expect(peer.take()[0]!.payload).toEqual(Uint8Array.of(1, 2, 3));
  expect(copied).toEqual([2, 1]);
});

test('BEP 29, packet sizes: a first write longer than a packet ends with a packet, too', () => {
  const { peer, connection } = connected();
  connection.write([new Uint8Array(FULL + 10)]);
  connection.write([new Uint8Array(20)]);
  expect(peer.take().map(({ payload }) => payload.length)).toEqual([FULL, 10, 20]);
});

test('BEP 29, timeouts: a SYN is sent three times, each wait twice as long, then the peer is given up', () => {
  const peer = new RawPeer();
  const connection = peer.endpoint.connect(PEER);
  expect(types(peer.take())).toEqual(['syn']);
  expect(types(peer.pass(999))).toEqual([]);
  expect(types(peer.pass(1))).toEqual(['syn']);
  expect(types(peer.pass(2000))).toEqual(['syn']);
  expect(types(peer.pass(4000))).toEqual([]);
  expect(peer.events).toMatchObject([{ type: 'closed', reason: 'timeout' }]);
  expect(connection.state).toBe('closed');
  expect(peer.endpoint.connections).toBe(0);
});

test('BEP 29, ST_SYN: a repeated SYN gets the same answer again, another with its id none', () => {
  const peer = new RawPeer();
  const [first] = peer.send({ type: 'syn', connectionId: 5, sequence: 1 });
  expect(peer.send({ type: 'syn', connectionId: 5, sequence: 1 })).toMatchObject([
    { ...first, timestamp: expect.any(Number) },
  ]);
  expect(peer.send({ type: 'syn', connectionId: 5, sequence: 2 })).toEqual([]);
  expect(peer.happened()).toEqual(['utp/unexpected-syn']);
});

test('BEP 29, connection setup: a SYN whose connection would collide with one that is there is ignored', () => {
  const { peer, id } = connected();
  expect(peer.send({ type: 'syn', connectionId: advance(id, -1), sequence: 1 })).toEqual([]);
  expect(peer.happened()).toEqual(['utp/unexpected-syn']);
});

test('both sides may connect to each other at once: these are two connections', () => {
  const peer = new RawPeer();
  peer.endpoint.connect(PEER);
  const [syn] = peer.take();
  const [answer] = peer.send({ type: 'syn', connectionId: advance(syn!.connectionId, 7), sequence: 50 });
  peer.send({ type: 'state', connectionId: syn!.connectionId, sequence: 9, acknowledged: syn!.sequence });
  peer.send({
    type: 'data',
    connectionId: advance(syn!.connectionId, 8),
    sequence: 51,
    acknowledged: advance(answer!.sequence, -1),
    payload: Uint8Array.of(1),
  });
  expect(peer.happened()).toEqual(['connected', 'accepted', 'data']);
  expect(peer.endpoint.connections).toBe(2);
});

test('acks: all packets that come within a millisecond are answered by one STATE, and 64 at once', () => {
  const { peer, ids } = accepted();
  for (let i = 0; i < 10; i++) peer.deliver({ type: 'data', ...ids, sequence: 101 + i, payload: Uint8Array.of(i) });
  expect(peer.take()).toEqual([]);
  expect(peer.pass(limits.ackGatherMs)).toMatchObject([{ type: 'state', acknowledged: 110 }]);
  for (let i = 0; i < limits.ackPackets; i++)
    peer.deliver({ type: 'data', ...ids, sequence: 111 + i, payload: new Uint8Array(1) });
  expect(peer.take()).toMatchObject([{ type: 'state', acknowledged: 110 + limits.ackPackets }]);
});

test('acks: that of a lone packet waits for company, and rides on data if there is some', () => {
  const { peer, ids, connection } = accepted();
  peer.pass(limits.ackDelayMs);
  expect(peer.send({ type: 'data', ...ids, sequence: 101, payload: Uint8Array.of(1) })).toEqual([]);
  expect(peer.pass(limits.ackDelayMs)).toMatchObject([{ type: 'state', acknowledged: 101 }]);
  peer.send({ type: 'data', ...ids, sequence: 102, payload: Uint8Array.of(2) });
  connection.write([Uint8Array.of(3)]);
  expect(peer.take()).toMatchObject([{ type: 'data', acknowledged: 102 }]);
  expect(types(peer.pass(limits.ackDelayMs))).toEqual([]);
});

test('BEP 29, Selective ACK: what came behind a gap is in the mask, lowest bit first, and the gap closes in order', () => {
  const { peer, ids } = accepted();
  const data = (sequence: number) => ({ type: 'data', ...ids, sequence, payload: Uint8Array.of(sequence) }) as const;
  const [early] = peer.send(data(102));
  expect(early).toMatchObject({ type: 'state', acknowledged: 100, selective: Uint8Array.of(1, 0, 0, 0) });
  const [later] = peer.send(data(110));
  expect(later).toMatchObject({ acknowledged: 100, selective: Uint8Array.of(1, 1, 0, 0) });
  expect(peer.happened()).toEqual([]);
  const [closed] = peer.send(data(101));
  expect(closed).toMatchObject({ acknowledged: 102, selective: Uint8Array.of(64, 0, 0, 0) });
  const [event] = peer.events;
  expect(event?.type === 'data' && [...event.bytes]).toEqual([101, 102]);
});

test('a packet that comes twice is delivered once and acked again', () => {
  const { peer, ids } = accepted();
  const data = { type: 'data', ...ids, sequence: 101, payload: Uint8Array.of(1) } as const;
  peer.send(data);
  expect(peer.happened()).toEqual(['data']);
  expect(peer.send(data)).toMatchObject([{ type: 'state', acknowledged: 101 }]);
  expect(peer.happened()).toEqual([]);
});

/** Sends ten full packets and returns what the peer needs to ack them. */
function tenUnderWay() {
  const { peer, ids, connection, next } = accepted();
  peer.pass(limits.ackDelayMs);
  connection.write([new Uint8Array(40 * FULL)]);
  let sent = peer.take();
  let acked = 0;
  // Slow start, until ten at a time are sent.
  while (sent.length < 10) {
    peer.now += 20;
    acked += sent.length;
    sent = peer.send({ type: 'state', ...ids, sequence: 101, acknowledged: advance(next, acked - 1) });
  }
  const ack = (count: number, selective?: Uint8Array) =>
    peer.send({
      type: 'state',
      ...ids,
      sequence: 101,
      acknowledged: advance(next, acked + count - 1),
      ...(selective && { selective }),
    });
  return { peer, connection, first: advance(next, acked), ack };
}

test('BEP 29, packet loss: three packets acked behind a missing one bring it back, and the window is halved once', () => {
  const { peer, connection, first, ack } = tenUnderWay();
  const window = connection.congestionWindow;
  peer.now += 20;
  expect(numbers(ack(0, Uint8Array.of(0b11, 0, 0, 0)), first)).not.toContain(0);
  expect(numbers(ack(0, Uint8Array.of(0b111, 0, 0, 0)), first)).toContain(0);
  const halved = connection.congestionWindow;
  expect(halved).toBeLessThan(0.6 * (window + 3 * FULL));
  // A second hole from the same time is no second congestion.
  ack(1, Uint8Array.of(0b11111, 0, 0, 0));
  expect(connection.congestionWindow).toBeGreaterThanOrEqual(halved);
});

test('BEP 29, packet loss: three duplicate acks of a peer without selective acks do the same', () => {
  const { peer, first, ack } = tenUnderWay();
  peer.now += 20;
  for (let i = 0; i < 2; i++) expect(numbers(ack(0), first)).not.toContain(0);
  expect(numbers(ack(0), first)).toContain(0);
});

test('BEP 29, packet loss: a repetition that is lost as well is found by what was sent after it', () => {
  const { peer, first, ack } = tenUnderWay();
  peer.now += 20;
  ack(0, Uint8Array.of(0b1111_1111, 0, 0, 0));
  peer.now += 20;
  const again = ack(0, Uint8Array.of(0xff, 0xff, 0xff, 0));
  expect(numbers(again, first)).toContain(0);
});

test('BEP 29, timeouts: without acks one packet goes again, later and later, until the peer is given up', () => {
  const { peer, connection, first } = tenUnderWay();
  const waits: number[] = [];
  for (let last = peer.now; connection.state === 'connected' && waits.length < 20; ) {
    const passed = peer.pass(Math.max(0.1, peer.endpoint.deadline - peer.now));
    const sent = passed.filter(({ type }) => type === 'data');
    if (connection.state !== 'connected') break;
    if (sent.length === 0) continue;
    expect(numbers(sent, first)).toEqual([0]);
    waits.push(Math.round(peer.now - last));
    last = peer.now;
  }
  expect(waits.length).toBe(limits.timeouts);
  for (let i = 2; i < waits.length; i++) expect(waits[i]).toBeGreaterThan(waits[i - 1]! * 1.7);
  expect(peer.events.at(-1)).toMatchObject({ type: 'closed', reason: 'timeout' });
});

test("Karn's rule: the round trip of a packet that was sent twice is not measured", () => {
  const { peer, connection, ack } = tenUnderWay();
  const before = connection.roundTrip;
  while (peer.pass(100).length === 0);
  peer.now += 5000;
  ack(1);
  expect(connection.roundTrip).toBe(before);
});

test('BEP 29, wnd_size: a shut window stops us; we ask now and then, and go on when it opens', () => {
  const { peer, ids, connection, next } = accepted();
  peer.pass(limits.ackDelayMs);
  peer.send({ type: 'state', ...ids, sequence: 101, window: 0 });
  connection.write([new Uint8Array(3 * FULL)]);
  expect(peer.take()).toEqual([]);
  const probes: Packet[] = [];
  for (let i = 0; i < 40 && probes.length < 3; i++) {
    const sent = peer.pass(500);
    probes.push(...sent);
    if (sent.length > 0) peer.send({ type: 'state', ...ids, sequence: 101, window: 0 });
  }
  expect(numbers(probes, next)).toEqual([0, 0, 0]);
  expect(connection.state).toBe('connected');
  const opened = peer.send({ type: 'state', ...ids, sequence: 101, acknowledged: next });
  expect(numbers(opened, next)).toEqual([1, 2]);
});

test('BEP 29, wnd_size: a paused reader shuts the window, and its opening is told at once', () => {
  const { peer, ids, connection } = accepted({ receiveWindow: 10_000 });
  connection.pause();
  for (let i = 0; i < 12; i++) peer.deliver({ type: 'data', ...ids, sequence: 101 + i, payload: new Uint8Array(1000) });
  expect(peer.take()).toMatchObject([{ type: 'state', acknowledged: 110, window: 0 }]);
  expect(peer.happened()).toEqual([]);
  connection.resume();
  peer.take();
  expect(peer.pass(0)).toMatchObject([{ type: 'state', window: 10_000 }]);
  const [event] = peer.events;
  expect(event?.type === 'data' && event.bytes.length).toBe(10_000);
});

test('a write that is larger than the queue says no, and `writable` says when there is room again', () => {
  const { peer, ids, connection, next } = accepted();
  expect(connection.write([new Uint8Array(limits.writeQueue)])).toBe(false);
  let acked = peer.take().length;
  for (let i = 0; i < 500 && !peer.happened().includes('writable'); i++) {
    peer.now += 10;
    acked += peer.send({ type: 'state', ...ids, sequence: 101, acknowledged: advance(next, acked - 1) }).length;
  }
  expect(connection.unsent).toBeLessThanOrEqual(limits.writeQueue / 2);
  expect(connection.write([Uint8Array.of(1)])).toBe(true);
});

test('a connection that says nothing for 29 seconds says that it lives, with an ack that is news to nobody', () => {
  const { peer } = accepted();
  peer.pass(limits.ackDelayMs);
  expect(types(peer.pass(limits.keepAliveMs - 1))).toEqual([]);
  expect(peer.pass(1)).toMatchObject([{ type: 'state', acknowledged: 99 }]);
});

test('at its deadline a connection does what was due, whatever fraction of a millisecond the clock shows', () => {
  for (let i = 0; i < 50; i++) {
    const { peer, ids } = accepted();
    peer.pass(20_000 + Math.sqrt(i));
    peer.send({ type: 'data', ...ids, sequence: 101, payload: Uint8Array.of(1) });
    peer.pass(limits.ackDelayMs);
    peer.now = peer.endpoint.deadline;
    expect(peer.pass(0)).toHaveLength(1);
    expect(peer.endpoint.deadline).toBeGreaterThan(peer.now);
  }
});

test('BEP 29, ST_FIN: a clean end: ours is acked, theirs is acked, and a repeated one is acked again', () => {
  const { peer, ids, connection, next } = accepted();
  connection.write([Uint8Array.of(1)]);
  connection.end();
  expect(peer.take()).toMatchObject([
    { type: 'data', sequence: next },
    { type: 'fin', sequence: advance(next, 1) },
  ]);
  const fin = { type: 'fin', ...ids, sequence: 101, acknowledged: advance(next, 1) } as const;
  expect(peer.send(fin)).toMatchObject([{ type: 'state', acknowledged: 101 }]);
  expect(peer.events.at(-1)).toEqual({ type: 'closed', connection });
  expect(peer.happened()).toEqual(['ended', 'writable', 'closed']);
  expect(peer.send(fin)).toMatchObject([{ type: 'state', acknowledged: 101 }]);
  peer.pass(limits.lingerMs);
  expect(peer.endpoint.connections).toBe(0);
  expect(types(peer.send(fin))).toEqual(['reset']);
});

test('BEP 29, ST_FIN: either half goes on when the other has ended', () => {
  const { peer, ids, connection, next } = accepted();
  peer.send({ type: 'fin', ...ids, sequence: 101 });
  expect(peer.happened()).toEqual(['ended']);
  connection.write([Uint8Array.of(1)]);
  expect(types(peer.take())).toEqual(['data']);

  const other = accepted();
  other.connection.end();
  other.peer.take();
  other.peer.send({ type: 'data', ...other.ids, acknowledged: other.next, sequence: 101, payload: Uint8Array.of(1) });
  expect(other.peer.happened()).toEqual(['data']);
  expect([connection.state, other.connection.state]).toEqual(['connected', 'connected']);
  expect(next).toBeDefined();
});

test('BEP 29, eof_pkt: a FIN that overtakes data waits for it; what has a later number is refused', () => {
  const { peer, ids } = accepted();
  peer.send({ type: 'fin', ...ids, sequence: 102 });
  expect(peer.happened()).toEqual([]);
  peer.send({ type: 'data', ...ids, sequence: 103, payload: Uint8Array.of(3) });
  expect(peer.happened()).toEqual(['utp/data-after-fin']);
  peer.send({ type: 'data', ...ids, sequence: 101, payload: Uint8Array.of(1) });
  expect(peer.happened()).toEqual(['data', 'ended']);
});

test('a peer that takes our FIN and then falls silent is forgotten', () => {
  const { peer, ids, connection, next } = accepted();
  connection.end();
  peer.take();
  peer.send({ type: 'state', ...ids, sequence: 101, acknowledged: next });
  for (let i = 0; i < 8 && connection.state === 'connected'; i++) peer.pass(limits.keepAliveMs);
  expect(peer.happened()).toEqual(['closed']);
});

test('BEP 29, ST_RESET: reset() tells the peer and has no event', () => {
  const { peer, connection, id } = accepted();
  connection.write([new Uint8Array(5000)]);
  peer.take();
  connection.reset();
  expect(peer.take()).toMatchObject([{ type: 'reset', connectionId: id }]);
  expect([peer.happened(), peer.endpoint.connections, connection.write([Uint8Array.of(1)])]).toEqual([[], 0, false]);
});

test('BEP 29, ST_RESET: one with our receive id, or one that echoes the id we send with, ends the connection', () => {
  for (const step of [0, 1]) {
    const { peer, connection, id, next } = connected();
    const acknowledged = advance(next, -1);
    peer.send({ type: 'reset', connectionId: advance(id, step), acknowledged });
    expect(peer.events).toMatchObject([{ type: 'closed', reason: 'reset' }]);
    expect(connection.state).toBe('closed');
  }
});

test('a RESET for our FIN, from a peer that had ended before, is a clean end: deployed clients forget so early', () => {
  const { peer, ids, connection, next } = accepted();
  peer.send({ type: 'fin', ...ids, sequence: 101 });
  connection.end();
  peer.take();
  peer.happened();
  peer.send({ type: 'reset', connectionId: ids.connectionId, acknowledged: next });
  expect(peer.events).toEqual([{ type: 'closed', connection }]);
});
