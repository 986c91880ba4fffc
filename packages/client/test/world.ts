/** A simulated swarm for tests: hosts with data on their disks, clients on them, and a storage that lies. */
import { createHash } from 'node:crypto';
import type { SlotPool, Storage, StorageLayout } from '@ferro/core';
import { type SimulatedHost, Simulation, type SimulationOptions } from '@ferro/sim';
import type { TestTorrent } from './torrents.ts';

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest());

export function world(options: Omit<SimulationOptions, 'sha1'>): Simulation {
  return new Simulation({ ...options, sha1 });
}

/** Puts the whole content on a host's disk. */
export function give(host: SimulatedHost, torrent: TestTorrent, folder: string): void {
  for (const [path, bytes] of torrent.files) host.disk.write(`${folder}/${path}`, bytes);
}

/** Whether the whole content is on a host's disk. */
export function holds(host: SimulatedHost, torrent: TestTorrent, folder: string): boolean {
  return [...torrent.files].every(([path, bytes]) => {
    const found = host.disk.read(`${folder}/${path}`);
    return found !== undefined && Buffer.compare(found, bytes) === 0;
  });
}

/** Claims to have everything, and gives garbage. */
export class LyingStorage implements Storage {
  readonly #slots: SlotPool;
  readonly #later: (run: () => void) => void;
  readonly #layout: StorageLayout;

  constructor(layout: StorageLayout, slots: SlotPool, host: SimulatedHost) {
    this.#layout = layout;
    this.#slots = slots;
    this.#later = (run) => void host.at(host.now(), run);
  }

  store(_piece: number, _slot: number, done: (outcome: { type: 'ok' }) => void): void {
    this.#later(() => done({ type: 'ok' }));
  }
  load(piece: number, slot: number, done: (outcome: { type: 'ok' }) => void): void {
    this.#slots.bytes(slot).fill(piece + 1);
    this.#later(() => done({ type: 'ok' }));
  }
  check(_piece: number, done: (outcome: { type: 'ok' }) => void): void {
    this.#later(() => done({ type: 'ok' }));
  }
  digest(): void {
    throw new Error('nobody makes torrents of lies');
  }
  select(): void {}
  stat(done: (files: readonly { length: number; modified: number }[]) => void): void {
    this.#later(() => done(this.#layout.files.map(({ length }) => ({ length, modified: 1 }))));
  }
  sync(done: (outcome: { type: 'ok' }) => void): void {
    this.#later(() => done({ type: 'ok' }));
  }
  remove(done: (outcome: { type: 'ok' }) => void): void {
    this.#later(() => done({ type: 'ok' }));
  }
  close(done: () => void): void {
    this.#later(done);
  }
}
