import { expect, test } from 'vitest';
import { limits } from '../src/limits.ts';
import { canonicalPriority, PeerList } from '../src/peer-list.ts';

const at = (ip: string, port = 6881) => ({ ip, port });

test('BEP 40: the published examples', () => {
  expect(canonicalPriority(at('123.213.32.10'), at('98.76.54.32'))).toBe(0xec2d7224);
  expect(canonicalPriority(at('123.213.32.10'), at('123.213.32.234'))).toBe(0x99568189);
});

test('BEP 40: both ends compute the same number', () => {
  for (const [a, b] of [
    [at('1.2.3.4'), at('1.2.9.9')],
    [at('2001:db8::1'), at('2001:db8:0:ff00::2')],
    [at('1.2.3.4', 1000), at('1.2.3.4', 7)],
  ] as const) {
    expect(canonicalPriority(a, b)).toBe(canonicalPriority(b, a));
  }
});

test('an address is tried again later and later, then forgotten', () => {
  const list = new PeerList();
  list.add(at('10.0.0.1'), 'tracker', 0);
  let now = 0;
  const waits: number[] = [];
  for (let tries = 0; tries < limits.connectFailures; tries++) {
    const peer = list.next(now, false)!;
    peer.connected = true;
    list.failed(peer, now);
    waits.push(list.nextAt(now) - now);
    now = list.nextAt(now);
  }
  expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, Number.POSITIVE_INFINITY]);
  expect(list.size).toBe(0);
});

test('a banned address is not tried and not learnt, until the ban is over', () => {
  const list = new PeerList();
  list.add(at('10.0.0.1'), 'tracker', 0);
  list.ban('10.0.0.1', 0);
  expect(list.next(1, false)).toBeUndefined();
  expect(list.add(at('10.0.0.1', 9), 'pex', 1)).toBe(false);
  expect(list.next(limits.banMs + 1, false)?.address).toEqual(at('10.0.0.1'));
});

test('BEP 11: of one address peer exchange names some ports; trackers may name more', () => {
  const list = new PeerList();
  const added = Array.from({ length: 50 }, (_, i) => list.add(at('10.0.0.1', 7000 + i), 'pex', 0));
  expect(added.filter(Boolean)).toHaveLength(limits.exchangedPorts);
  expect(list.add(at('10.0.0.1', 9000), 'tracker', 0)).toBe(true);
  expect(list.add(at('10.0.0.2'), 'pex', 0)).toBe(true);
});

test('a seed does not look for seeds', () => {
  const list = new PeerList();
  list.add(at('10.0.0.1'), 'tracker', 0);
  list.next(0, false)!.seed = true;
  expect(list.next(0, true)).toBeUndefined();
  expect(list.next(0, false)).toBeDefined();
});

test('the list is bounded: connected and given addresses stay, the worst others go', () => {
  const list = new PeerList();
  list.add(at('10.9.9.9'), 'given', 0);
  for (let i = 0; i < limits.knownAddresses + 500; i++) list.add(at(`10.0.${i >> 8}.${i & 255}`), 'pex', 0);
  expect(list.size).toBe(limits.knownAddresses);
  expect(list.get(at('10.9.9.9'))).toBeDefined();
});
