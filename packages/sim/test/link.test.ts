/** One direction of a line: when packets come out, and which do not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Link, Random } from '../src/index.ts';
import { LinkQueue, NEVER } from '../src/link.ts';

const queueOf = (link: Link, seed = 1) => new LinkQueue(link, new Random(seed));
const times = (queue: LinkQueue, count: number, length = 1000, everyMs = 1) =>
  Array.from({ length: count }, (_, i) => queue.pass(length, i * everyMs));

test('a perfect link takes no time', () => {
  expect(times(queueOf({}), 3)).toEqual([0, 1, 2]);
});

test('latency is added, and a rate spaces the packets', () => {
  expect(times(queueOf({ latency: 30, rate: 100_000 }), 3, 1000, 0)).toEqual([40, 50, 60]);
});

test('what waits longer than the queue holds is lost, by time or by bytes', () => {
  expect(times(queueOf({ rate: 1000, queueMs: 2000 }), 5, 1000, 0)).toEqual([1000, 2000, 3000, NEVER, NEVER]);
  expect(times(queueOf({ rate: 1000, queueBytes: 2500 }), 4, 1000, 0)).toEqual([1000, 2000, NEVER, NEVER]);
  expect(times(queueOf({ rate: 1000, queueMs: 5000 }), 3, 1000, 900)).toEqual([1000, 2000, 3000]);
});

test('a stream waits in the queue and is not dropped by it', () => {
  const queue = queueOf({ rate: 1000, queueMs: 100 });
  expect([1, 2, 3].map(() => queue.passStream(1000, 0))).toEqual([1000, 2000, 3000]);
});

test('loss, duplication and reordering come about as often as they were asked for', () => {
  const lost = times(queueOf({ loss: 0.2 }), 5000).filter((time) => time === NEVER).length;
  expect(lost).toBeGreaterThan(900);
  expect(lost).toBeLessThan(1100);
  const twice = queueOf({ duplicate: 0.1 });
  const duplicates = times(twice, 5000).filter(() => twice.duplicates()).length;
  expect(duplicates).toBeGreaterThan(430);
  expect(duplicates).toBeLessThan(570);
  const late = times(queueOf({ reorder: 0.1, reorderMs: 25 }), 5000).filter((time, i) => time === i + 25).length;
  expect(late).toBeGreaterThan(430);
  expect(late).toBeLessThan(570);
});

test('a long part of a stream is more likely to lose a packet than a short one', () => {
  const lost = (length: number) => {
    const queue = queueOf({ loss: 0.01 });
    return Array.from({ length: 2000 }, () => queue.passStream(length, 0)).filter((time) => time === NEVER).length;
  };
  expect(lost(30_000)).toBeGreaterThan(5 * lost(100));
});

test('a burst loses everything for a while, and its times do not depend on the traffic', () => {
  const link: Link = { bursts: { everyMs: 1000, lengthMs: 200 } };
  const dense = times(queueOf(link), 20_000).map((time) => time === NEVER);
  const sparse = times(queueOf(link), 200, 1000, 100).map((time) => time === NEVER);
  expect(sparse).toEqual(dense.filter((_, i) => i % 100 === 0));
  const share = dense.filter((isLost) => isLost).length / dense.length;
  expect(share).toBeGreaterThan(0.05);
  expect(share).toBeLessThan(0.35);
});

test('whatever the link, nothing is faster than latency and size allow; without reordering, order is kept', () => {
  const link = fc.record({
    latency: fc.nat(100),
    jitter: fc.nat(50),
    rate: fc.integer({ min: 1000, max: 1_000_000 }),
    loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
  });
  fc.assert(
    fc.property(link, fc.array(fc.tuple(fc.nat(20), fc.nat(1500))), fc.integer(), (model, packets, seed) => {
      const queue = queueOf(model, seed);
      let now = 0;
      let last = 0;
      for (const [wait, length] of packets) {
        now += wait;
        const out = queue.pass(length, now);
        if (out === NEVER) continue;
        expect(out).toBeGreaterThanOrEqual(now + model.latency + (length * 1000) / model.rate - 1e-6);
        expect(out).toBeGreaterThanOrEqual(last);
        last = out;
      }
    }),
  );
});
