/**
 * One disk worker, seen from the main side: jobs wait here in order, a bounded amount of them is handed over at a time, and what
 * one turn of the loop asks for goes in one message. It keeps the process alive only while it has something to do.
 */
import { Worker } from 'node:worker_threads';
import type { DiskAnswer, DiskJob, DiskRequest, DiskResult } from './disk-job.ts';
import { Fifo } from './fifo.ts';
import { limits } from './limits.ts';

export interface PlacedJob {
  readonly request: DiskJob;
  /** What it moves or hashes: bounds what the worker has at a time. */
  readonly bytes: number;
  /** Memory that goes to the worker with the job. */
  readonly gift?: ArrayBuffer;
  /** What the worker has to be told first about the storage, if anything. */
  readonly introduce: (thread: DiskThread) => DiskRequest | undefined;
  readonly done: (result: DiskResult) => void;
}

const WORKER = import.meta.url.endsWith('.ts') ? './disk-worker.ts' : './disk-worker.js';

export class DiskThread {
  readonly #worker: Worker;
  readonly #waiting = new Fifo<PlacedJob>();
  readonly #underWay = new Map<number, PlacedJob>();
  readonly #idle: () => void;
  #bytesUnderWay = 0;
  #posting = false;
  /** Bytes of all jobs that it has not answered. */
  load = 0;
  alive = true;

  /** `idle` is called whenever the last job is done. */
  constructor(openFiles: number, idle: () => void) {
    this.#idle = idle;
    this.#worker = new Worker(new URL(WORKER, import.meta.url), {
      name: 'ferro-disk',
      // Whatever the program was started with, the worker is a plain file.
      execArgv: [],
      workerData: { openFiles, hashBytes: limits.hashBytes },
    });
    this.#worker.unref();
    this.#worker.on('message', (answers: readonly DiskAnswer[]) => this.#receive(answers));
    this.#worker.on('error', (error: unknown) => this.#die(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', () => this.#die('the disk worker ended'));
  }

  get busy(): boolean {
    return this.#underWay.size > 0 || this.#waiting.length > 0;
  }

  /** It has, or is about to be given, all that it may have at a time: more would wait. */
  get full(): boolean {
    const jobs = this.#underWay.size + this.#waiting.length;
    return jobs >= 2 && (jobs >= limits.jobsUnderWay || this.load >= limits.bytesUnderWay);
  }

  get #mayPost(): boolean {
    if (this.#underWay.size < 2) return true;
    return this.#underWay.size < limits.jobsUnderWay && this.#bytesUnderWay < limits.bytesUnderWay;
  }

  add(job: PlacedJob): void {
    if (!this.busy) this.#worker.ref();
    this.load += job.bytes;
    this.#waiting.push(job);
    if (this.#posting) return;
    this.#posting = true;
    queueMicrotask(() => {
      this.#posting = false;
      this.#post();
    });
  }

  /** Ends the worker. Jobs that it still has fail. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(): void {
    const requests: DiskRequest[] = [];
    const gifts: ArrayBuffer[] = [];
    while (this.#waiting.length > 0 && this.#mayPost && this.alive) {
      const job = this.#waiting.shift()!;
      const introduction = job.introduce(this);
      if (introduction !== undefined) requests.push(introduction);
      requests.push(job.request);
      if (job.gift !== undefined) gifts.push(job.gift);
      this.#underWay.set(job.request.job, job);
      this.#bytesUnderWay += job.bytes;
    }
    if (requests.length > 0) this.#worker.postMessage(requests, gifts);
  }

  #receive(answers: readonly DiskAnswer[]): void {
    for (const answer of answers) {
      const job = this.#underWay.get(answer.job)!;
      this.#underWay.delete(answer.job);
      this.#bytesUnderWay -= job.bytes;
      this.#settle(job, answer);
    }
    this.#post();
  }

  #settle(job: PlacedJob, result: DiskResult): void {
    this.load -= job.bytes;
    if (!this.busy) {
      this.#worker.unref();
      this.#idle();
    }
    job.done(result);
  }

  /** Only a defect ends a worker. Its jobs fail, and the next ones find another worker. */
  #die(message: string): void {
    if (!this.alive) return;
    this.alive = false;
    const jobs = [...this.#underWay.values()];
    this.#underWay.clear();
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) jobs.push(job);
    for (const job of jobs) this.#settle(job, { type: 'failed', fault: 'io', message });
  }
}
