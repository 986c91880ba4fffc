/**
 * The disk workers of a host: started when there is work, shared by all storages, never what keeps a process alive when there
 * is none. Jobs wait here and are handed over in batches, a bounded amount at a time; a second worker is started only when the
 * first has all it may hold.
 */
import { Worker } from 'node:worker_threads';
import type { DiskAnswer, DiskJob, DiskRequest, DiskResult } from './disk-job.ts';
import { Fifo } from './fifo.ts';
import { limits } from './limits.ts';

export interface PoolJob {
  readonly request: DiskJob;
  /** What it moves or hashes: bounds what a worker has at a time. */
  readonly bytes: number;
  readonly gift?: ArrayBuffer;
  /** For this worker only: it concerns the files that the worker has open. */
  readonly only?: DiskThread;
  /** Makes the storage known to a worker that does not know it (or its last selection). */
  readonly introduce: (thread: DiskThread) => DiskRequest | undefined;
  readonly done: (result: DiskResult) => void;
}

const SOURCE = import.meta.url.endsWith('.ts') ? './disk-worker.ts' : './disk-worker.js';

export class DiskThread {
  readonly #worker: Worker;
  readonly #underWay = new Map<number, PoolJob>();
  readonly #answered: () => void;
  #bytes = 0;
  #outbox: DiskRequest[] = [];
  #gifts: ArrayBuffer[] = [];
  alive = true;

  constructor(openFiles: number, answered: () => void) {
    this.#answered = answered;
    this.#worker = new Worker(new URL(SOURCE, import.meta.url), {
      name: 'ferro-disk',
      workerData: { openFiles, hashBytes: limits.hashBytes },
    });
    this.#worker.unref();
    this.#worker.on('message', (answers: readonly DiskAnswer[]) => this.#receive(answers));
    this.#worker.on('error', (error: unknown) => this.#die(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', () => this.#die('the disk worker ended'));
  }

  get jobs(): number {
    return this.#underWay.size;
  }

  get hasRoom(): boolean {
    if (this.jobs < 2) return true;
    return this.jobs < limits.jobsUnderWay && this.#bytes < limits.bytesUnderWay;
  }

  add(job: PoolJob): void {
    const introduction = job.introduce(this);
    if (introduction !== undefined) this.#outbox.push(introduction);
    this.#outbox.push(job.request);
    if (job.gift !== undefined) this.#gifts.push(job.gift);
    if (this.#underWay.size === 0) this.#worker.ref();
    this.#underWay.set(job.request.job, job);
    this.#bytes += job.bytes;
  }

  /** Hands over what was added since the last time, in one message. */
  post(): void {
    if (this.#outbox.length === 0) return;
    const [outbox, gifts] = [this.#outbox, this.#gifts];
    this.#outbox = [];
    this.#gifts = [];
    this.#worker.postMessage(outbox, gifts);
  }

  async end(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  #receive(answers: readonly DiskAnswer[]): void {
    for (const answer of answers) this.#settle(answer.job, answer);
    this.#answered();
  }

  #settle(id: number, result: DiskResult): void {
    const job = this.#underWay.get(id)!;
    this.#underWay.delete(id);
    this.#bytes -= job.bytes;
    if (this.#underWay.size === 0) this.#worker.unref();
    job.done(result);
  }

  #die(message: string): void {
    this.alive = false;
    for (const id of [...this.#underWay.keys()]) this.#settle(id, { type: 'failed', fault: 'io', message });
    this.#answered();
  }
}

export class DiskPool {
  readonly #workers: number;
  readonly #openFiles: number;
  #threads: DiskThread[] = [];
  /** Jobs that no worker has room for. */
  readonly #queue = new Fifo<PoolJob>();
  #scheduled = false;
  #ids = 0;
  #closed = false;
  #idle: (() => void) | undefined;

  constructor(workers: number, openFiles: number) {
    this.#workers = workers;
    this.#openFiles = openFiles;
  }

  nextId(): number {
    return this.#ids++;
  }

  submit(job: PoolJob): void {
    this.#queue.push(job);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What one turn of the caller asks for goes in one message.
    queueMicrotask(() => this.#dispatch());
  }

  /** Waits for what is under way, then ends the workers. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#busy) await new Promise<void>((resolve) => (this.#idle = resolve));
    await Promise.all(this.#threads.splice(0).map((thread) => thread.end()));
  }

  get #busy(): boolean {
    return this.#queue.length > 0 || this.#threads.some((thread) => thread.jobs > 0);
  }

  #dispatch(): void {
    this.#scheduled = false;
    this.#threads = this.#threads.filter((thread) => thread.alive);
    for (let job = this.#queue.first; job !== undefined; job = this.#queue.first) {
      const thread = job.only ?? this.#threadWithRoom();
      if (thread === undefined) break;
      this.#queue.shift();
      if (thread.alive) thread.add(job);
      else job.done({ type: 'failed', fault: 'io', message: 'the disk worker ended' });
    }
    for (const thread of this.#threads) thread.post();
    if (this.#closed && !this.#busy) this.#idle?.();
  }

  /** The least loaded one that has room; a new one only when none has. */
  #threadWithRoom(): DiskThread | undefined {
    const free = this.#threads.filter((thread) => thread.hasRoom).sort((a, b) => a.jobs - b.jobs)[0];
    if (free !== undefined || this.#threads.length === this.#workers) return free;
    const thread = new DiskThread(this.#openFiles, () => this.#dispatch());
    this.#threads.push(thread);
    return thread;
  }
}
