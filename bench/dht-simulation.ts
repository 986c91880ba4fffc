/**
 * Lookups in a simulated network (BEP 5): how often a stored item is found when a part of the nodes has gone, and what share
 * of lookups survives a third of hostile nodes; with hops and questions beside what Kademlia promises.
 *
 * node --conditions=@ferro/source bench/dht-simulation.ts [nodes] [trials] [seed]
 */
import type { Id20 } from '@ferro/core';
import { type DhtOptions, idForAddress, randomId, randomIdAt } from '@ferro/dht';
import { HostileNode } from '../packages/dht/test/hostile.ts';
import { publicAddress } from '../packages/dht/test/memory-network.ts';
import { Population } from '../packages/dht/test/population.ts';

const size = Number(process.argv[2] ?? 2_000);
const trials = Number(process.argv[3] ?? 1_000);
const seed = Number(process.argv[4] ?? 1);

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

interface Trial {
  readonly found: boolean;
  readonly hops: number;
  readonly asked: number;
  readonly durationMs: number;
}

/** One node announces, later another one looks. */
function announce(people: Population, infoHash: Id20 = randomId(people.network.environment)): Id20 {
  const peer = people.random();
  people.finish(peer, peer.dht.announce(infoHash, 6881));
  return infoHash;
}

function look(people: Population, infoHash: Id20): Trial {
  const reader = people.random();
  const lookup = reader.dht.lookup(infoHash);
  const { statistics } = people.finish(reader, lookup);
  const found = reader.events.some((event) => event.type === 'peers' && event.lookup === lookup.id);
  reader.events.length = 0;
  return { found, ...statistics };
}

function report(title: string, results: readonly Trial[]): void {
  const found = results.filter((trial) => trial.found).length;
  const of = (field: 'hops' | 'asked' | 'durationMs') => Math.round(middle(results.map((trial) => trial[field])));
  const share = ((100 * found) / results.length).toFixed(2);
  console.log(
    `${title}: found ${share} % of ${results.length}; median ${of('hops')} hops, ${of('asked')} questions, ${of('durationMs')} ms`,
  );
}

function churn(): void {
  const people = new Population(seed);
  people.grow(size);
  const hashes = Array.from({ length: trials }, () => announce(people));
  report(
    'nobody gone',
    hashes.slice(0, trials >> 2).map((hash) => look(people, hash)),
  );
  people.shrink(0.2);
  report(
    '20 % gone',
    hashes.map((hash) => look(people, hash)),
  );
  console.log(
    `log2(${size}) is ${Math.log2(size).toFixed(1)}; with buckets of 8 about ${Math.ceil(Math.log2(size) / 3)} hops suffice`,
  );
}

/** Two honest nodes, one hostile, and so on; then honest ones announce and look. `near`: the hostile ones take ids next to the targets, against BEP 42. */
function hostile(title: string, near: boolean, options: DhtOptions): void {
  const people = new Population(seed);
  const gang: HostileNode[] = [];
  const { environment } = people.network;
  const targets = Array.from({ length: 20 }, () => randomId(environment));
  for (let i = 0; i < size / 3; i++) {
    people.grow(2, options, 100);
    const address = publicAddress(size + i);
    const target = targets[i % targets.length]!;
    const id = near ? randomIdAt(target.bytes, 16 + (i % 40), environment) : idForAddress(address.ip, environment);
    const node = new HostileNode(id, address, gang);
    gang.push(node);
    const run = people.network.add(node, address);
    node.meet(Array.from({ length: 50 }, () => people.random().address));
    run.flush();
  }
  people.network.run(people.network.now + 20 * 60_000);
  const hashes = Array.from({ length: Math.min(trials, 400) }, (_, i) =>
    announce(people, near ? targets[i % 20] : undefined),
  );
  report(
    title,
    hashes.map((hash) => look(people, hash)),
  );
}

const start = performance.now();
churn();
hostile('a third hostile', false, {});
hostile('a third hostile, one path', false, { paths: 1 });
hostile('a third hostile, with ids next to the targets', true, {});
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s`);
