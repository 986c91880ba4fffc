/** Processes that are killed, machines that lose power, disks that fail. */
import { MemoryBudget, Slots, type StorageLayout, type StorageOutcome, sha1 } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ear } from '../../core/test/ear.ts';
import { type DiskModel, type SimulatedHost, Simulation } from '../src/index.ts';
import { A, B, bytesOf, connect, PORT } from './pair.ts';

const PIECE = 32_768;

function world(disk: DiskModel = {}, seed: number | string = 1) {
  const sim = new Simulation({ seed });
  const host = sim.host(A, { disk });
  const content = bytesOf(4 * PIECE);
  const hashes = new Uint8Array(80);
  for (let piece = 0; piece < 4; piece++)
    hashes.set(sha1(content.subarray(piece * PIECE, (piece + 1) * PIECE)), 20 * piece);
  const layout: StorageLayout = {
    root: '/data',
    pieceLength: PIECE,
    files: [{ path: ['file'], length: content.length }],
    sha1: hashes,
  };
  const slots = new Slots(PIECE, new MemoryBudget(1 << 20));
  const open = (on: SimulatedHost = host) => on.storage(layout, slots);
  const slotOf = (piece: number) => {
    const slot = slots.take()!;
    slots.bytes(slot).set(content.subarray(piece * PIECE, (piece + 1) * PIECE));
    return slot;
  };
  const ask = (question: (done: (outcome: StorageOutcome) => void) => void): string => {
    let heard: string | undefined;
    question((outcome) => {
      heard = outcome.type === 'failed' ? outcome.fault : outcome.type;
    });
    sim.run(() => heard !== undefined);
    return heard ?? 'nothing';
  };
  const store = (storage: ReturnType<typeof open>, piece: number) => {
    const slot = slotOf(piece);
    const outcome = ask((done) => storage.store(piece, slot, done));
    slots.release(slot);
    return outcome;
  };
  return { sim, host, content, slots, open, slotOf, ask, store };
}

test('nothing of a dead process is called again', () => {
  for (const how of ['killed', 'power'] as const) {
    const { sim, host, open, slotOf } = world({ latency: 50 });
    const other = sim.host(B);
    let calls = 0;
    const count = () => void calls++;
    host.at(100, count);
    host.resolve('name.example', count);
    host.bind({ port: 5 }, { receive: count });
    host.listen({ port: 6 }, { accept: () => new Ear({ opened: count }) });
    host.readFile('/x', 10, count);
    open().store(0, slotOf(0), count);
    host.http({ url: `http://${B}/`, permits: () => true }, { head: count, body: count, end: count });
    const ear = new Ear();
    host.connect({ ip: B, port: 1 }, ear);
    host.crash(how);
    other.bind({ port: 0 }, { receive: () => {} }).send([{ bytes: bytesOf(1), address: { ip: A, port: 5 } }]);
    other.connect({ ip: A, port: 6 }, new Ear());
    host.at(0, count);
    host.resolve(A, count);
    host.bind({ port: 7 }, { receive: count, ready: count, failed: count });
    host.connect({ ip: B, port: 1 }, ear);
    sim.run(Number.POSITIVE_INFINITY);
    expect(calls).toBe(0);
    expect(ear.calls).toEqual([]);
  }
});

test('a killed process resets its streams and frees its ports at once', () => {
  const sim = new Simulation({ seed: 1, link: { latency: 5 } });
  const [a, b] = [sim.host(A), sim.host(B)];
  const { client, server } = connect(sim, a, b);
  b.crash('killed');
  sim.run(() => client.isClosed, 100);
  expect(client.error).toBeInstanceOf(Error);
  expect(server.isClosed).toBe(false);
  const refused = new Ear();
  a.connect({ ip: B, port: PORT }, refused);
  sim.run(() => refused.isClosed);
  expect(refused.error?.message).toContain('refuses');
  const again = new Ear();
  b.restart().listen({ port: PORT }, { accept: () => again });
  a.connect({ ip: B, port: PORT }, new Ear());
  expect(sim.run(() => again.isOpen)).toBe(true);
});

test('a machine without power is silent; after its restart old streams are reset', () => {
  const sim = new Simulation({ seed: 1, link: { latency: 5 } });
  const [a, b] = [sim.host(A), sim.host(B)];
  const { client, stream } = connect(sim, a, b);
  b.crash('power');
  expect(sim.run(() => client.isClosed, 3_600_000)).toBe(false);
  stream.write([bytesOf(10)]);
  sim.run(sim.now + 3000);
  expect(client.isClosed).toBe(false);
  b.restart();
  expect(sim.run(() => client.isClosed, 20_000)).toBe(true);
  expect(client.error?.message).toContain('closed the connection');
});

test('what a machine had not got through before it lost power is not sent after its restart', () => {
  const sim = new Simulation({ seed: 1, link: { latency: 5 } });
  const [a, b] = [sim.host(A), sim.host(B)];
  const { server, stream } = connect(sim, a, b);
  const cut = sim.partition([A], [B]);
  stream.write([bytesOf(1000)]);
  sim.run(sim.now + 100);
  a.crash('power');
  cut.close();
  a.restart();
  sim.run(Number.POSITIVE_INFINITY);
  expect(server.length).toBe(0);
});

test('a process restarts only when it is dead, and the new one draws other numbers', () => {
  const { host } = world();
  expect(() => host.restart()).toThrow(RangeError);
  const draw = (on: SimulatedHost) => {
    const bytes = new Uint8Array(16);
    on.random(bytes);
    return bytes;
  };
  const before = draw(host);
  host.crash();
  expect(draw(host.restart())).not.toEqual(before);
});

test('what a killed process wrote is there, synced or not', () => {
  const { host, open, store, ask } = world();
  const storage = open();
  expect(store(storage, 1)).toBe('ok');
  host.crash('killed');
  const next = open(host.restart());
  expect(ask((done) => next.check(1, done))).toBe('ok');
});

test('when the power goes, synced pieces stay; others are whole, gone or torn, and check tells', () => {
  const fates = new Set<string>();
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { host, open, store, ask } = world({}, seed);
      const storage = open();
      store(storage, 0);
      expect(ask((done) => storage.sync(done))).toBe('ok');
      store(storage, 1);
      store(storage, 3);
      host.crash('power');
      const next = open(host.restart());
      expect(ask((done) => next.check(0, done))).toBe('ok');
      for (const piece of [1, 3]) fates.add(ask((done) => next.check(piece, done)));
    }),
    { numRuns: 30, seed: 5 },
  );
  expect([...fates].sort()).toEqual(['corrupt', 'ok', 'short']);
});

test('an overwritten block is the new one, the old one, or the beginning of the new before the rest of the old', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const host = new Simulation({ seed }).host(A);
    const { disk } = host;
    disk.write('/file', new Uint8Array(16_384).fill(1));
    disk.writeAt('/file', 0, new Uint8Array(16_384).fill(2));
    host.crash('power');
    const bytes = disk.read('/file')!;
    const border = bytes.indexOf(1);
    seen.add(border === 0 ? 'old' : border < 0 ? 'new' : 'torn');
    expect(bytes.every((byte, at) => byte === (border < 0 || at < border ? 2 : 1))).toBe(true);
  }
  expect([...seen].sort()).toEqual(['new', 'old', 'torn']);
});

test('a file that was never synced may vanish with the power', () => {
  const fates = new Set<boolean>();
  for (let seed = 0; seed < 20; seed++) {
    const { host, open, store } = world({}, seed);
    store(open(), 0);
    host.crash('power');
    fates.add(host.disk.has('/data/file'));
  }
  expect(fates.size).toBe(2);
});

test('a replaced file is the old one or the new one after a crash, whole', () => {
  const { sim, host } = world({ latency: 10 });
  host.replaceFile('/state', bytesOf(50_000), () => {});
  sim.run(10);
  host.replaceFile('/state', bytesOf(60_000), () => {});
  sim.run(15);
  host.crash('power');
  expect(host.disk.read('/state')).toEqual(bytesOf(50_000));
});

test('a job that was under way when the process died is not done', () => {
  const { sim, host, open, slotOf } = world({ latency: 10 });
  open().store(0, slotOf(0), () => {});
  sim.run(5);
  host.crash('killed');
  sim.run(Number.POSITIVE_INFINITY);
  expect(host.disk.has('/data/file')).toBe(false);
});

test('a full disk says full, keeps what it has, and works again when there is room', () => {
  const { host, open, store, ask } = world({ space: 2 * PIECE });
  const storage = open();
  expect([0, 1, 2].map((piece) => store(storage, piece))).toEqual(['ok', 'ok', 'full']);
  expect(store(storage, 1)).toBe('ok');
  expect(ask((done) => storage.check(0, done))).toBe('ok');
  expect(host.disk.used).toBe(2 * PIECE);
  host.disk.become({ space: 4 * PIECE });
  expect(store(storage, 2)).toBe('ok');
});

test('a disk fails after so many jobs, by chance, or only for writing', () => {
  const failing = world({ failAfter: 2 });
  const storage = failing.open();
  expect([0, 1, 2, 3].map((piece) => failing.store(storage, piece))).toEqual(['ok', 'ok', 'io', 'io']);
  const unlucky = world({ failures: 0.5 });
  const other = unlucky.open();
  const outcomes = Array.from({ length: 40 }, (_, i) => unlucky.store(other, i % 4));
  expect(new Set(outcomes)).toEqual(new Set(['ok', 'io']));
  const locked = world({ readOnly: true });
  expect(locked.store(locked.open(), 0)).toBe('denied');
});

test('a disk that reads wrong is found out by check', () => {
  const { host, open, store, ask } = world();
  const storage = open();
  store(storage, 0);
  host.disk.become({ corruption: 1 });
  expect(ask((done) => storage.check(0, done))).toBe('corrupt');
  host.disk.become({});
  expect(ask((done) => storage.check(0, done))).toBe('ok');
  host.disk.corrupt('/data/file', 100);
  expect(ask((done) => storage.check(0, done))).toBe('corrupt');
  host.disk.truncate('/data/file', 100);
  expect(ask((done) => storage.check(0, done))).toBe('short');
  host.disk.delete('/data/file');
  expect(ask((done) => storage.check(0, done))).toBe('missing');
});

test('a disk takes its time, job after job', () => {
  const { sim, open, slotOf } = world({ latency: 10, rate: PIECE * 10 });
  const storage = open();
  const times: number[] = [];
  for (const piece of [0, 1, 2]) storage.store(piece, slotOf(piece), () => times.push(sim.now));
  sim.run(Number.POSITIVE_INFINITY);
  expect(times).toEqual([110, 220, 330]);
});

test('stamps tell when a file was last written', () => {
  const { sim, host, open, store } = world();
  const storage = open();
  const stamps: (number | undefined)[] = [];
  const note = () => storage.stat(([stamp]) => stamps.push(stamp?.modified));
  store(storage, 0);
  note();
  sim.run(5000);
  store(storage, 1);
  note();
  sim.run(6000);
  expect(stamps[1]! - stamps[0]!).toBe(5000);
  expect(host.disk.stamp('/data/file')?.modified).toBe(stamps[1]);
});
