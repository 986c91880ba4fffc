/** openLsd() on simulated machines (BEP 14): both families, networks behind routers, programs on one machine. */
import { expect, test } from 'vitest';
import { Simulation } from '../../sim/src/index.ts';
import { GROUPS, type OpenLsd, openLsd } from '../src/index.ts';
import { torrent } from './world.ts';

const A = { v4: '10.0.0.1', v6: '2001:db8::1' };
const B = { v4: '10.0.0.2', v6: '2001:db8::2' };

async function next(sim: Simulation, lsd: OpenLsd) {
  const { value } = await sim.settle(lsd[Symbol.asyncIterator]().next());
  return value;
}

test('neighbours find each other in both families, and nothing is left when they close', async () => {
  const sim = new Simulation({ seed: 1, link: { latency: 1 } });
  const a = await sim.settle(openLsd(sim.host(A), { port: 1001 }));
  const b = await sim.settle(openLsd(sim.host(B), { port: 1002 }));
  expect(a.groups).toEqual([GROUPS[4], GROUPS[6]]);
  for (const lsd of [a, b]) expect(lsd.add({ infoHash: torrent(1), isPrivate: false })).toBe(true);
  const found = [await next(sim, a), await next(sim, a), await next(sim, b), await next(sim, b)];
  expect(found.map(({ address }) => address).sort((x, y) => x.port - y.port || x.ip.length - y.ip.length)).toEqual([
    { ip: A.v4, port: 1001 },
    { ip: A.v6, port: 1001 },
    { ip: B.v4, port: 1002 },
    { ip: B.v6, port: 1002 },
  ]);
  for (const lsd of [a, b]) await lsd.close();
  sim.run(Number.POSITIVE_INFINITY);
  expect(sim.pending).toBe(0);
});

test('two programs on one machine find each other, and neither finds itself', async () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host(A.v4);
  const found: number[][] = [];
  const all: OpenLsd[] = [];
  for (const port of [1001, 1002]) {
    const lsd = await sim.settle(openLsd(host, { port, families: [4] }));
    lsd.add({ infoHash: torrent(1), isPrivate: false });
    const ports: number[] = [];
    found.push(ports);
    void (async () => {
      for await (const { address } of lsd) ports.push(address.port);
    })();
    all.push(lsd);
  }
  sim.run(sim.now + 400_000);
  for (const lsd of all) await lsd.close();
  await sim.settle(Promise.resolve());
  expect(found.map((ports) => [...new Set(ports)])).toEqual([[1002], [1001]]);
});

test('an announcement does not leave the network behind a router', async () => {
  const sim = new Simulation({ seed: 1 });
  const nat = sim.nat('203.0.113.1', { type: 'cone' });
  const outside = await sim.settle(openLsd(sim.host('198.51.100.1'), { port: 1001 }));
  const inside = await sim.settle(openLsd(sim.host('192.168.0.2', { nat }), { port: 1002 }));
  const beside = await sim.settle(openLsd(sim.host('192.168.0.3', { nat }), { port: 1003 }));
  let heard = 0;
  void (async () => {
    for await (const _ of outside) heard++;
  })();
  for (const lsd of [outside, inside, beside]) lsd.add({ infoHash: torrent(1), isPrivate: false });
  expect((await next(sim, inside)).address).toEqual({ ip: '192.168.0.3', port: 1003 });
  sim.run(sim.now + 400_000);
  expect(heard).toBe(0);
});

test('a torrent that has been removed is not found', async () => {
  const sim = new Simulation({ seed: 1 });
  const a = await sim.settle(openLsd(sim.host(A.v4), { port: 1001, families: [4] }));
  const b = await sim.settle(openLsd(sim.host(B.v4), { port: 1002, families: [4] }));
  for (const lsd of [a, b]) for (const number of [1, 2]) lsd.add({ infoHash: torrent(number), isPrivate: false });
  a.remove(torrent(1));
  expect((await next(sim, a)).infoHash.hex).toBe(torrent(2).hex);
  await a.close();
  expect(await sim.settle(a[Symbol.asyncIterator]().next())).toEqual({ done: true, value: undefined });
});

test('where no group can be joined it is said', async () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host(A.v4);
  await expect(sim.settle(openLsd(host, { port: 1001, ip: '10.9.9.9' }))).rejects.toThrow('not ours');
  await expect(sim.settle(openLsd(host, { port: 1001, families: [] }))).rejects.toThrow(RangeError);
});
