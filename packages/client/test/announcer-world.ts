/** A clock that tests turn by hand and chance that repeats, and an announcer whose jobs can be looked at and answered. */
import type { Environment } from '../../core/src/index.ts';
import type { AnnounceJob, AnnounceOutcome, AnnouncerEvent, AnnouncerOptions } from '../src/announce-job.ts';
import { Announcer } from '../src/announcer.ts';

export type Announce = Extract<AnnounceJob, { type: 'announce' }>;

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export class World implements Environment {
  time = 0;
  #state: number;

  constructor(seed = 1) {
    this.#state = seed >>> 0;
  }

  now(): number {
    return this.time;
  }

  random(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.below(256);
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor(((this.#state >>> 8) / 0x100_0000) * limit);
  }
}

export const LEECHING = { uploaded: 0, downloaded: 0, left: 1000 };
export const SEEDING = { uploaded: 0, downloaded: 1000, left: 0 };

/** An announcer with its clock; `jobs` takes what it wants done. */
export class Bench {
  readonly world: World;
  readonly announcer: Announcer;
  readonly events: AnnouncerEvent[] = [];

  constructor(options: AnnouncerOptions, seed = 1) {
    this.world = new World(seed);
    this.announcer = new Announcer(this.world, options);
  }

  jobs(): Announce[] {
    return this.announcer.flush().filter((job) => job.type === 'announce');
  }

  /** The one job that there is. */
  job(): Announce {
    const jobs = this.jobs();
    if (jobs.length !== 1) throw new Error(`${jobs.length} jobs instead of one`);
    return jobs[0]!;
  }

  tell(outcome: AnnounceOutcome): void {
    this.events.push(...this.announcer.receive(outcome));
  }

  answer({ id }: Announce, interval: number | undefined = 1800, minInterval?: number, trackerId?: string): void {
    this.tell({ id, type: 'answer', interval, minInterval, trackerId });
  }

  fail({ id }: Announce, retryIn?: number | 'never'): void {
    if (retryIn === undefined) this.tell({ id, type: 'error', reason: 'unreachable' });
    else this.tell({ id, type: 'failure', reason: 'no', retryIn });
  }

  /** Lets time pass up to `time`, stopping where the announcer wants to be woken. */
  until(time: number): Announce[] {
    const jobs = this.jobs();
    while (this.announcer.deadline <= time) {
      this.world.time = Math.max(this.world.time, this.announcer.deadline);
      this.events.push(...this.announcer.tick());
      jobs.push(...this.jobs());
    }
    this.world.time = Math.max(this.world.time, time);
    return jobs;
  }
}
