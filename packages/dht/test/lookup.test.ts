/** One lookup by itself: whom it asks, when it ends, what it shows (BEP 5; BEP 42, enforcement). */
import { type Address, Id20 } from '@ferro/core';
import { expect, test } from 'vitest';
import { type Candidate, type Contact, Lookup, type LookupOptions, limits } from '../src/index.ts';

const target = Id20.from('00'.repeat(20));

/** A node at `distance` from the target; each in its own network, in a local one unless said otherwise. */
function node(distance: number, ip = `10.${distance >> 8}.${distance & 255}.1`): Contact {
  const bytes = new Uint8Array(20);
  bytes.set([distance >> 8, distance]);
  return { id: Id20.from(bytes), address: { ip, port: 6881 } };
}

const make = (options: LookupOptions = { paths: 1 }) =>
  new Lookup({ id: 1, target, method: 'find_node', family: 4 }, 0, options);

function askAll(lookup: Lookup): Candidate[] {
  const asked: Candidate[] = [];
  for (let next = lookup.next(); next !== undefined; next = lookup.next()) asked.push(next);
  return asked;
}

const distances = (candidates: readonly Candidate[]) => candidates.map(({ id }) => id!.bytes[1]);

test('BEP 5: the nearest are asked first, a few at a time', () => {
  const lookup = make();
  lookup.start([node(50), node(10), node(40), node(20), node(30), node(60)]);
  expect(distances(askAll(lookup))).toEqual([10, 20, 30, 40]);
  expect(askAll(lookup)).toEqual([]);
});

test('BEP 5: it goes nearer and nearer, and ends when the eight nearest have answered', () => {
  const lookup = make();
  lookup.start([100, 101, 102, 103, 104, 105, 106, 107].map((distance) => node(distance)));
  let name = 100;
  const order: number[] = [];
  while (!lookup.finished) {
    for (const candidate of askAll(lookup)) {
      order.push(candidate.id!.bytes[1]!);
      const nearer = name > 4 ? [node(--name), node(--name)] : [];
      lookup.answered(candidate, candidate.id!, nearer);
    }
  }
  expect(distances(lookup.closest())).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  expect(order.indexOf(4)).toBeGreaterThan(order.indexOf(40));
});

test('a slow node makes room for another, and is still welcome', () => {
  const lookup = make();
  lookup.start([1, 2, 3, 4, 5].map((distance) => node(distance)));
  const first = askAll(lookup);
  lookup.slow(first[0]!);
  expect(distances(askAll(lookup))).toEqual([5]);
  for (const candidate of first.slice(1)) lookup.failed(candidate);
  expect(lookup.finished).toBe(false);
  lookup.answered(first[0]!, first[0]!.id!, []);
  expect(distances(lookup.closest())).toEqual([1]);
});

test('silent nodes are stepped over', () => {
  const lookup = make();
  lookup.start(Array.from({ length: 30 }, (_, i) => node(i + 1)));
  const answered: number[] = [];
  while (!lookup.finished) {
    for (const candidate of askAll(lookup)) {
      const distance = candidate.id!.bytes[1]!;
      if (distance % 2 === 0) lookup.failed(candidate);
      else {
        lookup.answered(candidate, candidate.id!, []);
        answered.push(distance);
      }
    }
  }
  expect(answered).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
});

test('a node that names ever nearer ones is left behind after so many questions', () => {
  const lookup = make();
  lookup.start([node(60_000)]);
  let name = 60_000;
  let asked = 0;
  while (!lookup.finished) {
    for (const candidate of askAll(lookup)) {
      asked++;
      lookup.answered(
        candidate,
        candidate.id!,
        Array.from({ length: 8 }, () => node(--name)),
      );
    }
  }
  expect(asked).toBe(limits.lookupQueries);
});

test('of the nodes that one node named only two count, so that it cannot end the search', () => {
  const lookup = make();
  const honest = Array.from({ length: 10 }, (_, i) => node(200 + i));
  lookup.start([node(100), ...honest]);
  const friends = Array.from({ length: 8 }, (_, i) => node(1 + i));
  const asked = new Set<number>();
  while (!lookup.finished) {
    for (const candidate of askAll(lookup)) {
      asked.add(candidate.id!.bytes[1]!);
      lookup.answered(candidate, candidate.id!, friends);
    }
  }
  expect([...asked].filter((distance) => distance >= 200).length).toBeGreaterThanOrEqual(5);
});

test('one node per network: a /24 cannot be all of the nearest', () => {
  const lookup = make({ paths: 1 });
  lookup.start(Array.from({ length: 20 }, (_, i) => node(i + 1, `8.8.8.${i + 1}`)));
  expect(askAll(lookup)).toHaveLength(1);
});

test('one node per address and port, whatever ids it is given', () => {
  const lookup = make();
  lookup.start(Array.from({ length: 20 }, (_, i) => node(i + 1, '10.0.0.1')));
  expect(askAll(lookup)).toHaveLength(1);
});

test('BEP 42: nodes with an id not of their address do not count, and only some are asked', () => {
  const lookup = make();
  lookup.start(Array.from({ length: 60 }, (_, i) => node(i + 1, `8.${i}.1.1`)));
  lookup.start(Array.from({ length: 20 }, (_, i) => node(100 + i)));
  const asked: number[] = [];
  while (!lookup.finished) {
    for (const candidate of askAll(lookup)) {
      asked.push(candidate.id!.bytes[1]!);
      candidate.token = new Uint8Array(1);
      lookup.answered(candidate, candidate.id!, []);
    }
  }
  expect(asked.filter((distance) => distance < 100)).toHaveLength(limits.strangersAsked);
  expect(distances(lookup.closest())).toEqual([100, 101, 102, 103, 104, 105, 106, 107]);
  expect(distances(lookup.writable()).filter((distance) => distance! >= 100)).toHaveLength(8);
});

test('BEP 33: nothing is stored where there is no token', () => {
  const lookup = make();
  lookup.start([1, 2, 3, 4].map((distance) => node(distance)));
  for (const candidate of askAll(lookup)) {
    if (candidate.id!.bytes[1]! % 2 === 0) candidate.token = new Uint8Array(4);
    lookup.answered(candidate, candidate.id!, []);
  }
  expect(distances(lookup.writable())).toEqual([2, 4]);
});

test('mere addresses are asked first, and placed when their id is known', () => {
  const lookup = make();
  const address: Address = { ip: '10.200.0.1', port: 1 };
  lookup.start([node(5), { address }]);
  const [first] = askAll(lookup);
  expect(first!.address).toEqual(address);
  lookup.answered(first!, node(3).id, [node(2)]);
  expect(distances(lookup.closest())).toEqual([3]);
});

test('disjoint paths share no node', () => {
  const lookup = make({ paths: 3 });
  lookup.start(Array.from({ length: 9 }, (_, i) => node(100 + i)));
  const paths = new Map<string, number>();
  while (!lookup.finished) {
    for (const candidate of askAll(lookup)) {
      expect(paths.has(candidate.id!.hex)).toBe(false);
      paths.set(candidate.id!.hex, candidate.path);
      lookup.answered(candidate, candidate.id!, [node(1), node(2), node(3 + candidate.path)]);
    }
  }
  expect(new Set(paths.values())).toEqual(new Set([0, 1, 2]));
});

test('a lookup can be printed, drawn and counted', () => {
  const lookup = make();
  lookup.start([node(128), node(129)]);
  const [first, second] = askAll(lookup);
  lookup.answered(first!, first!.id!, [node(4)]);
  lookup.failed(second!);
  const [third] = askAll(lookup);
  lookup.answered(third!, third!.id!, []);
  lookup.end(120);
  expect(lookup.statistics(500)).toEqual({
    asked: 3,
    answered: 2,
    failed: 1,
    hops: 2,
    sharedBits: 13,
    durationMs: 120,
  });
  expect(lookup.draw().split('\n')).toEqual([
    `find_node ${target.hex} over IPv4, ended after 120 ms: asked 3, answered 2, failed 1, 2 hops to a node that shares 13 bits`,
    '  10.0.128.1:6881 8 bits answered',
    '    10.0.4.1:6881 13 bits answered',
    '  10.0.129.1:6881 8 bits failed',
  ]);
});

test('a lookup of nobody ends at once', () => {
  const lookup = make();
  expect([lookup.next(), lookup.finished, lookup.closest()]).toEqual([undefined, true, []]);
});
