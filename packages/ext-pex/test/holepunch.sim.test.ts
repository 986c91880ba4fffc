/** Hole punching through simulated routers, with real uTP endpoints, and the introductions found by peer exchange (BEP 11, 55). */
import { expect, test } from 'vitest';
import { type NatModel, Simulation } from '../../sim/src/index.ts';
import { PORT, SwarmNode } from './swarm-node.ts';

const RELAY = '198.51.100.1';

/** Two homes behind routers, both connected to a relay; the first is looking for peers. */
function homes(first: NatModel, second: NatModel, relayed = true) {
  const sim = new Simulation({ seed: 5, link: { latency: 20 } });
  const relay = new SwarmNode(sim.host(RELAY), { transport: 'utp', connects: 0, name: 'relay' });
  const [a, b] = [first, second].map((model, index) => {
    const nat = sim.nat(`203.0.113.${index + 1}`, model);
    const host = sim.host('192.168.0.2', { nat });
    return new SwarmNode(host, { transport: 'utp', connects: index === 0 ? 9 : 0, name: `home ${index}` });
  }) as [SwarmNode, SwarmNode];
  for (const home of [a, b]) home.connect({ ip: RELAY, port: PORT });
  sim.run(2_000);
  if (!relayed) for (const { holepunch } of relay.neighbours) holepunch.withdraw();
  return { sim, relay, a, b };
}

test.each<[string, NatModel, NatModel]>([
  ['two cones that let in only whom they sent to', { type: 'cone' }, { type: 'cone' }],
  ['two cones that let in an IP', { type: 'cone', filtering: 'ip' }, { type: 'cone', filtering: 'ip' }],
  ['a symmetric router and a cone that lets in an IP', { type: 'symmetric' }, { type: 'cone', filtering: 'ip' }],
])('BEP 55: %s: direct attempts fail, the introduction connects', (_, first, second) => {
  const { sim, relay, a, b } = homes(first, second);
  expect(sim.run(() => a.isConnectedTo(b) && b.isConnectedTo(a), 60_000)).toBe(true);
  expect(a.log).toEqual([expect.stringMatching(/^asked for 203\.0\.113\.2:/), expect.stringMatching(/^introduced to/)]);
  expect(b.log).toEqual([expect.stringMatching(/^introduced to 203\.0\.113\.1:/)]);
  sim.run(sim.now + 60_000);
  expect([a.neighbours.size, b.neighbours.size, relay.neighbours.size]).toEqual([2, 2, 2]);
});

test.each<[string, NatModel, NatModel]>([
  ['two symmetric routers', { type: 'symmetric' }, { type: 'symmetric' }],
  ['a symmetric router and a strict cone', { type: 'symmetric' }, { type: 'cone' }],
])('BEP 55: %s: both attempts end, and everything else goes on', (_, first, second) => {
  const { sim, relay, a, b } = homes(first, second);
  sim.run(60_000);
  for (const [home, other] of [
    [a, b],
    [b, a],
  ] as const) {
    expect(home.isConnectedTo(other)).toBe(false);
    expect(home.log.at(-1)).toMatch(/cannot be reached$/);
    expect(home.neighbours.size).toBe(1);
  }
  expect(relay.neighbours.size).toBe(2);
});

test('BEP 55: a router that lets anybody in needs no introduction', () => {
  const { sim, a, b } = homes({ type: 'cone' }, { type: 'cone', filtering: 'any' });
  expect(sim.run(() => a.isConnectedTo(b), 20_000)).toBe(true);
  expect([...a.log, ...b.log]).toEqual([]);
});

test('BEP 55: a relay that does not take part is silent, and the asker is not kept waiting for ever', () => {
  const { sim, a, b } = homes({ type: 'cone' }, { type: 'cone' }, false);
  sim.run(60_000);
  expect(a.isConnectedTo(b)).toBe(false);
  expect(a.log.at(-1)).toBe('no introduction: timeout');
});
