/**
 * One hidden file in the root of a torrent for what pieces hold of unwanted files, so that no unwanted file is made. First a
 * byte for each piece (1: it is here), then the whole piece space, sparse: only what is kept takes room on the disk.
 */
import { hash } from 'node:crypto';
import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DiskFault } from './disk-fault.ts';
import { type OpenFiles, readAll, writeAll } from './disk-files.ts';
import type { DiskLayout } from './disk-job.ts';

/** The piece space starts on a page, so that what is kept shares no page with the marks. */
const PAGE = 4096;

/** Torrents may share a root, so the name tells them apart: it is made of what their pieces are. */
function nameFor(layout: DiskLayout): string {
  const of = layout.sha1 ?? layout.merkle ?? new Uint8Array(0);
  return `.${hash('sha1', of).slice(0, 16)}.parts`;
}

export class SideFile {
  readonly #layout: DiskLayout;
  readonly #open: OpenFiles;
  readonly #pieces: number;
  readonly #start: number;

  #path: string | undefined;

  constructor(layout: DiskLayout, pieces: number, open: OpenFiles) {
    this.#layout = layout;
    this.#open = open;
    this.#pieces = pieces;
    this.#start = Math.ceil(pieces / PAGE) * PAGE;
  }

  /** Made at first use: most torrents never need it. */
  get path(): string {
    this.#path ??= join(this.#layout.root, nameFor(this.#layout));
    return this.#path;
  }

  get exists(): boolean {
    return lstatSync(this.path, { throwIfNoEntry: false }) !== undefined;
  }

  /** `offset` counts in the piece space; the range lies within `piece`. */
  read(piece: number, into: Uint8Array, offset: number): void {
    const fd = this.#open.read(this.path);
    const mark = new Uint8Array(1);
    readAll(fd, mark, piece);
    if (mark[0] !== 1) throw new DiskFault('missing', `piece ${piece} was not kept`);
    readAll(fd, into, this.#start + offset);
  }

  /** After the last write of a piece, mark() it. */
  write(bytes: Uint8Array, offset: number): void {
    writeAll(this.#open.create(this.path, false), bytes, this.#start + offset);
  }

  mark(piece: number): void {
    writeAll(this.#open.create(this.path, false), Uint8Array.of(1), piece);
  }

  /** Which pieces are here, of a range. */
  marked(first: number, last: number): number[] {
    const marks = new Uint8Array(Math.min(last, this.#pieces - 1) - first + 1);
    readAll(this.#open.read(this.path), marks, first);
    return [...marks.keys()].filter((i) => marks[i] === 1).map((i) => first + i);
  }

  remove(): void {
    this.#open.release(this.path);
    rmSync(this.path, { force: true });
  }
}
