/** Write tokens and the memory of visitors (BEP 5, overview). */
import { expect, test } from 'vitest';
import { limits, Tokens } from '../src/index.ts';
import { Rate, Visitors } from '../src/visitors.ts';
import { MemoryNetwork } from './memory-network.ts';

const world = () => new MemoryNetwork(9);
const minute = 60_000;

test('BEP 5: a token is good for its address and no other', () => {
  const tokens = new Tokens(world().environment);
  const token = tokens.tokenFor('192.0.2.1', 0);
  expect(tokens.accepts(token, '192.0.2.1', 0)).toBe(true);
  expect(tokens.accepts(token, '192.0.2.2', 0)).toBe(false);
  expect(tokens.accepts(token.subarray(1), '192.0.2.1', 0)).toBe(false);
  expect(tokens.accepts(new Uint8Array(8), '192.0.2.1', 0)).toBe(false);
});

test('BEP 5: a token is accepted for five minutes at least and ten at most', () => {
  for (const issuedAt of [0, 1 * minute, 4.9 * minute]) {
    const tokens = new Tokens(world().environment);
    const token = tokens.tokenFor('192.0.2.1', issuedAt);
    expect(tokens.accepts(token, '192.0.2.1', issuedAt + 5 * minute)).toBe(true);
    expect(tokens.accepts(token, '192.0.2.1', issuedAt + 10 * minute)).toBe(false);
  }
});

test('a token of long ago is not accepted by a node that was asleep since', () => {
  const tokens = new Tokens(world().environment);
  const token = tokens.tokenFor('192.0.2.1', 0);
  expect(tokens.accepts(token, '192.0.2.1', 60 * minute)).toBe(false);
});

test('two nodes do not accept each other’s tokens', () => {
  const { environment } = world();
  const [a, b] = [new Tokens(environment), new Tokens(environment)];
  expect(b.accepts(a.tokenFor('192.0.2.1', 0), '192.0.2.1', 0)).toBe(false);
});

test('a visitor’s token is the one of its address and time', () => {
  const tokens = new Tokens(world().environment);
  const visitor = new Visitors().at('192.0.2.1', 0);
  const first = visitor.token('192.0.2.1', tokens, 0);
  expect(first).toEqual(tokens.tokenFor('192.0.2.1', 0));
  expect(visitor.token('192.0.2.9', tokens, 0)).toEqual(tokens.tokenFor('192.0.2.9', 0));
  expect(visitor.token('192.0.2.1', tokens, 6 * minute)).not.toEqual(first);
});

test('an address has a budget that fills up again', () => {
  const visitors = new Visitors({ perSecond: 10, burst: 20 });
  const visitor = visitors.at('192.0.2.1', 0);
  const spent = (now: number) =>
    Array.from({ length: 40 }, () => visitors.spend(visitor, 1, now)).filter(Boolean).length;
  expect(spent(0)).toBe(20);
  expect(spent(500)).toBe(5);
  expect(spent(100_000)).toBe(20);
  expect(visitors.spend(visitors.at('192.0.2.2', 0), 20, 0)).toBe(true);
});

test('addresses of one /64 share a budget, those of one /24 do not', () => {
  const visitors = new Visitors();
  expect(visitors.at('2001:db8::1', 0)).toBe(visitors.at('2001:db8::ffff:2', 0));
  expect(visitors.at('2001:db8::1', 0)).not.toBe(visitors.at('2001:db8:0:1::1', 0));
  expect(visitors.at('192.0.2.1', 0)).not.toBe(visitors.at('192.0.2.2', 0));
});

test('only so many addresses are remembered', () => {
  const visitors = new Visitors();
  for (let i = 0; i < 3 * limits.visitors; i++) visitors.at(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 0);
  expect(visitors.size).toBe(limits.visitors);
});

test('a rate says when it lets the next through', () => {
  const rate = new Rate(4, 0);
  expect([1, 2, 3, 4, 5].map(() => rate.spend(0))).toEqual([true, true, true, true, false]);
  expect(rate.nextAt(0)).toBe(250);
  expect(rate.spend(249)).toBe(false);
  expect(rate.spend(250)).toBe(true);
});
