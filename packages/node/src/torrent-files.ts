/**
 * The files of one torrent as a disk worker sees them: ranges of the piece space read from and written to them. Padding is zeros
 * (BEP 47). What belongs to an unwanted file goes to that file where it exists already, and else to the side file.
 *
 * A wanted file that vanished is reported once: the store that finds it gone fails as `missing`, so that its user can look at
 * what else is gone, and the next store makes the file anew.
 */
import { fstatSync, ftruncateSync, lstatSync, rmSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import type { FileStamp, StorageFile } from '@ferro/core';
import { faultOf } from './disk-fault.ts';
import { type OpenFiles, readAll, writeAll } from './disk-files.ts';
import type { DiskLayout } from './disk-job.ts';
import { Folders } from './folders.ts';
import { PieceSpace } from './piece-space.ts';
import { SideFile } from './side-file.ts';

const ZEROS_LENGTH = 1_048_576;

const UNSEEN = 0;
const READ = 1;
const WRITTEN = 2;

export class TorrentFiles {
  readonly space: PieceSpace;
  readonly #layout: DiskLayout;
  readonly #open: OpenFiles;
  readonly #folders: Folders;
  readonly #side: SideFile;
  /** Files that were there when last used: if one is not there any more, it vanished. */
  readonly #seen: Uint8Array;
  /** Paths with data that may not be on the medium yet, and folders with new names in them. */
  readonly #unsynced = new Set<string>();
  readonly #unsyncedFolders = new Set<string>();
  #sideUnsynced = false;
  wanted: readonly boolean[];

  constructor(layout: DiskLayout, wanted: readonly boolean[], open: OpenFiles) {
    this.#layout = layout;
    this.wanted = wanted;
    this.#open = open;
    this.space = new PieceSpace(layout.pieceLength, layout.files);
    this.#folders = new Folders(layout.root);
    this.#side = new SideFile(layout, this.space.pieces, open);
    this.#seen = new Uint8Array(layout.files.length);
  }

  /** Fills `into` from a place within a piece. */
  read(piece: number, at: number, into: Uint8Array): void {
    const start = piece * this.space.pieceLength + at;
    let from = 0;
    for (const span of this.space.spans(start, into.length)) {
      const part = into.subarray(from, from + span.length);
      if (this.#layout.files[span.file]!.padding === true) part.fill(0);
      else {
        const fd = this.#openToRead(span.file);
        if (fd === undefined) this.#side.read(piece, part, start + from);
        else readAll(fd, part, span.at);
      }
      from += span.length;
    }
  }

  write(piece: number, bytes: Uint8Array): void {
    const start = piece * this.space.pieceLength;
    let from = 0;
    let aside = false;
    for (const span of this.space.spans(start, bytes.length)) {
      const part = bytes.subarray(from, from + span.length);
      const file = this.#layout.files[span.file]!;
      if (file.padding !== true) {
        const fd = this.#openToWrite(span.file, file);
        if (fd === undefined) {
          this.#side.write(part, start + from);
          aside = true;
        } else writeAll(fd, part, span.at);
      }
      from += span.length;
    }
    if (aside) {
      this.#side.mark(piece);
      this.#sideUnsynced = true;
    }
  }

  /** Undefined: the file is unwanted and does not exist. */
  #openToRead(index: number): number | undefined {
    try {
      const fd = this.#open.read(this.#path(index, false));
      if (this.#seen[index] === UNSEEN) this.#seen[index] = READ;
      return fd;
    } catch (error) {
      if (this.wanted[index] === true || faultOf(error) !== 'missing') throw error;
      return undefined;
    }
  }

  #openToWrite(index: number, file: StorageFile): number | undefined {
    const wanted = this.wanted[index] === true;
    try {
      return this.#claim(index, file, wanted && this.#seen[index] === UNSEEN);
    } catch (error) {
      if (faultOf(error) !== 'missing') throw error;
      this.#seen[index] = UNSEEN;
      this.#folders.forget();
      if (!wanted) return undefined;
      throw error;
    }
  }

  /** Opens a file for writing. One that is longer than it should be is cut at the first time: it is ours from here on. */
  #claim(index: number, file: StorageFile, make: boolean): number {
    const path = this.#path(index, make);
    const fd = make ? this.#open.create(path, file.executable === true) : this.#open.write(path);
    this.#unsynced.add(path);
    if (this.#seen[index] !== WRITTEN) {
      if (fstatSync(fd).size > file.length) ftruncateSync(fd, file.length);
      this.#seen[index] = WRITTEN;
      this.#unsyncedFolders.add(dirname(path));
    }
    return fd;
  }

  #path(index: number, make: boolean): string {
    return this.#folders.pathOf(this.#layout.files[index]!.path, make);
  }

  /** Numbers of the files that are not padding. */
  *#real(): Generator<[number, StorageFile]> {
    for (const [index, file] of this.#layout.files.entries()) if (file.padding !== true) yield [index, file];
  }

  preallocate(): void {
    const zeros = new Uint8Array(ZEROS_LENGTH);
    for (const [index, file] of this.#real()) {
      if (this.wanted[index] !== true) continue;
      const fd = this.#claim(index, file, true);
      for (let at = fstatSync(fd).size; at < file.length; at += ZEROS_LENGTH) {
        writeAll(fd, zeros.subarray(0, Math.min(ZEROS_LENGTH, file.length - at)), at);
      }
    }
  }

  /** Gives wanted files that do not exist what was kept aside of them. */
  adopt(): void {
    if (!this.#side.exists) return;
    let stillNeeded = false;
    for (const [index, file] of this.#real()) {
      if (this.wanted[index] !== true) stillNeeded = true;
      else if (file.length > 0 && !this.#exists(index)) this.#adoptFile(index, file);
    }
    if (!stillNeeded) this.#side.remove();
  }

  #adoptFile(index: number, file: StorageFile): void {
    const { pieceLength, starts } = this.space;
    const start = starts[index]!;
    const end = start + file.length;
    const pieces = this.#side.marked(Math.floor(start / pieceLength), Math.floor((end - 1) / pieceLength));
    for (const piece of pieces) {
      const from = Math.max(start, piece * pieceLength);
      const bytes = new Uint8Array(Math.min(end, (piece + 1) * pieceLength) - from);
      this.#side.read(piece, bytes, from);
      writeAll(this.#claim(index, file, true), bytes, from - start);
    }
  }

  #exists(index: number): boolean {
    return this.#stamp(index) !== undefined;
  }

  stat(): (FileStamp | undefined)[] {
    this.#folders.forget();
    return this.#layout.files.map((file, index) =>
      file.padding === true || this.#folders.lacks(file.path) ? undefined : this.#stamp(index),
    );
  }

  #stamp(index: number): FileStamp | undefined {
    try {
      const stat = lstatSync(this.#path(index, false), { throwIfNoEntry: false });
      return stat?.isFile() === true ? { length: stat.size, modified: stat.mtimeMs } : undefined;
    } catch (error) {
      // A folder above it is not there, or is no folder: then the file is not there either.
      if (['missing', 'denied'].includes(faultOf(error))) return undefined;
      throw error;
    }
  }

  makeEmpty(): void {
    for (const [index, file] of this.#real()) {
      if (file.length === 0 && this.wanted[index] === true) this.#claim(index, file, true);
    }
  }

  /** What was written since the last time: files, and folders with new names in them. */
  takeUnsynced(): { readonly files: readonly string[]; readonly folders: readonly string[] } {
    const files = [...this.#unsynced];
    const folders = [...this.#unsyncedFolders];
    // When nothing is unwanted any more, another worker has removed the side file.
    if (this.#sideUnsynced && this.#side.exists) {
      files.push(this.#side.path);
      folders.push(this.#layout.root);
    }
    this.#forgetUnsynced();
    return { files, folders };
  }

  #forgetUnsynced(): void {
    this.#unsynced.clear();
    this.#unsyncedFolders.clear();
    this.#sideUnsynced = false;
  }

  /** Closes what is open and forgets what was seen. */
  release(): void {
    this.#open.release(this.#layout.root + sep);
    this.#folders.forget();
    this.#seen.fill(0);
  }

  remove(): void {
    this.release();
    this.#forgetUnsynced();
    for (const [index] of this.#real()) if (this.#exists(index)) rmSync(this.#path(index, false), { force: true });
    this.#side.remove();
    this.#folders.removeEmpty(this.#layout.files.map((file) => file.path));
  }
}
