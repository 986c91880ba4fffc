/** Ordered streams over bad lines. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalBytes } from '../../core/src/index.ts';
import { Ear } from '../../core/test/ear.ts';
import { type Link, Simulation } from '../src/index.ts';
import { A, B, bytesOf, call, connect, PORT } from './pair.ts';

function pair(link: Link, seed: number | string = 1) {
  const sim = new Simulation({ seed, link });
  return { sim, a: sim.host(A), b: sim.host(B) };
}

test('opening takes a round trip: two lines there, two back', () => {
  const { sim, a, b } = pair({ latency: 25 });
  const { client, server } = call(a, b);
  sim.run(() => server.isOpen);
  expect(sim.now).toBe(50);
  sim.run(() => client.isOpen);
  expect(sim.now).toBe(100);
});

test('whatever the line, the bytes arrive whole and in order', () => {
  const link = fc.record({
    latency: fc.nat(80),
    jitter: fc.nat(40),
    rate: fc.integer({ min: 20_000, max: 5_000_000 }),
    loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
    reorder: fc.double({ min: 0, max: 0.3, noNaN: true }),
    duplicate: fc.double({ min: 0, max: 0.3, noNaN: true }),
  });
  const writes = fc.array(fc.array(fc.nat(9000), { maxLength: 4 }), { maxLength: 12 });
  fc.assert(
    fc.property(link, writes, fc.integer(), (model, sizes, seed) => {
      const { sim, a, b } = pair(model, seed);
      const { client, server, stream } = call(a, b, { b: { ended: (end) => end.end() } });
      sim.run(() => (client.isOpen && server.isOpen) || client.isClosed);
      // So many packets may be lost that nobody ever answers.
      fc.pre(client.isOpen);
      const all: number[] = [];
      let sent = 0;
      for (const chunks of sizes) {
        const parts = chunks.map((length) => bytesOf(length));
        for (const part of parts) all.push(...part);
        stream.write(parts, () => sent++);
      }
      stream.end();
      expect(sim.run(() => server.isClosed && client.isClosed)).toBe(true);
      expect(equalBytes(server.bytes, Uint8Array.from(all))).toBe(true);
      expect(sent).toBe(sizes.length);
      expect([client.error, server.error]).toEqual([undefined, undefined]);
    }),
    { numRuns: 60 },
  );
});

test('a rate is reached and not exceeded, also by many streams that share the line', () => {
  const sim = new Simulation({ seed: 3, link: { latency: 20, rate: 1_000_000 } });
  const seed = sim.host(B);
  const peers = Array.from({ length: 20 }, (_, i) => sim.host(`198.51.100.${10 + i}`));
  seed.listen({ port: PORT }, { accept: () => new Ear({ opened: (stream) => stream.write([bytesOf(250_000)]) }) });
  const ears = peers.map((peer) => {
    const ear = new Ear();
    peer.connect({ ip: B, port: PORT }, ear);
    return ear;
  });
  const late: number[] = [];
  expect(
    sim.run(() => {
      for (const [i, ear] of ears.entries()) if (ear.length === 250_000) late[i] ??= sim.now;
      return late.filter(Boolean).length === ears.length;
    }),
  ).toBe(true);
  expect(sim.now).toBeGreaterThan(5000);
  expect(sim.now).toBeLessThan(6000);
  expect(Math.min(...late)).toBeGreaterThan(2000);
});

test('a crowded line delays a small message by about its queue, not by all that waits', () => {
  const { sim, a, b } = pair({ latency: 10, rate: 200_000, queueMs: 200 });
  const bulk = connect(sim, a, b);
  bulk.stream.write([bytesOf(4_000_000)]);
  sim.run(sim.now + 5000);
  const other = new Ear();
  b.listen({ port: PORT + 1 }, { accept: () => other });
  const start = sim.now;
  a.connect({ ip: B, port: PORT + 1 }, new Ear()).write([bytesOf(10)]);
  sim.run(() => other.length === 10);
  expect(sim.now - start).toBeLessThan(1200);
});

test('many streams that share a slow line keep its queue short', () => {
  const sim = new Simulation({ seed: 3, link: { latency: 10, rate: 1_000_000, queueMs: 300 } });
  const [a, b] = [sim.host(A), sim.host(B)];
  const ear = new Ear();
  b.listen({ port: PORT }, { accept: () => new Ear() });
  b.listen({ port: PORT + 1 }, { accept: () => ear });
  const bulk = bytesOf(400_000);
  for (let i = 0; i < 30; i++) a.connect({ ip: B, port: PORT }, new Ear()).write([bulk]);
  sim.run(6000);
  const start = sim.now;
  a.connect({ ip: B, port: PORT + 1 }, new Ear()).write([bytesOf(10)]);
  sim.run(() => ear.length === 10);
  expect(sim.now - start).toBeLessThan(1500);
});

test('a large write comes in parts of many sizes, different for each seed', () => {
  const borders = (seed: number) => {
    const sizes: number[] = [];
    const { sim, a, b } = pair({}, seed);
    const { server, stream } = connect(sim, a, b, { b: { received: (_, bytes) => sizes.push(bytes.length) } });
    stream.write([bytesOf(500_000)]);
    sim.run(() => server.length === 500_000);
    return sizes;
  };
  expect(new Set(borders(1)).size).toBeGreaterThan(5);
  expect(borders(1)).toEqual(borders(1));
  expect(borders(1)).not.toEqual(borders(2));
});

test('what receive() was given is overwritten when it returns', () => {
  const { sim, a, b } = pair({});
  const kept: Uint8Array[] = [];
  const { server, stream } = connect(sim, a, b, { b: { received: (_, bytes) => kept.push(bytes) } });
  stream.write([new Uint8Array(100)]);
  sim.run(() => server.length === 100);
  expect(kept.every((bytes) => bytes.every((byte) => byte === 0xa5))).toBe(true);
});

test('close inside sent: the other writes that were sent with it are not told', () => {
  const { sim, a, b } = pair({});
  const { stream } = connect(sim, a, b);
  let sent = 0;
  for (let i = 0; i < 3; i++) {
    stream.write([bytesOf(10)], () => {
      sent++;
      stream.close();
    });
  }
  sim.run(Number.POSITIVE_INFINITY);
  expect(sent).toBe(1);
});

test('who has paused still hears that the other side is gone', () => {
  const { sim, a, b } = pair({ latency: 5 });
  const { server, stream } = connect(sim, a, b);
  server.stream.pause();
  stream.write([bytesOf(100)]);
  sim.run(sim.now + 100);
  stream.close();
  expect(sim.run(() => server.isClosed, 1000)).toBe(true);
  expect([server.length, server.error instanceof Error]).toEqual([0, true]);
});

test('a stream lives through a partition that heals, and nothing is lost', () => {
  const { sim, a, b } = pair({ latency: 5 });
  const { server, stream } = connect(sim, a, b);
  const cut = sim.partition([A], [B]);
  stream.write([bytesOf(100_000)]);
  expect(sim.run(() => server.length > 0, 60_000)).toBe(false);
  cut.close();
  expect(sim.run(() => server.length === 100_000, 10_000)).toBe(true);
  expect(equalBytes(server.bytes, bytesOf(100_000))).toBe(true);
});

test('a partition that does not heal breaks the stream of the one who sends', () => {
  const { sim, a, b } = pair({ latency: 5 });
  const { client, server, stream } = connect(sim, a, b);
  sim.partition([A], [B]);
  stream.write([bytesOf(10)]);
  expect(sim.run(() => client.isClosed)).toBe(true);
  expect(client.error?.message).toContain('timed out');
  expect(server.isClosed).toBe(false);
  expect(sim.trace.lines.filter((line) => line.includes('retry')).length).toBeLessThan(50);
});

test('nobody at the address, or a partition: connecting times out', () => {
  const { sim, a, b } = pair({ latency: 5 });
  const nobody = new Ear();
  a.connect({ ip: '198.51.100.77', port: 1 }, nobody);
  sim.partition([A], [B], { oneWay: true });
  const { client } = call(a, b);
  expect(sim.run(() => nobody.isClosed && client.isClosed)).toBe(true);
  expect(sim.now).toBeGreaterThan(15_000);
  expect(nobody.error?.message).toContain('nobody answers');
});

test('an address of a family that the host does not have cannot be reached', () => {
  const { sim, a } = pair({});
  const ear = new Ear();
  a.connect({ ip: '2001:db8::1', port: 1 }, ear);
  sim.run(() => ear.isClosed);
  expect(ear.error?.message).toContain('no way');
});

test('a host reaches itself by its own address and by loopback', () => {
  const { sim, a } = pair({ latency: 50 });
  for (const ip of [A, '127.0.0.1', '::1']) {
    const server = new Ear();
    const listener = a.listen({ port: PORT }, { accept: () => server });
    const start = sim.now;
    a.connect({ ip, port: PORT }, new Ear()).write([bytesOf(5)]);
    expect(sim.run(() => server.length === 5)).toBe(true);
    expect(sim.now).toBe(start);
    expect(server.stream.remote.ip).toBe(ip);
    listener.close();
  }
});

test('several listeners that share a port share what arrives', () => {
  const { sim, a, b } = pair({});
  const counts = [0, 0];
  for (const i of [0, 1]) {
    b.listen(
      { port: PORT, share: true },
      {
        accept: () => {
          counts[i]!++;
          return new Ear();
        },
      },
    );
  }
  for (let i = 0; i < 40; i++) a.connect({ ip: B, port: PORT }, new Ear());
  sim.run(Number.POSITIVE_INFINITY);
  expect(counts[0]! + counts[1]!).toBe(40);
  expect(Math.min(...counts)).toBeGreaterThan(5);
});

test('a hundred peers that move 64 MiB need a bounded number of events, none for each byte or packet', () => {
  const sim = new Simulation({ seed: 7, link: { latency: 30, rate: 2e6, loss: 0.01 } });
  const hosts = Array.from({ length: 100 }, (_, i) => sim.host(`198.51.100.${i + 1}`));
  let heard = 0;
  const block = bytesOf(16_384);
  const blocks = 41;
  const receive = (bytes: Uint8Array) => {
    heard += bytes.length;
  };
  for (const host of hosts) host.listen({ port: PORT }, { accept: () => ({ receive, closed: () => {} }) });
  for (const [i, host] of hosts.entries()) {
    const ip = hosts[(i + 7) % hosts.length]!.ip;
    const stream = host.connect({ ip, port: PORT }, new Ear());
    for (let n = 0; n < blocks; n++) stream.write([block.subarray(0, 13), block]);
  }
  const all = hosts.length * blocks * (block.length + 13);
  expect(sim.run(() => heard === all)).toBe(true);
  expect(all).toBeGreaterThan(64 << 20);
  expect(sim.trace.count).toBeLessThan(20_000);
});
