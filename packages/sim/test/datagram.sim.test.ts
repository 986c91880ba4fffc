/** Datagrams over bad lines, in groups, and too large. */
import type { Datagram } from '@ferro/core';
import { expect, test } from 'vitest';
import { type Link, type SimulatedHost, Simulation } from '../src/index.ts';
import { A, B, bytesOf } from './pair.ts';

function hear(host: SimulatedHost, port: number, options: { group?: string; hops?: number } = {}) {
  const got: { first: number | undefined; length: number; from: string }[] = [];
  const batches: number[] = [];
  const kept: Uint8Array[] = [];
  const socket = host.bind(
    { port, ...options },
    {
      receive: (datagrams) => {
        batches.push(datagrams.length);
        for (const { bytes, address } of datagrams) {
          kept.push(bytes);
          got.push({ first: bytes[0], length: bytes.length, from: address.ip });
        }
      },
    },
  );
  return { got, batches, kept, socket };
}

function pair(link: Link, seed = 1) {
  const sim = new Simulation({ seed, link });
  const a = sim.host(A);
  const b = sim.host(B);
  return { sim, a, b, from: hear(a, 1000), at: hear(b, 2000) };
}

const numbered = (count: number): Datagram[] =>
  Array.from({ length: count }, (_, i) => ({ bytes: Uint8Array.of(i), address: { ip: B, port: 2000 } }));

test('what arrives at one instant is one batch', () => {
  const { sim, from, at } = pair({ latency: 10 });
  from.socket.send(numbered(9));
  sim.run(Number.POSITIVE_INFINITY);
  expect(at.batches).toEqual([9]);
});

test('loss takes some, duplication adds some, reordering moves some', () => {
  const count = (link: Link) => {
    const { sim, from, at } = pair(link);
    for (let i = 0; i < 200; i++) {
      sim.run(sim.now + 1);
      from.socket.send(numbered(200).slice(i, i + 1));
    }
    sim.run(Number.POSITIVE_INFINITY);
    return at.got.map(({ first }) => first!);
  };
  expect(count({ loss: 0.2 }).length).toBeLessThan(180);
  expect(count({ duplicate: 0.2 }).length).toBeGreaterThan(220);
  const reordered = count({ reorder: 0.2 });
  expect(reordered).not.toEqual([...reordered].sort((x, y) => x - y));
  expect(reordered.length).toBe(200);
  expect(count({ jitter: 30 })).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

test('a packet longer than the MTU, headers included, is lost; without one 64 KiB pass', () => {
  const lengths = (link: Link) => {
    const { sim, from, at } = pair(link);
    for (const length of [1472, 1473, 65_507, 65_508]) {
      from.socket.send([{ bytes: bytesOf(length), address: { ip: B, port: 2000 } }]);
    }
    sim.run(Number.POSITIVE_INFINITY);
    return at.got.map(({ length }) => length);
  };
  expect(lengths({ mtu: 1500 })).toEqual([1472]);
  expect(lengths({})).toEqual([1472, 1473, 65_507]);
});

test('the narrower of the two lines decides', () => {
  const sim = new Simulation({ seed: 1 });
  const a = sim.host(A);
  const b = sim.host(B, { link: { up: {}, down: { mtu: 600 } } });
  const at = hear(b, 2000);
  const back = hear(a, 1000);
  back.socket.send([{ bytes: bytesOf(1000), address: { ip: B, port: 2000 } }]);
  at.socket.send([{ bytes: bytesOf(1000), address: { ip: A, port: 1000 } }]);
  sim.run(Number.POSITIVE_INFINITY);
  expect(at.got).toEqual([]);
  expect(back.got.length).toBe(1);
});

test('a group reaches those who joined it on the port, the sender too, and nobody else', () => {
  const sim = new Simulation({ seed: 1 });
  const group = '239.192.152.143';
  const hosts = [1, 2, 3].map((i) => sim.host(`198.51.100.${i}`));
  const [one, two, three] = hosts.map((host, i) => hear(host, 6771, i < 2 ? { group } : {}));
  one!.socket.send([{ bytes: bytesOf(5), address: { ip: group, port: 6771 } }]);
  sim.run(Number.POSITIVE_INFINITY);
  expect([one, two, three].map((box) => box!.got.length)).toEqual([1, 1, 0]);
  expect(two!.got[0]?.from).toBe('198.51.100.1');
});

test('what may take no hop stays on the machine', () => {
  const sim = new Simulation({ seed: 1 });
  const group = '239.192.152.143';
  const [a, b] = [sim.host(A), sim.host(B)];
  const [one, same, other] = [hear(a, 6771, { group, hops: 0 }), hear(a, 6771, { group }), hear(b, 6771, { group })];
  one.socket.send([{ bytes: bytesOf(5), address: { ip: group, port: 6771 } }]);
  sim.run(Number.POSITIVE_INFINITY);
  expect([one, same, other].map(({ got }) => got.length)).toEqual([1, 1, 0]);
});

test('nothing passes a partition, in one direction or in both', () => {
  const { sim, from, at } = pair({});
  const there = () => from.socket.send(numbered(1));
  const back = () => at.socket.send([{ bytes: bytesOf(1), address: { ip: A, port: 1000 } }]);
  const both = sim.partition([A], [B]);
  there();
  back();
  sim.run(Number.POSITIVE_INFINITY);
  expect([at.got.length, from.got.length]).toEqual([0, 0]);
  both.close();
  sim.partition([A], [B], { oneWay: true });
  there();
  back();
  sim.run(Number.POSITIVE_INFINITY);
  expect([at.got.length, from.got.length]).toEqual([0, 1]);
});

test('what receive() was given is overwritten when it returns', () => {
  const { sim, from, at } = pair({});
  from.socket.send(numbered(3));
  sim.run(Number.POSITIVE_INFINITY);
  expect(at.kept.map((bytes) => bytes[0])).toEqual([0xa5, 0xa5, 0xa5]);
});
