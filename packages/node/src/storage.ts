/**
 * The files of one torrent, as its user sees them: turns questions into jobs for the disk workers. Jobs for pieces run side by
 * side in any order; what concerns all files (a new selection, remove, close) waits for the jobs before it and holds back those
 * after it.
 */
import type { DigestOutcome, FileStamp, SlotPool, Storage, StorageLayout, StorageOutcome } from '@ferro/core';
import { faultOf } from './disk-fault.ts';
import type { DiskJob, DiskLayout, DiskRequest, DiskResult, DiskTask } from './disk-job.ts';
import type { DiskPool } from './disk-pool.ts';
import type { DiskThread, PlacedJob } from './disk-thread.ts';
import { Fifo } from './fifo.ts';
import { fileStamps } from './file-stamps.ts';
import { limits } from './limits.ts';
import { PieceSpace } from './piece-space.ts';
import { syncFile, syncFolder } from './sync.ts';

interface Waiting {
  readonly alone: boolean;
  readonly start: () => void;
}

/** Where a job runs, and what goes with it. */
interface Placement {
  readonly bytes?: number;
  readonly gift?: ArrayBuffer;
  readonly on?: DiskThread | undefined;
}

interface PlacedTask extends Placement {
  readonly task: DiskTask;
}

const CLOSED: DiskResult = { type: 'failed', fault: 'io', message: 'the storage is closed' };

export class FileStorage implements Storage {
  readonly #pool: DiskPool;
  readonly #slots: SlotPool;
  readonly #layout: DiskLayout;
  readonly #space: PieceSpace;
  readonly #id: number;
  readonly #preallocate: boolean;
  #wanted: readonly boolean[];
  /** Workers that know this storage with its last selection, and all that ever knew it. */
  #informed = new Set<DiskThread>();
  readonly #threads = new Set<DiskThread>();
  #writing: DiskThread | undefined;
  readonly #waiting = new Fifo<Waiting>();
  #underWay = 0;
  #alone = false;
  #allocated = false;
  #closed = false;

  constructor(layout: StorageLayout, slots: SlotPool, pool: DiskPool, preallocate: boolean) {
    for (const file of layout.files) requireSafe(file.path);
    this.#pool = pool;
    this.#slots = slots;
    this.#id = pool.nextId();
    this.#preallocate = preallocate;
    this.#space = new PieceSpace(layout.pieceLength, layout.files);
    this.#layout = diskLayout(layout);
    this.#wanted = layout.files.map(() => true);
  }

  store(piece: number, slot: number, done: (outcome: StorageOutcome) => void): void {
    const bytes = this.#slotBytes(piece, slot);
    const shared = bytes.buffer instanceof SharedArrayBuffer;
    const own = shared ? bytes : bytes.slice();
    if (this.#preallocate && !this.#allocated) this.#allocate();
    this.#run({ type: 'store', piece, bytes: own }, (result) => done(outcomeOf(result)), {
      bytes: bytes.length,
      ...(shared ? {} : { gift: own.buffer as ArrayBuffer }),
    });
  }

  load(piece: number, slot: number, done: (outcome: StorageOutcome) => void): void {
    const bytes = this.#slotBytes(piece, slot);
    const shared = bytes.buffer instanceof SharedArrayBuffer;
    const answer = (result: DiskResult) => {
      if (result.type === 'ok' && result.bytes !== undefined) bytes.set(result.bytes);
      done(outcomeOf(result));
    };
    this.#run({ type: 'load', piece, ...(shared ? { bytes } : {}) }, answer, { bytes: bytes.length });
  }

  check(piece: number, done: (outcome: StorageOutcome) => void): void {
    this.#requirePiece(piece);
    const answer = (result: DiskResult) => done(outcomeOf(result));
    this.#run({ type: 'check', piece }, answer, { bytes: this.#space.lengthOf(piece) });
  }

  digest(
    piece: number,
    want: { readonly sha1: boolean; readonly merkle: boolean },
    done: (outcome: DigestOutcome) => void,
  ): void {
    this.#requirePiece(piece);
    const answer = (result: DiskResult) => {
      if (result.type !== 'digest') return done(failureOf(result));
      const { sha1, merkle } = result;
      done({ type: 'digest', ...(sha1 === undefined ? {} : { sha1 }), ...(merkle === undefined ? {} : { merkle }) });
    };
    this.#run({ type: 'digest', piece, ...want }, answer, { bytes: this.#space.lengthOf(piece) });
  }

  select(wanted: readonly boolean[]): void {
    this.#enter(true, () => {
      this.#wanted = [...wanted];
      this.#informed = new Set();
      this.#allocated = false;
      // What cannot be moved stays aside: its pieces are then missing, and that is what their check says.
      this.#submit({ type: 'adopt' }, () => this.#leave());
    });
  }

  stat(done: (files: readonly (FileStamp | undefined)[]) => void): void {
    if (this.#pool.asleep && this.#layout.files.length <= limits.statedHere) {
      this.#pool.leastLoaded();
      this.#enter(false, () => void this.#statHere(done));
      return;
    }
    this.#run({ type: 'stat' }, (result) => {
      done(result.type === 'files' ? result.files : this.#layout.files.map(() => undefined));
    });
  }

  /** While the first worker starts. */
  async #statHere(done: (files: readonly (FileStamp | undefined)[]) => void): Promise<void> {
    const stamps = await fileStamps(this.#layout).catch(() => this.#layout.files.map(() => undefined));
    this.#leave();
    done(stamps);
  }

  sync(done: (outcome: StorageOutcome) => void): void {
    this.#enter(false, () => {
      void this.#sync().then((outcome) => {
        this.#leave();
        done(outcome);
      });
    });
  }

  remove(done: (outcome: StorageOutcome) => void): void {
    this.#enter(true, () => {
      this.#allocated = false;
      this.#forgetDead();
      const releases: PlacedTask[] = [...this.#threads].map((on) => ({ task: { type: 'release' }, on }));
      this.#inTurn([...releases, { task: { type: 'remove' } }], done);
    });
  }

  close(done: () => void): void {
    this.#enter(true, () => {
      this.#forgetDead();
      const jobs: PlacedTask[] = [...this.#threads].map((on) => ({ task: { type: 'close' }, on }));
      this.#threads.clear();
      this.#closed = true;
      this.#inTurn(jobs, done);
    });
  }

  /** Each worker answers after the jobs that it had before; stores go on while the medium is waited for. */
  async #sync(): Promise<StorageOutcome> {
    const threads = this.#threads.size > 0 ? [...this.#threads] : [undefined];
    // What a worker wrote before it died may be lost: its part fails, once.
    this.#forgetDead();
    const results = await Promise.all(
      threads.map((on, index) => {
        const task: DiskTask = { type: 'unsynced', empty: index === 0 };
        return new Promise<DiskResult>((resolve) => this.#submit(task, resolve, { on }));
      }),
    );
    const files: string[] = [];
    const folders: string[] = [];
    for (const result of results) {
      if (result.type !== 'unsynced') return failureOf(result);
      files.push(...result.files);
      folders.push(...result.folders);
    }
    if (files.length > limits.syncedHere && !this.#pool.closed)
      return this.#syncAside({ type: 'sync', files, folders });
    try {
      for (const file of files) await syncFile(file);
      for (const folder of folders) await syncFolder(folder);
    } catch (error) {
      return { type: 'failed', fault: faultOf(error), error: error as Error };
    }
    return { type: 'ok' };
  }

  #syncAside(task: DiskTask): Promise<StorageOutcome> {
    return new Promise((resolve) => {
      this.#pool.submitAside({
        request: { ...task, job: this.#pool.nextId(), storage: this.#id },
        bytes: 0,
        done: (result) => resolve(outcomeOf(result)),
        introduce: () => undefined,
      });
    });
  }

  #allocate(): void {
    this.#allocated = true;
    this.#enter(true, () =>
      this.#submit({ type: 'preallocate' }, (result) => {
        // The store that comes next meets the same refusal, and tells it.
        if (result.type === 'failed') this.#allocated = false;
        this.#leave();
      }),
    );
  }

  /** One after the other; the first failure is the outcome of all. */
  #inTurn(tasks: readonly PlacedTask[], done: (outcome: StorageOutcome) => void): void {
    let failure: StorageOutcome | undefined;
    const next = (index: number): void => {
      const placed = tasks[index];
      if (placed === undefined) {
        this.#leave();
        done(failure ?? { type: 'ok' });
        return;
      }
      this.#submit(
        placed.task,
        (result) => {
          if (result.type === 'failed') failure ??= failureOf(result);
          next(index + 1);
        },
        placed,
      );
    };
    if (tasks.length === 0) queueMicrotask(() => next(0));
    else next(0);
  }

  #run(task: DiskTask, done: (result: DiskResult) => void, place: Placement = {}): void {
    this.#enter(false, () => {
      const answer = (result: DiskResult) => {
        this.#leave();
        done(result);
      };
      this.#submit(task, answer, task.type === 'store' ? { ...place, on: this.#writer() } : place);
    });
  }

  /** One worker writes all pieces of a torrent: two would wait for each other's lock on its file, and burn time doing so. */
  #writer(): DiskThread | undefined {
    if (this.#writing?.alive !== true) this.#writing = this.#pool.leastLoaded();
    return this.#writing;
  }

  #submit(task: DiskTask, done: (result: DiskResult) => void, place: Placement = {}): void {
    if (this.#closed && task.type !== 'close') {
      queueMicrotask(() => done(CLOSED));
      return;
    }
    const { bytes = 0, gift, on } = place;
    const job: PlacedJob = {
      request: { ...task, job: this.#pool.nextId(), storage: this.#id } as DiskJob,
      bytes,
      done,
      introduce: (thread) => this.#introduce(thread),
      ...(gift === undefined ? {} : { gift }),
    };
    this.#pool.submit(job, on);
  }

  #forgetDead(): void {
    for (const thread of this.#threads) if (!thread.alive) this.#threads.delete(thread);
  }

  #introduce(thread: DiskThread): DiskRequest | undefined {
    if (this.#informed.has(thread) || this.#closed) return undefined;
    this.#informed.add(thread);
    this.#threads.add(thread);
    return { type: 'open', storage: this.#id, layout: this.#layout, wanted: this.#wanted };
  }

  #enter(alone: boolean, start: () => void): void {
    this.#waiting.push({ alone, start });
    this.#admit();
  }

  #leave(): void {
    this.#underWay--;
    this.#alone = false;
    this.#admit();
  }

  #admit(): void {
    while (this.#waiting.length > 0 && !this.#alone) {
      if (this.#waiting.first!.alone && this.#underWay > 0) return;
      const { alone, start } = this.#waiting.shift()!;
      this.#alone = alone;
      this.#underWay++;
      start();
    }
  }

  #slotBytes(piece: number, slot: number): Uint8Array {
    this.#requirePiece(piece);
    return this.#slots.bytes(slot).subarray(0, this.#space.lengthOf(piece));
  }

  #requirePiece(piece: number): void {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.#space.pieces) {
      throw new RangeError(`there is no piece ${piece}`);
    }
  }
}

/** Names are made safe where torrents are read. Here is the second look, at what could leave the root. */
function requireSafe(path: readonly string[]): void {
  const bad =
    path.length === 0 || path.some((name) => name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name));
  if (bad) throw new RangeError(`${JSON.stringify(path)} is no path below a root`);
}

/** Hashes of more than this are shared with the workers, not copied to each of them: below, a copy costs less. */
const SHARED_FROM = 4096;

function diskLayout({ root, pieceLength, files, sha1, merkle }: StorageLayout): DiskLayout {
  return {
    root,
    pieceLength,
    files,
    ...(sha1 === undefined ? {} : { sha1: toShared(sha1) }),
    ...(merkle === undefined ? {} : { merkle: toShared(merkle) }),
  };
}

function toShared(bytes: Uint8Array): Uint8Array {
  if (bytes.length < SHARED_FROM) return bytes.slice();
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

function outcomeOf(result: DiskResult): StorageOutcome {
  return result.type === 'ok' || result.type === 'corrupt' ? { type: result.type } : failureOf(result);
}

function failureOf(result: DiskResult): Extract<StorageOutcome, { type: 'failed' }> {
  if (result.type === 'failed') return { type: 'failed', fault: result.fault, error: new Error(result.message) };
  return { type: 'failed', fault: 'io', error: new Error(`a disk worker answered ${result.type}`) };
}
