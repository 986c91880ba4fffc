/** The disk workers of a host: shared by all storages, and started when there is work that those which run cannot take. */
import type { DiskResult } from './disk-job.ts';
import { DiskThread, type PlacedJob } from './disk-thread.ts';

export class DiskPool {
  readonly #workers: number;
  readonly #openFiles: number;
  #threads: DiskThread[] = [];
  /** Workers that were started for one job. */
  readonly #aside = new Set<DiskThread>();
  #ids = 0;
  #closed = false;
  #idle: () => void = () => {};

  constructor(workers: number, openFiles: number) {
    this.#workers = workers;
    this.#openFiles = openFiles;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** No worker has been started yet. */
  get asleep(): boolean {
    return this.#threads.length === 0 && !this.#closed;
  }

  nextId(): number {
    return this.#ids++;
  }

  /** `on`: the worker that it has to be. Without one, the worker with the least to do. */
  submit(job: PlacedJob, on?: DiskThread): void {
    const thread = on ?? this.leastLoaded();
    if (thread?.alive === true && !this.#closed) {
      thread.add(job);
      return;
    }
    const result: DiskResult = { type: 'failed', fault: 'io', message: 'there is no disk worker any more' };
    queueMicrotask(() => job.done(result));
  }

  /** Undefined once the pool is closed. */
  leastLoaded(): DiskThread | undefined {
    if (this.#closed) return undefined;
    this.#threads = this.#threads.filter((thread) => thread.alive);
    const [least] = [...this.#threads].sort((a, b) => a.load - b.load);
    if (least !== undefined && (!least.full || this.#threads.length === this.#workers)) return least;
    const thread = this.#start();
    this.#threads.push(thread);
    return thread;
  }

  /** Runs a job that may block for long in a worker of its own, so that no other waits behind it. */
  submitAside(job: PlacedJob): void {
    const thread = this.#start();
    this.#aside.add(thread);
    const done: PlacedJob['done'] = (result) => {
      this.#end(thread);
      job.done(result);
    };
    this.submit({ ...job, done }, thread);
  }

  #start(): DiskThread {
    return new DiskThread(this.#openFiles, () => {
      if (!this.#busy) this.#idle();
    });
  }

  #end(thread: DiskThread): void {
    this.#aside.delete(thread);
    void thread.end();
    if (!this.#busy) this.#idle();
  }

  /** Waits for what is under way, then ends the workers. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#busy) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await Promise.all(this.#threads.splice(0).map((thread) => thread.end()));
  }

  get #busy(): boolean {
    return this.#threads.some((thread) => thread.busy) || this.#aside.size > 0;
  }
}
