/**
 * Where the receiver puts pieces: the storage of the host, and the designs that it was compared with. All hash with SHA-1 and
 * write to one file, and all have the same number of cells.
 */
import { hash } from 'node:crypto';
import { openSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MemoryBudget, Slots, type Storage } from '@ferro/core';
import { nodeHost } from '@ferro/node';
import { layoutOf, OUTPUT, type Scenario } from './scenario.ts';

export interface Sink {
  /** Undefined: the memory is spent until a piece is done. */
  take(): number | undefined;
  bytes(cell: number): Uint8Array;
  /** Hashes and writes; the cell is free again when `done` runs. */
  store(piece: number, cell: number, done: (ok: boolean) => void): void;
  /** Waits until its threads run. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export function makeSink(scenario: Scenario): Sink {
  if (scenario.sink === 'storage') return new StorageSink(scenario);
  if (scenario.sink === 'main') return new MainSink(scenario);
  return new WorkerSink(scenario);
}

class StorageSink implements Sink {
  readonly #host = nodeHost();
  readonly #slots: Slots;
  readonly #storage: Storage;

  constructor(scenario: Scenario) {
    this.#slots = new Slots(scenario.pieceLength, new MemoryBudget(scenario.budget));
    this.#storage = this.#host.storage(layoutOf(scenario, OUTPUT), this.#slots);
  }

  take(): number | undefined {
    return this.#slots.take();
  }

  bytes(cell: number): Uint8Array {
    return this.#slots.bytes(cell);
  }

  store(piece: number, cell: number, done: (ok: boolean) => void): void {
    this.#storage.store(piece, cell, (outcome) => {
      this.#slots.release(cell);
      done(outcome.type === 'ok');
    });
  }

  ready(): Promise<void> {
    return new Promise((resolve) => this.#storage.check(0, () => resolve()));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#storage.close(resolve));
    await this.#host.close();
  }
}

/** Cells by number, made when first needed and used again. */
class Cells {
  readonly #cells: Uint8Array[] = [];
  readonly #free: number[] = [];
  readonly #make: () => Uint8Array;
  readonly #max: number;

  constructor(scenario: Scenario, make: (length: number) => Uint8Array) {
    this.#make = () => make(scenario.pieceLength);
    this.#max = Math.floor(scenario.budget / scenario.pieceLength);
  }

  take(): number | undefined {
    const free = this.#free.pop();
    if (free !== undefined || this.#cells.length === this.#max) return free;
    return this.#cells.push(this.#make()) - 1;
  }

  bytes(cell: number): Uint8Array {
    return this.#cells[cell]!;
  }

  replace(cell: number, bytes: Uint8Array): void {
    this.#cells[cell] = bytes;
  }

  release(cell: number): void {
    this.#free.push(cell);
  }
}

class MainSink implements Sink {
  readonly #cells: Cells;
  readonly #pieceLength: number;
  readonly #expected: string;
  readonly #fd: number;

  constructor(scenario: Scenario) {
    this.#cells = new Cells(scenario, (length) => new Uint8Array(length));
    this.#pieceLength = scenario.pieceLength;
    this.#expected = scenario.sha1;
    this.#fd = openSync(join(scenario.folder, OUTPUT), 'w');
  }

  take(): number | undefined {
    return this.#cells.take();
  }

  bytes(cell: number): Uint8Array {
    return this.#cells.bytes(cell);
  }

  store(piece: number, cell: number, done: (ok: boolean) => void): void {
    const bytes = this.#cells.bytes(cell);
    const ok = hash('sha1', bytes) === this.#expected.slice(40 * piece, 40 * piece + 40);
    writeSync(this.#fd, bytes, 0, bytes.length, piece * this.#pieceLength);
    this.#cells.release(cell);
    done(ok);
  }

  async ready(): Promise<void> {}
  async close(): Promise<void> {}
}

/** What the worker is asked; without `fd` it only hashes. */
export interface PieceJob {
  readonly piece: number;
  readonly cell: number;
  readonly bytes: Uint8Array;
  readonly expected: string;
  readonly position: number;
}

export interface PieceAnswer {
  readonly piece: number;
  readonly cell: number;
  readonly ok: boolean;
  /** Given back, if it was given. */
  readonly bytes: Uint8Array | undefined;
}

class WorkerSink implements Sink {
  readonly #scenario: Scenario;
  readonly #cells: Cells;
  readonly #worker: Worker;
  readonly #fd: number;
  readonly #done = new Map<number, (ok: boolean) => void>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const transfer = scenario.sink === 'transfer';
    this.#cells = new Cells(
      scenario,
      (length) => new Uint8Array(transfer ? new ArrayBuffer(length) : new SharedArrayBuffer(length)),
    );
    this.#fd = openSync(join(scenario.folder, OUTPUT), 'w');
    this.#worker = new Worker(new URL('./piece-worker.ts', import.meta.url), {
      workerData: { transfer, ...(scenario.sink === 'split' ? {} : { fd: this.#fd }) },
    });
    this.#worker.on('message', (answer: PieceAnswer | 'ready') => {
      if (answer !== 'ready') this.#answered(answer);
    });
  }

  take(): number | undefined {
    return this.#cells.take();
  }

  bytes(cell: number): Uint8Array {
    return this.#cells.bytes(cell);
  }

  store(piece: number, cell: number, done: (ok: boolean) => void): void {
    const { pieceLength, sha1, sink } = this.#scenario;
    const bytes = this.#cells.bytes(cell);
    const expected = sha1.slice(40 * piece, 40 * piece + 40);
    const job: PieceJob = { piece, cell, bytes, expected, position: piece * pieceLength };
    this.#done.set(piece, done);
    this.#worker.postMessage(job, sink === 'transfer' ? [bytes.buffer as ArrayBuffer] : []);
  }

  #answered(answer: PieceAnswer): void {
    const { piece, cell, ok } = answer;
    if (answer.bytes !== undefined) this.#cells.replace(cell, answer.bytes);
    if (this.#scenario.sink === 'split' && ok) {
      const bytes = this.#cells.bytes(cell);
      write(this.#fd, bytes, 0, bytes.length, piece * this.#scenario.pieceLength, (error) =>
        this.#finish(piece, cell, error === null),
      );
    } else this.#finish(piece, cell, ok);
  }

  #finish(piece: number, cell: number, ok: boolean): void {
    const done = this.#done.get(piece)!;
    this.#done.delete(piece);
    this.#cells.release(cell);
    done(ok);
  }

  ready(): Promise<void> {
    return new Promise((resolve) => this.#worker.once('message', () => resolve()));
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
