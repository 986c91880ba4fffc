/** Memory keeps what every storage promises, and a client works on it as on a disk. */
import { equalBytes, MemoryBudget, Slots, type StorageLayout, type StorageOutcome, sha1, sha256 } from '@ferro/core';
import { createTorrent } from '@ferro/metainfo';
import { Simulation } from '@ferro/sim';
import { describe, expect, test } from 'vitest';
import { storageContract } from '../../core/test/storage.contract.ts';
import { Client, limits, MemoryShelf, MemoryStorage } from '../src/index.ts';

storageContract({
  name: 'memory',
  make: () => {
    const sim = new Simulation({ seed: 1 });
    const host = sim.host('198.51.100.1');
    const shelves = new Map<string, MemoryShelf>();
    return {
      root: '/',
      open: (layout, slots) => {
        const place = JSON.stringify([layout.pieceLength, layout.files]);
        const shelf = shelves.get(place) ?? new MemoryShelf();
        shelves.set(place, shelf);
        return new MemoryStorage(host, layout, slots, shelf);
      },
      run: (until) => void sim.run(until, 60_000),
    };
  },
});

const content = new Uint8Array(200_000).map((_, i) => (i * 7) % 251);

/** One storage of pieces of 16 KiB, and its answers in virtual time. */
function opened(shelf?: MemoryShelf) {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host('198.51.100.1');
  const slots = new Slots(16_384, new MemoryBudget(1 << 20));
  const hashes = new Uint8Array(20 * 3);
  for (let piece = 0; piece < 3; piece++) hashes.set(sha1(pieceOf(piece)), 20 * piece);
  const layout: StorageLayout = {
    root: '/',
    pieceLength: 16_384,
    files: [{ path: ['file'], length: 3 * 16_384 }],
    sha1: hashes,
  };
  const storage = new MemoryStorage(host, layout, slots, shelf);
  const store = (piece: number): StorageOutcome => {
    const slot = slots.take()!;
    slots.bytes(slot).set(pieceOf(piece));
    let outcome: StorageOutcome | undefined;
    storage.store(piece, slot, (answer) => {
      outcome = answer;
    });
    sim.run(() => outcome !== undefined);
    slots.release(slot);
    return outcome!;
  };
  return { sim, storage, store };
}

function pieceOf(piece: number): Uint8Array {
  return content.subarray(piece * 16_384, (piece + 1) * 16_384);
}

describe('the shelf', () => {
  test('a full shelf is a full disk, and a piece that is kept already takes no more room', () => {
    const shelf = new MemoryShelf(2 * 16_384);
    const { store } = opened(shelf);
    expect([store(0), store(1)]).toEqual([{ type: 'ok' }, { type: 'ok' }]);
    expect(store(2)).toMatchObject({ type: 'failed', fault: 'full' });
    expect(store(1)).toEqual({ type: 'ok' });
    shelf.delete(0);
    shelf.delete(0);
    expect(store(2)).toEqual({ type: 'ok' });
    expect(store(0)).toMatchObject({ type: 'failed', fault: 'full' });
  });

  test('a file looks changed when a piece has left the shelf', () => {
    const shelf = new MemoryShelf();
    const { sim, storage, store } = opened(shelf);
    for (let piece = 0; piece < 3; piece++) store(piece);
    const stamps: unknown[] = [];
    const look = () => {
      storage.stat((files) => stamps.push(files[0]));
      sim.run(Number.POSITIVE_INFINITY);
    };
    look();
    shelf.delete(1);
    look();
    expect(stamps).toEqual([
      { length: 3 * 16_384, modified: 3 },
      { length: 3 * 16_384, modified: 2 },
    ]);
  });

  test('what a peer sent as padding is not kept (BEP 47)', () => {
    const sim = new Simulation({ seed: 1 });
    const host = sim.host('198.51.100.1');
    const slots = new Slots(16_384, new MemoryBudget(1 << 20));
    const layout: StorageLayout = {
      root: '/',
      pieceLength: 16_384,
      files: [
        { path: ['file'], length: 100 },
        { path: ['pad'], length: 16_284, padding: true },
      ],
      merkle: sha256(content.subarray(0, 100)),
    };
    const shelf = new MemoryShelf();
    const storage = new MemoryStorage(host, layout, slots, shelf);
    const slot = slots.take()!;
    slots.bytes(slot).set(content.subarray(0, 16_384));
    const outcomes: StorageOutcome[] = [];
    storage.store(0, slot, (outcome) => outcomes.push(outcome));
    sim.run(Number.POSITIVE_INFINITY);
    expect(outcomes).toEqual([{ type: 'ok' }]);
    expect(shelf.get(0)!.subarray(0, 100)).toEqual(content.subarray(0, 100));
    expect(shelf.get(0)!.subarray(100)).toEqual(new Uint8Array(16_284));
  });

  test('jobs that take long leave turns to others', () => {
    const sim = new Simulation({ seed: 1 });
    let clock = 0;
    const timers: (() => void)[] = [];
    const base = sim.host('198.51.100.1');
    // A host whose clock moves with every look at it.
    const host = Object.assign(Object.create(base), {
      now: () => (clock += limits.storageTurnMs),
      at: (_when: number, run: () => void) => {
        timers.push(run);
        return { close() {} };
      },
    });
    const layout = { root: '/', pieceLength: 16_384, files: [{ path: ['file'], length: 10 * 16_384 }] };
    const storage = new MemoryStorage(host, layout, new Slots(16_384, new MemoryBudget(1 << 20)));
    const answers: number[] = [];
    for (let piece = 0; piece < 4; piece++) storage.check(piece, () => answers.push(piece));
    const counts: number[] = [];
    for (let run = timers.shift(); run !== undefined; run = timers.shift()) {
      run();
      counts.push(answers.length);
    }
    expect(counts).toEqual([1, 2, 3, 4]);
    expect(answers).toEqual([0, 1, 2, 3]);
  });
});

test('a client downloads into memory and serves from it, and no file is made', async () => {
  const sim = new Simulation({ seed: 3, link: { latency: 10, rate: 5e6 } });
  const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => sim.host(ip)) as [Host, Host, Host];
  a.disk.write('/data/file', content);
  const source = {
    name: 'file',
    root: '/data',
    single: true,
    files: [{ path: ['file'], length: content.length }],
  };
  const torrent = await sim.settle(createTorrent(a, source));
  const listen = [{ port: 6881 }];
  const seeder = new Client(a, { listen });
  await sim.settle(seeder.add(torrent, { path: '/data' }).ready);

  const options = { path: '/copy', resumeFile: false } as const;
  const middle = new Client(b, { listen, storage: (layout, slots) => new MemoryStorage(b, layout, slots) });
  await sim.settle(middle.add(torrent, { ...options, peers: [{ ip: '10.0.0.1', port: 6881 }] }).finished);
  await sim.settle(seeder.close());
  expect(b.disk.paths).toEqual([]);

  const last = new Client(c, { listen });
  await sim.settle(last.add(torrent, { ...options, peers: [{ ip: '10.0.0.2', port: 6881 }] }).finished);
  expect(equalBytes(c.disk.read('/copy/file')!, content)).toBe(true);
});

type Host = ReturnType<Simulation['host']>;
