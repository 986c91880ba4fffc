/** LEDBAT's arithmetic, the history of delays and the time-out (BEP 29, congestion control; timeouts). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DelayHistory, ledbat } from '../src/index.ts';
import { RoundTripTime } from '../src/rtt.ts';

const PACKET = 1400;
const sample = (queueing: number, window: number, acked = PACKET) => ({
  acked,
  flight: window,
  queueing,
  roundTrip: 100 + queueing,
  sentFlight: 0,
});

/** A whole round trip of acks, a packet each. */
function roundTrip(window: number, queueing: number): number {
  let next = window;
  for (let left = window; left > 0; left -= PACKET)
    next = ledbat.avoidCongestion(next, sample(queueing, window), PACKET);
  return next;
}

test('BEP 29, congestion control: below the target the window grows by the gain each round trip', () => {
  expect(roundTrip(100 * PACKET, 0) - 100 * PACKET).toBeCloseTo(2 * PACKET, -2);
  expect(roundTrip(100 * PACKET, 99) - 100 * PACKET).toBeCloseTo(2 * PACKET, -2);
});

test('BEP 29, congestion control: above the target it shrinks, the more the longer the queue, at most by half', () => {
  const [little, much, huge] = [120, 150, 10_000].map((queueing) => roundTrip(100 * PACKET, queueing));
  expect(little!).toBeLessThan(100 * PACKET);
  expect(much!).toBeLessThan(little!);
  expect(huge!).toBeGreaterThanOrEqual(50 * PACKET);
});

test('a window is never shrunk below what the sample says is right, nor below two packets', () => {
  const known = { ...sample(150, 100 * PACKET), sentFlight: 100 * PACKET };
  let window = 100 * PACKET;
  for (let i = 0; i < 1000; i++) window = ledbat.avoidCongestion(window, known, PACKET);
  expect(window).toBeCloseTo((100 * PACKET * 200) / 250, -3);
  for (let i = 0; i < 1000; i++) window = ledbat.avoidCongestion(window, sample(500, PACKET), PACKET);
  expect(window).toBe(2 * PACKET);
});

test('however much is acked at once, no window grows by more than the gain or out of its bounds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5000 }),
      fc.nat(1e9),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (packets, acked, queueing) => {
        const window = packets * PACKET;
        const next = ledbat.avoidCongestion(window, sample(queueing, window, acked), PACKET);
        expect(next).toBeGreaterThanOrEqual(2 * PACKET);
        expect(next).toBeLessThanOrEqual(window + 2 * PACKET);
      },
    ),
  );
});

test('BEP 29, packet loss and timeouts: half after a loss, one packet after a time-out', () => {
  expect(ledbat.afterLoss(100 * PACKET, PACKET)).toBe(50 * PACKET);
  expect(ledbat.afterLoss(2 * PACKET, PACKET)).toBe(2 * PACKET);
  expect(ledbat.afterTimeout(PACKET)).toBe(PACKET);
});

test('slow start doubles, ends at half the target, and leaves what fills path and queue', () => {
  expect(ledbat.slowStart(10 * PACKET, 10 * PACKET)).toBe(20 * PACKET);
  expect(ledbat.endsSlowStart(49, 20)).toBe(false);
  expect(ledbat.endsSlowStart(50, 20)).toBe(true);
  // On a path of 300 ms bursts make queues of 60 ms that mean nothing.
  expect(ledbat.endsSlowStart(60, 300)).toBe(false);
  const after = ledbat.afterSlowStart(200 * PACKET, { ...sample(100, 0), roundTrip: 160 }, 60, PACKET);
  expect(after).toBeCloseTo(100 * PACKET, 0);
});

test('BEP 29, base_delay: the least of the last minutes is the empty path, whatever the clocks show', () => {
  for (const clocks of [0, 123_456, 0xfffffff0]) {
    const history = new DelayHistory();
    const add = (microseconds: number, at: number) => history.add((clocks + microseconds) >>> 0, at);
    add(30_000, 0);
    expect(history.queueing).toBe(0);
    for (let i = 0; i < 4; i++) add(80_000, 100 + i);
    expect(history.queueing).toBe(50);
    add(20_000, 200);
    expect(history.queueing).toBe(0);
    for (let i = 0; i < 4; i++) add(80_000, 300 + i);
    expect(history.queueing).toBe(60);
    // After a quarter of an hour of nothing but that, it is the path.
    for (let minute = 1; minute < 16; minute++) add(80_000, minute * 60_000);
    expect(history.queueing).toBe(0);
  }
});

test('one late packet is no queue: the least of the last four samples counts', () => {
  const history = new DelayHistory();
  for (const [i, delay] of [10_000, 10_100, 90_000, 10_200, 95_000, 99_000].entries()) history.add(delay, i);
  expect(history.queueing).toBeLessThan(1);
});

test('clock drift: what the other direction has lost is added to the base, but not the jump of a clock that was set', () => {
  const history = new DelayHistory();
  history.add(30_000, 0);
  for (let i = 0; i < 4; i++) history.add(35_000, i);
  expect(history.queueing).toBe(5);
  history.shift(4000);
  expect(history.queueing).toBe(1);
  history.shift(3_600_000_000);
  history.shift(-5);
  expect(history.queueing).toBe(1);
});

test('BEP 29, timeouts: smoothed as the formulas say, at least 500 ms, doubled by each time-out', () => {
  const rtt = new RoundTripTime();
  expect(rtt.timeout).toBe(1000);
  rtt.sample(400);
  expect([rtt.smoothed, rtt.variance, rtt.timeout]).toEqual([400, 200, 1200]);
  rtt.sample(480);
  expect([rtt.smoothed, rtt.variance]).toEqual([410, 170]);
  rtt.backOff();
  expect(rtt.timeout).toBe(2 * (410 + 4 * 170));
  for (let i = 0; i < 20; i++) rtt.backOff();
  expect(rtt.timeout).toBe(30_000);
  for (let i = 0; i < 100; i++) rtt.sample(1);
  expect(rtt.timeout).toBe(500);
});
