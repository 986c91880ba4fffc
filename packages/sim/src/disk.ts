/**
 * A disk: named files, one job after the other, faults on demand. What was written is in memory until it is synced; when the
 * power goes, each unsynced block is there, not there, or there in part, by chance. Folders exist as long as something is in them.
 */
import type { Closable, FileStamp, Instant, StorageFault } from '@ferro/core';
import { DiskFile } from './disk-file.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** What a disk is like. Left out: instant, endless, faultless. */
export interface DiskModel {
  /** Milliseconds that each job takes. */
  readonly latency?: number;
  /** Bytes a second, read or written. */
  readonly rate?: number;
  /** Bytes that fit, in whole blocks of 16 KiB; more is `full`. */
  readonly space?: number;
  /** After so many more jobs every one fails (`io`). */
  readonly failAfter?: number;
  /** The part of the jobs that fail (`io`). */
  readonly failures?: number;
  /** The part of the reads in which one bit is wrong. */
  readonly corruption?: number;
  /** Nothing may be written (`denied`). */
  readonly readOnly?: boolean;
}

/** Host.at(): a timer that dies with its process. */
export type HostTimer = (when: Instant, run: () => void) => Closable;

/** A job that did not work. */
export class DiskError extends Error {
  readonly fault: StorageFault;

  constructor(fault: StorageFault, message: string) {
    super(message);
    this.name = 'DiskError';
    this.fault = fault;
  }
}

/** 2026-01-01: virtual time as files tell it. */
const EPOCH = 1_767_225_600_000;

export class SimulatedDisk {
  readonly #files = new Map<string, DiskFile>();
  readonly #timeline: Timeline;
  readonly #random: Random;
  #model: DiskModel;
  #jobsLeft: number;
  #busyUntil: Instant = 0;

  constructor(timeline: Timeline, random: Random, model: DiskModel) {
    this.#timeline = timeline;
    this.#random = random;
    this.#model = model;
    this.#jobsLeft = model.failAfter ?? Number.POSITIVE_INFINITY;
  }

  /** Another model from now on: a disk that fills up, breaks or recovers. */
  become(model: DiskModel): void {
    this.#model = model;
    this.#jobsLeft = model.failAfter ?? Number.POSITIVE_INFINITY;
  }

  /** Does a job of so many bytes when its turn has come, and then says how it went. */
  job<Result>(at: HostTimer, bytes: number, work: () => Result, done: (result: Result | DiskError) => void): void {
    const { latency = 0, rate } = this.#model;
    const takes = latency + (rate === undefined ? 0 : (bytes * 1000) / rate);
    this.#busyUntil = Math.max(this.#busyUntil, this.#timeline.now) + takes;
    at(this.#busyUntil, () => done(this.#attempt(work)));
  }

  #attempt<Result>(work: () => Result): Result | DiskError {
    if (this.#jobsLeft-- <= 0 || this.#random.chance(this.#model.failures ?? 0)) {
      return new DiskError('io', 'the disk has failed');
    }
    try {
      return work();
    } catch (error) {
      if (error instanceof DiskError) return error;
      throw error;
    }
  }

  /** The names of all files. */
  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** Bytes that the files take, in whole blocks. */
  get used(): number {
    let used = 0;
    for (const file of this.#files.values()) used += file.allocated;
    return used;
  }

  /** A whole file, or undefined where there is none. Not a job: for tests that look from outside. */
  read(path: string): Uint8Array | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    const bytes = new Uint8Array(file.length);
    file.read(0, bytes);
    return bytes;
  }

  /** Makes or replaces a whole file, synced. Not a job. */
  write(path: string, bytes: Uint8Array): void {
    const file = new DiskFile();
    this.#reserve(bytes.length - (this.#files.get(path)?.allocated ?? 0));
    file.write(0, bytes);
    file.modified = EPOCH + this.#timeline.now;
    file.sync();
    this.#files.set(path, file);
  }

  delete(path: string): boolean {
    return this.#files.delete(path);
  }

  /** Part of a file, for a job: missing and short are errors. */
  readAt(path: string, at: number, into: Uint8Array): void {
    const file = this.#files.get(path);
    if (file === undefined) throw new DiskError('missing', `${path} does not exist`);
    if (at + into.length > file.length) throw new DiskError('short', `${path} ends before byte ${at + into.length}`);
    file.read(at, into);
    if (into.length > 0 && this.#random.chance(this.#model.corruption ?? 0)) {
      const bad = this.#random.integer(into.length);
      into[bad] = into[bad]! ^ (1 << this.#random.integer(8));
    }
  }

  /** Part of a file, for a job. The file is made if there is none. */
  writeAt(path: string, at: number, bytes: Uint8Array): void {
    const file = this.#files.get(path) ?? new DiskFile();
    this.#reserve(file.newBlocks(at, bytes.length));
    file.write(at, bytes);
    file.modified = EPOCH + this.#timeline.now;
    this.#files.set(path, file);
  }

  /** A whole small file, in one step that a crash cannot halve. */
  replace(path: string, bytes: Uint8Array): void {
    this.write(path, bytes);
  }

  sync(path: string): void {
    this.#files.get(path)?.sync();
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  stamp(path: string): FileStamp | undefined {
    const file = this.#files.get(path);
    return file === undefined ? undefined : { length: file.length, modified: file.modified };
  }

  /** Changes one bit, as a bad sector does. */
  corrupt(path: string, at: number): void {
    const byte = new Uint8Array(1);
    this.#files.get(path)?.read(at, byte);
    byte[0] = byte[0]! ^ 1;
    this.#files.get(path)?.write(at, byte);
    this.#files.get(path)?.sync();
  }

  /** Cuts a file off. */
  truncate(path: string, length: number): void {
    const bytes = this.read(path);
    if (bytes !== undefined) this.write(path, bytes.subarray(0, length));
  }

  /** The power goes: of what was not synced, chance decides what is left. */
  crash(): void {
    this.#busyUntil = this.#timeline.now;
    for (const [path, file] of this.#files) if (!file.crash(this.#random)) this.#files.delete(path);
  }

  #reserve(bytes: number): void {
    const { space = Number.POSITIVE_INFINITY, readOnly = false } = this.#model;
    if (readOnly) throw new DiskError('denied', 'the disk is read-only');
    if (bytes > 0 && space !== Number.POSITIVE_INFINITY && this.used + bytes > space) {
      throw new DiskError('full', 'no space is left on the disk');
    }
  }
}
