/** Peer exchange alone makes a swarm of a hundred out of one address (BEP 11). */
import { expect, test } from 'vitest';
import { Simulation } from '../../sim/src/index.ts';
import { PORT, SwarmNode } from './swarm-node.ts';

const FIRST = '198.51.100.1';

test('BEP 11: a hundred peers that know one address find each other, and stay together when it goes', () => {
  const sim = new Simulation({ seed: 3, link: { latency: 30 } });
  const firstHost = sim.host(FIRST);
  new SwarmNode(firstHost, { transport: 'tcp', connects: 0, name: 'first' });
  const nodes: SwarmNode[] = [];
  for (let number = 1; number < 100; number++) {
    const node = new SwarmNode(sim.host(`203.0.113.${number}`), { transport: 'tcp', connects: 8, name: `n ${number}` });
    node.connect({ ip: FIRST, port: PORT });
    nodes.push(node);
    sim.run(sim.now + 1_500);
  }
  sim.run(sim.now + 10_000);
  firstHost.crash('killed');
  sim.run(sim.now + 10_000);
  expect(reachable(nodes)).toBe(99);
  sim.run(sim.now + 3 * 60_000);
  expect(reachable(nodes)).toBe(99);
  // What one has heard of, and whom it has lost since: everybody has a choice of many.
  for (const node of nodes) expect(node.known.size).toBeGreaterThan(20);
  expect(nodes.flatMap(({ log }) => log.filter((line) => line.startsWith('ext-pex/')))).toEqual([]);
});

/** How many the first one reaches over connections, its own and others'. */
function reachable(nodes: readonly SwarmNode[]): number {
  const byId = new Map(nodes.map((node) => [node.id.hex, node]));
  const seen = new Set<SwarmNode>([nodes[0]!]);
  for (const node of seen) {
    for (const { connection } of node.neighbours) {
      const next = byId.get(connection.remote?.peerId.hex ?? '');
      if (next !== undefined) seen.add(next);
    }
  }
  return seen.size;
}
