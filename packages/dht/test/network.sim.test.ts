/** A whole network in virtual time: what is stored is found, with few questions, also when nodes have gone or lie (BEP 5; BEP 44). */
import { type Id20, utf8 } from '@ferro/core';
import { expect, test } from 'vitest';
import { idForAddress, limits, newKeyPair, randomId, sign } from '../src/index.ts';
import { HostileNode } from './hostile.ts';
import { publicAddress } from './memory-network.ts';
import { type Inhabitant, Population } from './population.ts';

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

function announce(people: Population, infoHash: Id20 = randomId(people.network.environment)): Id20 {
  const peer = people.random();
  expect(people.finish(peer, peer.dht.announce(infoHash, 6881)).stored).toBeGreaterThan(0);
  return infoHash;
}

function look(people: Population, infoHash: Id20, reader: Inhabitant = people.random()) {
  const lookup = reader.dht.lookup(infoHash);
  const { statistics } = people.finish(reader, lookup);
  return { ...statistics, found: reader.events.some((event) => event.type === 'peers' && event.lookup === lookup.id) };
}

test('200 nodes: what was announced is found, in few hops, and still when a fifth of the nodes has gone', () => {
  const people = new Population(1);
  people.grow(200);
  const hashes = Array.from({ length: 30 }, () => announce(people));
  const before = hashes.slice(0, 10).map((hash) => look(people, hash));
  expect(before.every(({ found }) => found)).toBe(true);
  // Kademlia promises no more hops than the logarithm of the number of nodes; buckets of eight save three of its bits a hop.
  expect(middle(before.map(({ hops }) => hops))).toBeLessThanOrEqual(Math.ceil(Math.log2(200) / 3));
  expect(middle(before.map(({ asked }) => asked))).toBeLessThan(45);
  people.shrink(0.2);
  const after = hashes.map((hash) => look(people, hash));
  expect(after.filter(({ found }) => found)).toHaveLength(30);
  expect(middle(after.map(({ durationMs }) => durationMs))).toBeLessThan(2 * limits.timeoutMs);
});

test('a network that loses datagrams finds what is in it', () => {
  const people = new Population(2);
  people.network.loss = 0.1;
  people.grow(50);
  const hashes = Array.from({ length: 15 }, () => announce(people));
  expect(hashes.filter((hash) => look(people, hash).found)).toHaveLength(15);
});

test('with a third of the nodes hostile from the beginning nearly all lookups find', () => {
  const people = new Population(3);
  const gang: HostileNode[] = [];
  for (let i = 0; i < 45; i++) {
    people.grow(2, {}, 100);
    const address = publicAddress(1_000 + i);
    const node = new HostileNode(idForAddress(address.ip, people.network.environment), address, gang);
    gang.push(node);
    const run = people.network.add(node, address);
    node.meet(Array.from({ length: 30 }, () => people.random().address));
    run.flush();
  }
  people.network.run(people.network.now + 5 * 60_000);
  const hashes = Array.from({ length: 40 }, () => announce(people));
  expect(hashes.filter((hash) => look(people, hash).found).length).toBeGreaterThanOrEqual(36);
});

test('BEP 44: a mutable item is replaced everywhere, and found in its newest form', () => {
  const people = new Population(4);
  people.grow(40);
  const keys = newKeyPair(people.network.environment);
  const put = (seq: bigint, cas?: bigint) => {
    const part = { value: utf8(`i${seq}e`), seq };
    const writer = people.random();
    const item = {
      type: 'mutable',
      ...part,
      publicKey: keys.publicKey,
      signature: sign(part, keys.secretKey),
    } as const;
    return people.finish(writer, writer.dht.put(item, { cas }));
  };
  expect(put(1n).stored).toBeGreaterThanOrEqual(8);
  expect(put(2n, 1n).stored).toBeGreaterThanOrEqual(8);
  const { target, refused } = put(3n, 1n);
  expect(refused?.code).toBe(301);
  const reader = people.random();
  expect(people.finish(reader, reader.dht.get(target)).item).toMatchObject({ seq: 2n, value: utf8('i2e') });
});

test('BEP 33: a scrape counts a torrent over all nodes that know it', () => {
  const people = new Population(5);
  people.grow(60);
  const infoHash = randomId(people.network.environment);
  for (const [i, node] of people.nodes.slice(0, 40).entries()) {
    people.finish(node, node.dht.announce(infoHash, 6881, { seed: i < 10 }));
  }
  const reader = people.nodes[50]!;
  const { swarm } = people.finish(reader, reader.dht.lookup(infoHash, { scrape: true }));
  expect(Math.abs(swarm!.seeds - 10)).toBeLessThanOrEqual(2);
  expect(Math.abs(swarm!.peers - 30)).toBeLessThanOrEqual(3);
});

test('a node that was away comes back with what it had saved', () => {
  const people = new Population(6);
  people.grow(40);
  const old = people.random();
  const saved = old.dht.snapshot();
  people.remove(old);
  people.network.run(people.network.now + 1_200_000);
  const others = people.nodes.splice(0);
  const back = people.join({ saved }, old.address);
  people.nodes.push(...others);
  people.network.run(people.network.now + 60_000);
  expect(back.events).toContainEqual(expect.objectContaining({ type: 'ready' }));
  expect(back.dht.occupancy().reduce((a, b) => a + b)).toBeGreaterThan(20);
});

test('upkeep is quiet: an idle node sends a datagram every few seconds', () => {
  const people = new Population(7);
  people.grow(30);
  people.network.run(people.network.now + 20 * 60_000);
  const before = people.network.delivered;
  people.network.run(people.network.now + 20 * 60_000);
  const perNodeAndMinute = (people.network.delivered - before) / 30 / 20;
  expect(perNodeAndMinute).toBeGreaterThan(1);
  expect(perNodeAndMinute).toBeLessThan(40);
});

test('two runs with one seed are the same to the datagram', () => {
  const run = () => {
    const people = new Population(8);
    people.grow(30);
    const { asked, durationMs } = look(people, announce(people));
    return [people.network.delivered, people.network.now, asked, durationMs];
  };
  expect(run()).toEqual(run());
});
