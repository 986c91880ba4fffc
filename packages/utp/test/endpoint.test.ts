/** The endpoint as a datagram core: BEP 29, connection_id; and what every such core promises. */

import type { Datagram } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { datagramCoreContract } from '../../core/test/datagram-core.contract.ts';
import { encodePacket, type UtpConnection, UtpEndpoint, type UtpEvent } from '../src/index.ts';
import { Outgoing } from '../src/outgoing.ts';
import { PacketReader } from '../src/packet.ts';
import { PacketPool } from '../src/packet-pool.ts';
import { endpointOf, pair } from './flow.ts';
import { RawPeer } from './raw-peer.ts';

datagramCoreContract<UtpEvent>({
  name: 'UtpEndpoint',
  make: () => {
    let now = 0;
    let random = 0;
    return new UtpEndpoint({
      now: () => (now += 7),
      random: (bytes) => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = random++ % 3;
      },
    });
  },
  // Ids and numbers from a small range, so that handshakes succeed and connections are met.
  datagrams: fc
    .record({
      type: fc.constantFrom('syn', 'data', 'state', 'fin', 'reset'),
      connectionId: fc.nat(3),
      timestamp: fc.nat(0xffffffff),
      timestampDifference: fc.nat(0xffffffff),
      window: fc.nat(100_000),
      sequence: fc.nat(5),
      acknowledged: fc.oneof(fc.nat(5), fc.constantFrom(0x0000, 0x0001, 0x0100, 0x0102, 0x0200, 0xffff)),
      payload: fc.uint8Array({ maxLength: 20 }),
    })
    .map(encodePacket),
  runs: 300,
});

test('many connections share one socket, and each gets its own bytes', () => {
  const { network, a, b } = pair({ latency: 5, loss: 0.01 }, 9);
  const got = new Map<unknown, number[]>();
  b.on = (event) => {
    if (event.type === 'data') got.set(event.connection, [...(got.get(event.connection) ?? []), ...event.bytes]);
  };
  const all: UtpConnection[] = [];
  // One after the other, for only so many may be half open from one address.
  for (let i = 0; i < 300; i++) {
    network.at(5 * i, () => {
      const connection = endpointOf(a).connect(b.address);
      connection.write([Uint8Array.of(i & 255, i >> 8)]);
      all.push(connection);
      a.flush();
    });
  }
  network.run(30_000);
  expect(new Set([...got.values()].map(([low, high]) => low! + 256 * high!)).size).toBe(300);
  expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['connected']));
});

test('small writes between two flushes share a packet', () => {
  const { network, a, b } = pair({ latency: 5 });
  const connection = endpointOf(a).connect(b.address);
  a.flush();
  network.run(100);
  connection.write([new Uint8Array(68)]);
  a.flush();
  network.run(network.now + 20);
  b.recording = true;
  for (let i = 0; i < 100; i++) connection.write([Uint8Array.of(i)]);
  a.flush();
  network.run(network.now + 20);
  expect(b.record.filter(({ bytes }) => bytes.length > 20).map(({ bytes }) => bytes.length)).toEqual([120]);
});

test('a connection that finds the packet memory spent waits, and goes on when there is some again', () => {
  const pool = new PacketPool(1472, 1472);
  const [one, other] = [1, 2].map((port) => new Outgoing({ ip: '203.0.113.1', port }, 10, 100_000, 1500, pool, 0));
  const head = { connectionId: 0, timestamp: 0, timestampDifference: 0, window: 0, acknowledged: 0 };
  const out: Datagram[] = [];
  for (const sender of [one!, other!]) {
    sender.write([new Uint8Array(500)]);
    sender.collect(head, 0, out);
  }
  expect([out.length, one!.isStarved, other!.isStarved, pool.used]).toEqual([1, false, true, 1]);
  const ack = new PacketReader();
  ack.read(
    encodePacket({
      type: 'state',
      ...head,
      window: 100_000,
      acknowledged: 10,
      sequence: 1,
      payload: new Uint8Array(0),
    }),
  );
  one!.acknowledge(ack, new Uint8Array(20), true, 5);
  other!.collect(head, 5, out);
  expect([out.length, other!.isStarved]).toEqual([2, false]);
});

test('what a packet costs does not depend on how many connections there are', () => {
  const time = (connections: number) => {
    const peer = new RawPeer();
    for (let i = 0; i < connections; i++) peer.endpoint.connect({ ip: `10.0.${i >> 8}.${i & 255}`, port: 6881 });
    peer.take();
    const from = { ip: '198.51.100.1', port: 9 };
    const bytes = new Uint8Array(100).fill(0x21, 0, 1);
    const start = performance.now();
    for (let i = 0; i < 1000; i++) {
      bytes[3] = i;
      peer.endpoint.receive({ bytes, address: from });
      peer.endpoint.flush();
    }
    return performance.now() - start;
  };
  time(200);
  const least = (connections: number) => Math.min(...Array.from({ length: 5 }, () => time(connections)));
  expect(least(1600)).toBeLessThan(6 * least(200) + 5);
});

test("options out of range are the caller's mistake", () => {
  const make = (mtu: number) => () => new RawPeer({ mtu });
  expect(make(100)).toThrow(RangeError);
  expect(make(70_000)).toThrow(RangeError);
});
