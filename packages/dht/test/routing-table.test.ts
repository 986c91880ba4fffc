/** The routing table (BEP 5, routing table), and who may not fill it (BEP 42; BEP 45). */
import { Id20 } from '@ferro/core';
import { expect, test } from 'vitest';
import { type Contact, compareDistance, decodeContacts, idForAddress, limits, RoutingTable } from '../src/index.ts';
import { MemoryNetwork } from './memory-network.ts';

const minute = 60_000;
const { environment } = new MemoryNetwork(6);
const own = Id20.from('00'.repeat(20));

/** A node of a local network: any id is allowed there, and no rule of networks holds. */
function local(first: number, number: number, port = 6881): Contact {
  const bytes = new Uint8Array(20);
  bytes.set([first, number >> 8, number]);
  return { id: Id20.from(bytes), address: { ip: `10.${first}.${number >> 8}.${number & 255}`, port } };
}

const make = () => new RoutingTable(own, 4, 0);
const ids = (nodes: Iterable<Contact>) => [...nodes].map(({ id }) => id.hex);

/** A table whose farthest bucket is full: nodes 0 to 7 there, and one near. */
function withFullBucket(now = 0): RoutingTable {
  const table = make();
  table.heardAnswer(local(1, 0), now);
  for (let i = 0; i < 8; i++) expect(table.heardAnswer(local(128, i), now)).toBe('added');
  return table;
}

test('BEP 5: a bucket of good nodes is full with eight', () => {
  const table = withFullBucket();
  expect(table.heardAnswer(local(128, 9), minute)).toBe('waiting');
  expect(table.occupancy).toEqual([8, 1]);
});

test('BEP 5: only the bucket with our own id is split', () => {
  const table = make();
  for (let i = 0; i < 30; i++) table.heardAnswer(local(128, i), 0);
  for (let i = 0; i < 30; i++) table.heardAnswer(local(64, i), 0);
  for (let i = 0; i < 5; i++) table.heardAnswer(local(1, i), 0);
  expect(table.occupancy).toEqual([8, 8, 5]);
});

test('BEP 5: a node that fails twice gives its place to one that waits', () => {
  const table = withFullBucket();
  const { id, address } = local(128, 3);
  table.heardAnswer(local(128, 9), 0);
  table.heardNothing(id.bytes, address, 0);
  expect(ids(table.nodes())).toContain(id.hex);
  table.heardNothing(id.bytes, address, 0);
  expect(ids(table.nodes())).not.toContain(id.hex);
  expect(ids(table.nodes())).toContain(local(128, 9).id.hex);
});

test('BEP 5: an answer in between takes the first failure back', () => {
  const table = withFullBucket();
  const node = local(128, 3);
  table.heardAnswer(local(128, 9), 0);
  for (let i = 0; i < 4; i++) {
    table.heardNothing(node.id.bytes, node.address, 0);
    expect(table.heardAnswer(node, 0)).toBe('known');
  }
  expect(ids(table.nodes())).toContain(node.id.hex);
});

test('BEP 5: a bad node without successor stays for a while, and is not handed on', () => {
  const table = withFullBucket();
  const { id, address } = local(128, 3);
  for (let i = 0; i < limits.failuresToDrop - 1; i++) table.heardNothing(id.bytes, address, 0);
  expect(ids(table.nodes())).toContain(id.hex);
  expect(ids(decodeContacts(table.closestCompact(id.bytes, 0), 4, 20))).not.toContain(id.hex);
  table.heardNothing(id.bytes, address, 0);
  expect(ids(table.nodes())).not.toContain(id.hex);
});

test('BEP 5: while somebody waits, questionable nodes are pinged one after the other, the quietest first', () => {
  const table = withFullBucket();
  for (let i = 4; i < 8; i++) table.heardAnswer(local(128, i), i * minute);
  const later = limits.questionableMs;
  expect(table.takeCheck(local(128, 0).id.bytes, later)).toBeUndefined();
  table.heardAnswer(local(128, 9), later);
  const checked = [0, 1, 2, 3].map(() => table.takeCheck(local(128, 0).id.bytes, later)?.id.hex);
  expect(checked.sort()).toEqual([0, 1, 2, 3].map((i) => local(128, i).id.hex).sort());
  expect(table.takeCheck(local(128, 0).id.bytes, later)).toBeUndefined();
});

test('BEP 5: a question from a known node keeps it good, one from a stranger brings it nowhere', () => {
  const table = withFullBucket();
  const node = local(128, 1);
  expect(table.heardQuery(node.id.bytes, node.address, 14 * minute)).toBe(true);
  const handedOn = () => ids(decodeContacts(table.closestCompact(node.id.bytes, 20 * minute), 4, 20));
  expect(handedOn()).toEqual([node.id.hex]);
  expect(table.heardQuery(node.id.bytes, { ...node.address, port: 1 }, 20 * minute)).toBe(false);
  expect(table.heardQuery(local(128, 50).id.bytes, node.address, 20 * minute)).toBe(false);
  expect(table.size).toBe(9);
});

test('BEP 5: answers carry the eight nearest good nodes, of whatever bucket', () => {
  const table = make();
  const all: Contact[] = [];
  for (let i = 0; i < 300; i++) all.push(local((i * 37) & 255, i));
  for (const contact of all) table.heardAnswer(contact, 0);
  for (const target of all.map(({ id }) => id.bytes)) {
    const near = (nodes: Iterable<Contact>) =>
      ids([...nodes].sort((a, b) => compareDistance(target, a.id.bytes, b.id.bytes)).slice(0, 8));
    expect(near(decodeContacts(table.closestCompact(target, 1), 4, 20))).toEqual(near(table.nodes()));
    expect(ids(table.closest(target, 8, 1))).toEqual(near(table.nodes()));
  }
});

test('an answer that was kept ready is made anew when a node in it changes', () => {
  const table = withFullBucket();
  const target = local(128, 0).id.bytes;
  const answer = () => ids(decodeContacts(table.closestCompact(target, 0), 4, 20));
  expect(answer()).toContain(local(128, 5).id.hex);
  table.heardAnswer(local(128, 9), 0);
  for (let i = 0; i < 2; i++) table.heardNothing(local(128, 5).id.bytes, local(128, 5).address, 0);
  expect(answer()).not.toContain(local(128, 5).id.hex);
  expect(answer()).toContain(local(128, 9).id.hex);
  expect(ids(decodeContacts(table.closestCompact(target, limits.questionableMs), 4, 20))).toEqual([]);
});

test('BEP 5: a bucket that nothing has changed for a quarter of an hour is refreshed', () => {
  const table = withFullBucket();
  table.heardAnswer(local(1, 1), 10 * minute);
  const target = table.takeStale(15 * minute, environment)!;
  expect(target.bytes[0]! >> 7).toBe(1);
  expect(table.takeStale(15 * minute, environment)).toBeUndefined();
  expect(table.takeStale(25 * minute, environment)!.bytes[0]! >> 7).toBe(0);
});

test('the quietest node is pinged before it becomes questionable', () => {
  const table = withFullBucket();
  expect(table.takeQuiet(limits.freshMs - 1)).toBeUndefined();
  const first = table.takeQuiet(limits.freshMs)!;
  expect(table.takeQuiet(limits.freshMs)).not.toBe(first);
});

test('our own id never enters', () => {
  expect(make().heardAnswer({ id: own, address: { ip: '10.0.0.1', port: 1 } }, 0)).toBe('refused');
});

test('a node with a new id replaces its old self (BEP 45)', () => {
  const table = make();
  table.heardAnswer(local(128, 1), 0);
  const changed = { ...local(64, 2), address: local(128, 1).address };
  expect(table.heardAnswer(changed, 0)).toBe('added');
  expect(ids(table.nodes())).toEqual([changed.id.hex]);
});

test('a good node does not lose its id to another address', () => {
  const table = make();
  table.heardAnswer(local(128, 1), 0);
  const thief = { ...local(128, 1), address: { ip: '10.9.9.9', port: 6881 } };
  expect(table.heardAnswer(thief, minute)).toBe('refused');
  expect([...table.nodes()][0]!.address).toEqual(local(128, 1).address);
  expect(table.heardAnswer(thief, 20 * minute)).toBe('added');
});

/** A node at a public address; `proper`: with an id that belongs to it. */
function publicNode(ip: string, proper = true, port = 6881): Contact {
  const id = idForAddress(ip, environment);
  const bytes = id.bytes.slice();
  if (!proper) bytes[1]! ^= 0xff;
  return { id: Id20.from(bytes), address: { ip, port } };
}

test('one node per address, whatever its ports and ids', () => {
  const table = new RoutingTable(own, 4, 0);
  for (let i = 0; i < 50; i++) table.heardAnswer(publicNode('8.8.8.8', true, 1_000 + i), 0);
  expect(table.size).toBe(1);
});

test('one node per /24 in a bucket, one per /64 with IPv6', () => {
  const v4 = new RoutingTable(own, 4, 0);
  for (let i = 1; i < 200; i++) v4.heardAnswer(publicNode(`8.8.8.${i}`), 0);
  expect(Math.max(...v4.occupancy)).toBe(1);
  const v6 = new RoutingTable(own, 6, 0);
  for (let i = 1; i < 50; i++) v6.heardAnswer(publicNode(`2a00:1:2:3::${i}`), 0);
  expect(Math.max(...v6.occupancy)).toBe(1);
  for (let i = 1; i < 8; i++) v6.heardAnswer(publicNode(`2a00:1:2:${i + 3}::1`), 0);
  expect(v6.size).toBeGreaterThan(4);
});

test('the rule of networks can be had for local addresses too, or for none', () => {
  const all = new RoutingTable(own, 4, 0, { restrict: 'all' });
  const none = new RoutingTable(own, 4, 0, { restrict: 'none' });
  for (let i = 1; i < 8; i++) {
    all.heardAnswer({ ...local(128, i), address: { ip: `127.0.0.${i}`, port: 1 } }, 0);
    none.heardAnswer({ ...local(128, i), address: { ip: '8.8.8.8', port: i } }, 0);
  }
  expect([all.size, none.size]).toEqual([1, 7]);
});

test('BEP 42: in a full bucket a node with an id of its address goes before one without', () => {
  const far = Id20.from('ff'.repeat(20));
  const table = new RoutingTable(far, 4, 0);
  const node = (i: number, proper: boolean) => {
    for (let ip = 1; ; ip++) {
      const contact = publicNode(`8.${i}.${ip}.1`, proper);
      if (contact.id.bytes[0]! < 128) return contact;
    }
  };
  for (let i = 0; i < 8; i++) expect(table.heardAnswer(node(i, false), 0)).toBe('added');
  table.heardAnswer({ id: Id20.from('fe'.repeat(20)), address: { ip: '10.0.0.1', port: 1 } }, 0);
  expect(table.heardAnswer(node(20, false), 0)).toBe('waiting');
  expect(table.heardAnswer(node(21, true), 0)).toBe('added');
  expect(table.occupancy[0]).toBe(8);
});

test('BEP 42: with a new id of our own every node finds its bucket', () => {
  const table = withFullBucket();
  table.move(Id20.from(`81${'00'.repeat(19)}`), 0);
  expect(table.size).toBe(9);
  expect(table.id.hex.startsWith('81')).toBe(true);
  expect(ids(table.closest(local(1, 0).id.bytes, 1, 0))).toEqual([local(1, 0).id.hex]);
});
