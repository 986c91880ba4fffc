/** The world as a whole: the same each time, nothing left over, time passing for conditions and promises. */
import { expect, test } from 'vitest';
import { AsyncQueue } from '../../core/src/index.ts';
import { Ear } from '../../core/test/ear.ts';
import { type Link, type SimulatedHost, Simulation } from '../src/index.ts';
import { Trace } from '../src/trace.ts';
import { A, B, bytesOf, connect, PORT } from './pair.ts';

const BAD: Link = { latency: 20, jitter: 10, rate: 500_000, loss: 0.05, duplicate: 0.05, reorder: 0.05 };

/** Streams and datagrams among a few hosts; `more` hosts take part in nothing. */
function busyWorld(seed: number, more = 0) {
  const sim = new Simulation({ seed, link: BAD });
  const idle = Array.from({ length: more }, (_, i) => sim.host(`203.0.113.${i + 1}`));
  const hosts = [1, 2, 3, 4].map((i) => sim.host(`198.51.100.${i}`));
  for (const host of hosts) {
    host.listen({ port: PORT }, { accept: () => new Ear() });
    const socket = host.bind({ port: PORT }, { receive: () => {} });
    for (const other of hosts) {
      if (other === host) continue;
      host.connect({ ip: other.ip, port: PORT }, new Ear({ opened: (stream) => stream.write([bytesOf(90_000)]) }));
      socket.send([{ bytes: bytesOf(100), address: { ip: other.ip, port: PORT } }]);
    }
  }
  const cut = sim.partition(['198.51.100.1'], ['198.51.100.2']);
  sim.run(3000);
  cut.close();
  sim.run(20_000);
  const dice = new Uint8Array(8);
  hosts[0]!.random(dice);
  return { hash: sim.trace.hash, count: sim.trace.count, lines: sim.trace.lines, dice: [...dice], idle };
}

test('two runs with one seed have one trace and one hash, another seed another', () => {
  const first = busyWorld(7);
  const second = busyWorld(7);
  expect(second.lines).toEqual(first.lines);
  expect(second.hash).toBe(first.hash);
  expect(second.count).toBe(first.count);
  expect(first.count).toBeGreaterThan(100);
  expect(busyWorld(8).hash).not.toBe(first.hash);
});

test('a host that takes part in nothing changes nothing for the others', () => {
  const without = busyWorld(7);
  const among = busyWorld(7, 5);
  expect(among.hash).toBe(without.hash);
  expect(among.dice).toEqual(without.dice);
});

test('the trace keeps the last lines and hashes all of them', () => {
  const run = (lines: number) => {
    const sim = new Simulation({ seed: 1, traceLines: lines });
    const { server, stream } = connect(sim, sim.host(A), sim.host(B));
    stream.write([bytesOf(300_000)]);
    sim.run(() => server.length === 300_000);
    return sim.trace;
  };
  const long = run(1000);
  expect(run(5).hash).toBe(long.hash);
  expect(run(5).lines).toEqual(long.lines.slice(-5));
  expect(run(0).lines).toEqual([]);
  expect(long.lines[0]).toMatch(/^\s+0\.000 {2}opened {2}198\.51\.100\.2 → 198\.51\.100\.1:\d+$/);
});

test('after everything is closed the timeline empties', () => {
  const sim = new Simulation({ seed: 1, link: BAD });
  const [a, b] = [sim.host(A), sim.host(B)];
  const listener = b.listen({ port: PORT }, { accept: () => new Ear() });
  const stream = a.connect({ ip: B, port: PORT }, new Ear());
  const socket = a.bind({ port: 0 }, { receive: () => {} });
  const timer = a.at(1e9, () => {});
  stream.write([bytesOf(1_000_000)]);
  socket.send([{ bytes: bytesOf(9), address: { ip: B, port: PORT } }]);
  sim.run(500);
  expect(sim.pending).toBeGreaterThan(1);
  for (const closable of [listener, stream, socket, timer]) closable.close();
  expect(sim.run(Number.POSITIVE_INFINITY)).toBe(true);
  expect(sim.pending).toBe(0);
  expect(sim.now).toBeLessThan(60_000);
});

test('run goes to an instant, to a condition, or says that it cannot', () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host(A);
  const rung: number[] = [];
  for (const when of [10, 20, 30]) host.at(when, () => rung.push(when));
  expect(sim.run(20)).toBe(true);
  expect([rung, sim.now]).toEqual([[10, 20], 20]);
  expect(sim.run(() => rung.length === 3)).toBe(true);
  expect(sim.now).toBe(30);
  expect(sim.run(() => false)).toBe(false);
  expect(sim.run(500)).toBe(true);
  expect(sim.now).toBe(500);
});

test('a timer that goes on for ever does not hang run', () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host(A);
  const again = () => void host.at(host.now() + 1000, again);
  again();
  expect(sim.run(() => false, 60_000)).toBe(false);
  expect(sim.run(Number.POSITIVE_INFINITY, 60_000)).toBe(false);
  expect(sim.now).toBeLessThanOrEqual(120_000);
});

const after = (host: SimulatedHost, milliseconds: number): Promise<number> =>
  new Promise((resolve) => void host.at(host.now() + milliseconds, () => resolve(host.now())));

test('settle lets time pass while a promise waits', async () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host(A);
  const chain = async () => {
    const times: number[] = [];
    for (const wait of [100, 50, 1]) times.push(await after(host, wait));
    return times;
  };
  let rung = false;
  host.at(152, () => {
    rung = true;
  });
  expect(await sim.settle(chain())).toEqual([100, 150, 151]);
  expect([sim.now, rung]).toEqual([151, false]);
});

test('settle rejects as the promise does', async () => {
  const sim = new Simulation({ seed: 1 });
  const fails = after(sim.host(A), 5).then(() => Promise.reject(new Error('as agreed')));
  await expect(sim.settle(fails)).rejects.toThrow('as agreed');
});

test('settle says so when nothing is left to happen, or when it takes too long', async () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host(A);
  await expect(sim.settle(new Promise(() => {}))).rejects.toThrow('nothing is left to happen');
  await expect(sim.settle(after(host, 10_000), 500)).rejects.toThrow('500 virtual milliseconds');
  expect(sim.now).toBeLessThanOrEqual(500);
});

test('long chains of promises between two actions still come to an end', async () => {
  const sim = new Simulation({ seed: 1 });
  const queue = new AsyncQueue<number>();
  sim.host(A).at(10, () => {
    for (let i = 0; i < 500; i++) queue.push(i);
    queue.end();
  });
  const read = async () => {
    let sum = 0;
    for await (const value of queue) sum += value;
    return sum;
  };
  expect(await sim.settle(read())).toBe(124_750);
});

test('a host has the addresses that it was given, once in the world', () => {
  const sim = new Simulation({ seed: 1 });
  expect(sim.host({ v4: A, v6: '2001:DB8::1' }).ip).toBe(A);
  expect(sim.host('2001:db8::2').ip).toBe('2001:db8::2');
  expect(() => sim.host(A)).toThrow(RangeError);
  expect(() => sim.host('2001:db8:0::1')).toThrow(RangeError);
  for (const bad of ['', 'example', '1.2.3']) expect(() => sim.host(bad)).toThrow(RangeError);
  expect(() => sim.host({})).toThrow(RangeError);
  expect(() => sim.nat(A, { type: 'cone' })).toThrow(RangeError);
});

test('every part of what happened counts in the hash, and so does the order', () => {
  const hashOf = (...notes: Parameters<Trace['note']>[]) => {
    const trace = new Trace(10);
    for (const note of notes) trace.note(...note);
    return trace.hash;
  };
  const first: Parameters<Trace['note']> = [1, 'data', 'a', 'b', 5];
  const other: Parameters<Trace['note']>[] = [
    [2, 'data', 'a', 'b', 5],
    [1, 'end', 'a', 'b', 5],
    [1, 'data', 'c', 'b', 5],
    [1, 'data', 'a', 'c', 5],
    [1, 'data', 'a', 'b', 6],
  ];
  const hashes = [hashOf(first), hashOf(), ...other.map((note) => hashOf(note))];
  hashes.push(hashOf(first, other[0]!), hashOf(other[0]!, first));
  expect(new Set(hashes).size).toBe(hashes.length);
});
