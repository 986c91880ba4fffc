/** uTP on a link of 10 Mbit/s and 30 ms, in virtual time: what LEDBAT is for (BEP 29, congestion control). */
import { expect, test } from 'vitest';
import { Flow, flows, joinNodes, utpNode } from './flow.ts';
import { type Clock, Link, type LinkOptions, Network } from './link.ts';
import { RenoFlow } from './reno.ts';

const RATE = 1250;
const LINK: LinkOptions = { rate: RATE, latency: 30, queue: 400 * RATE };
/** Of 1,500 bytes on the wire, so many are ours. */
const PAYLOAD = 1452 / 1500;

function meanQueue(flow: Flow, from: number, to: number): number {
  const samples = flow.samples.filter(({ at }) => at >= from && at < to);
  return samples.reduce((sum, { queue }) => sum + queue, 0) / samples.length;
}

test('alone, a flow uses more than 95 % of the link, with a queue at the target ± 25 %', () => {
  const { network, flows: all, there } = flows(LINK, [0]);
  network.run(40_000);
  const [flow] = all;
  expect(flow!.rate(5_000, 40_000) / PAYLOAD).toBeGreaterThan(0.95 * RATE);
  expect(meanQueue(flow!, 5_000, 40_000)).toBeGreaterThan(75);
  expect(meanQueue(flow!, 5_000, 40_000)).toBeLessThan(125);
  expect(Math.max(...flow!.samples.map(({ queue }) => queue))).toBeLessThan(250);
  expect(there.dropped).toBe(0);
});

test.each([[0], [10_000], [30_000]])(
  'a second flow that starts after %i ms has its fair share within a minute',
  (start) => {
    const { network, flows: all } = flows(LINK, [0, start]);
    network.run(start + 90_000);
    const [one, other] = all.map((flow) => flow.rate(start + 60_000, start + 90_000));
    expect(one! / other!).toBeGreaterThan(0.9);
    expect(one! / other!).toBeLessThan(1.1);
    expect(one! + other!).toBeGreaterThan(0.93 * RATE);
  },
);

test('a TCP flow gets more than 85 % while it is there, and all of the link comes back afterwards', () => {
  const { network, flows: all, there, back } = flows({ ...LINK, queue: 300 * RATE }, [0]);
  const tcp = new RenoFlow(network, there, back, 10_000);
  network.run(40_000);
  tcp.stop();
  network.run(60_000);
  const [flow] = all;
  const [ours, theirs] = [flow!.rate(15_000, 40_000), tcp.rate(15_000, 40_000)];
  expect(ours / (ours + theirs)).toBeLessThan(0.15);
  expect(flow!.rate(45_000, 60_000)).toBeGreaterThan(0.9 * RATE);
});

test.each([
  [0.001, 0.8],
  [0.01, 0.25],
  [0.02, 0.18],
  [0.05, 0.1],
])('at a loss of %f, the goodput is %f of the link at least', (loss, least) => {
  const { network, flows: all } = flows({ ...LINK, loss }, [0]);
  network.run(30_000);
  expect(all[0]!.rate(5_000, 30_000)).toBeGreaterThan(least * RATE);
});

test.each<[string, LinkOptions]>([
  ['packets that overtake each other by up to 40 ms', { jitter: 40 }],
  ['one packet in twenty coming twice', { duplicate: 0.05 }],
])('%s cost less than a tenth', (_name, fault) => {
  const { network, flows: all } = flows({ ...LINK, ...fault }, [0]);
  network.run(20_000);
  expect(all[0]!.rate(5_000, 20_000)).toBeGreaterThan(0.9 * RATE * PAYLOAD);
});

test('a round trip of 300 ms', () => {
  const { network, flows: all } = flows({ ...LINK, latency: 150 }, [0]);
  network.run(40_000);
  expect(all[0]!.rate(10_000, 40_000)).toBeGreaterThan(0.9 * RATE * PAYLOAD);
});

test.each([-0.0001, 0.0001])('clock drift: with a clock that is off by %f neither queue nor rate go astray', (fast) => {
  const network = new Network(1);
  const [there, back] = [new Link(network, LINK), new Link(network, LINK)];
  const clock: Clock = { ahead: 4_000_000, fast };
  const sender = utpNode(network, '10.0.0.1', 1, {}, clock);
  const receiver = utpNode(network, '10.0.0.2', 2);
  joinNodes(sender, receiver, there, back);
  const flow = new Flow(network, sender, receiver, there);
  network.run(80_000);
  expect(flow.rate(40_000, 80_000)).toBeGreaterThan(0.93 * RATE * PAYLOAD);
  expect(meanQueue(flow, 40_000, 80_000)).toBeGreaterThan(75);
  expect(meanQueue(flow, 40_000, 80_000)).toBeLessThan(125);
});
