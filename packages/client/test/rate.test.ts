import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Limiter, Meter } from '../src/rate.ts';

test('a limiter lets through its rate, to a few percent, however large the pieces and however irregular the looks', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20_000, max: 50_000_000 }),
      fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 20, maxLength: 60 }),
      (rate, pauses) => {
        const limiter = new Limiter(rate, 0);
        let now = 0;
        let spent = 0;
        for (let round = 0; now < 20_000; round++) {
          now = Math.max(now + pauses[round % pauses.length]!, limiter.nextAt(now));
          while (limiter.ready(now)) {
            limiter.spend(16_384);
            spent += 16_384;
          }
        }
        const allowed = (rate * now) / 1000;
        expect(Math.abs(spent - allowed)).toBeLessThan(0.02 * allowed + 2 * 16_384);
      },
    ),
    { numRuns: 50 },
  );
});

test('without a limit everything passes', () => {
  const limiter = new Limiter(Number.POSITIVE_INFINITY, 0);
  limiter.spend(1e12);
  expect([limiter.ready(0), limiter.nextAt(5)]).toEqual([true, 5]);
});

test('a meter comes close to a steady rate and forgets it when nothing flows', () => {
  const meter = new Meter(0);
  for (let now = 100; now <= 10_000; now += 100) {
    meter.add(5000);
    meter.rate(now);
  }
  expect(meter.rate(10_000)).toBeGreaterThan(47_000);
  expect(meter.rate(10_000)).toBeLessThan(53_000);
  expect(meter.rate(30_000)).toBeLessThan(10);
  expect(meter.total).toBe(500_000);
});
