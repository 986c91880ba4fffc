/**
 * Open files, a bounded number of them, the least recently used closed first; and reads and writes at a position that do all
 * or throw. A handle is only used while its path still leads to it: a file that was deleted, moved away or replaced is
 * noticed at the next job, not when the handle happens to be closed.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, writeSync } from 'node:fs';
import { DiskFault } from './disk-fault.ts';

interface OpenFile {
  readonly fd: number;
  readonly writable: boolean;
  readonly inode: number;
  readonly device: number;
}

/** No link is followed (where the system can promise it), and a pipe in a file's place does not block the worker. */
const SAFE_FLAGS = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export class OpenFiles {
  readonly #max: number;
  readonly #files = new Map<string, OpenFile>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#files.size;
  }

  /** Throws what the system says: ENOENT where there is no file. */
  read(path: string): number {
    return this.#current(path, false) ?? this.#open(path, constants.O_RDONLY, false);
  }

  /** Opens an existing file for writing too. */
  write(path: string): number {
    return this.#current(path, true) ?? this.#open(path, constants.O_RDWR, true);
  }

  /** Opens a file for writing and makes it if it is not there. */
  create(path: string, executable: boolean): number {
    const mode = executable ? 0o777 : 0o666;
    return this.#current(path, true) ?? this.#open(path, constants.O_RDWR | constants.O_CREAT, true, mode);
  }

  /** Closes every file whose path has this start. */
  release(pathStart: string): void {
    for (const path of [...this.#files.keys()]) if (path.startsWith(pathStart)) this.#close(path);
  }

  #current(path: string, forWriting: boolean): number | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.ino !== file.inode || there.dev !== file.device || (forWriting && !file.writable)) {
      this.#close(path);
      return undefined;
    }
    this.#files.delete(path);
    this.#files.set(path, file);
    return file.fd;
  }

  #open(path: string, flags: number, writable: boolean, mode?: number): number {
    const fd = openSync(path, flags | SAFE_FLAGS, mode);
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      closeSync(fd);
      throw new DiskFault('denied', `${path} is not a plain file`);
    }
    for (const oldest of this.#files.keys()) {
      if (this.#files.size < this.#max) break;
      this.#close(oldest);
    }
    this.#files.set(path, { fd, writable, inode: stat.ino, device: stat.dev });
    return fd;
  }

  #close(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#files.delete(path);
    closeSync(file.fd);
  }
}

/** Fills `into`, or throws: a file that ends before is short. */
export function readAll(fd: number, into: Uint8Array, position: number): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(fd, into, done, into.length - done, position + done);
    if (count === 0) throw new DiskFault('short', `the file ends at ${position + done}`);
    done += count;
  }
}

/** A disk that fills up takes a part first and says so at the next call. */
export function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
