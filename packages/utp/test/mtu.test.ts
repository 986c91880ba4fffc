/** The search for the path's MTU: BEP 29 leaves packet sizes to the sender. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../src/index.ts';
import { MtuSearch } from '../src/mtu.ts';
import { endpointOf, Flow, joinNodes, utpNode } from './flow.ts';
import { Link, Network } from './link.ts';

const OVERHEAD = 28;

test('whatever the path carries, the search ends just below it and takes few probes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: limits.mtuStart, max: 65_535 }),
      fc.integer({ min: limits.mtuStart, max: 65_535 }),
      (mtu, path) => {
        const search = new MtuSearch(mtu, OVERHEAD);
        let probes = 0;
        for (let length = search.probeLength(0); length > 0; length = search.probeLength(0)) {
          expect(length).toBeGreaterThanOrEqual(search.length + 10);
          expect(length).toBeLessThanOrEqual(mtu - OVERHEAD);
          expect(++probes).toBeLessThanOrEqual(18);
          search.sent();
          expect(search.probeLength(0)).toBe(0);
          if (length <= path - OVERHEAD) search.arrived(length);
          else search.lost(length, 0);
        }
        const best = Math.min(mtu, path) - OVERHEAD;
        expect(search.length).toBeLessThanOrEqual(best);
        expect(search.length).toBeGreaterThan(best - limits.mtuGranularity - 10);
      },
    ),
  );
});

test('a path that grew is found after a while; one that shrank is answered by the smallest packets', () => {
  const search = new MtuSearch(1500, OVERHEAD);
  search.sent();
  search.lost(search.probeLength(0) || 1472, 0);
  while (search.probeLength(0) > 0) {
    const length = search.probeLength(0);
    search.sent();
    search.lost(length, 0);
  }
  expect(search.probeLength(limits.mtuRetryMs)).toBe(1472);
  search.blackHole(0);
  expect(search.length).toBe(limits.mtuLeast - OVERHEAD);
});

test.each([1280, 1400, 1492, 1500])(
  'over a path of %i bytes a transfer uses it, and loses no more than the probes',
  (mtu) => {
    const network = new Network(3);
    const [there, back] = [new Link(network, { rate: 1250, latency: 20, mtu }), new Link(network, { latency: 20 })];
    const sender = utpNode(network, '10.0.0.1', 1);
    const receiver = utpNode(network, '10.0.0.2', 2);
    joinNodes(sender, receiver, there, back);
    const flow = new Flow(network, sender, receiver, there);
    network.run(3000);
    expect(there.dropped).toBeLessThan(6);
    expect(flow.connection.packetLength).toBeLessThanOrEqual(mtu - OVERHEAD);
    expect(flow.connection.packetLength).toBeGreaterThan(mtu - OVERHEAD - 30);
    expect(flow.rate(1000, 3000)).toBeGreaterThan(0.9 * 1250);
  },
);

test('a path of 600 bytes, less than we trust any with, still carries a transfer in the end', () => {
  const network = new Network(3);
  const [there, back] = [new Link(network, { rate: 1250, latency: 20, mtu: 600 }), new Link(network, { latency: 20 })];
  const sender = utpNode(network, '10.0.0.1', 1);
  const receiver = utpNode(network, '10.0.0.2', 2);
  joinNodes(sender, receiver, there, back);
  const small = new Uint8Array(300);
  let received = 0;
  receiver.on = (event) => {
    if (event.type === 'data') received += event.bytes.length;
  };
  const connection = endpointOf(sender).connect(receiver.address);
  for (let i = 0; i < 50; i++) {
    network.at(i * 100, () => {
      connection.write([small]);
      sender.flush();
    });
  }
  sender.flush();
  network.run(10_000);
  expect(received).toBe(50 * 300);
});
