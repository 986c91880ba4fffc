/**
 * What a server has, as far as one knows, and what of it can be had now (BEP 19, multi-file torrents): files may be missing, and
 * where a server knows no ranges, only the beginning of a file can be reached, and what follows an answer under way.
 */
import type { Dialect } from './dialect.ts';
import type { SeedLayout } from './layout.ts';
import { limits } from './limits.ts';

export class Reach {
  knowsRanges = true;
  readonly #layout: SeedLayout;
  readonly #fileCount: number;
  readonly #missing: Set<number>;
  /** Where a server knows no ranges: up to where each file is asked for. */
  readonly #ends = new Map<number, number>();
  #hasFound = false;

  constructor(layout: SeedLayout, dialect: Dialect) {
    this.#layout = layout;
    this.#fileCount = dialect.fileCount;
    this.#missing = new Set(dialect.unnamed);
  }

  /** Whether a part of a piece can be had. */
  has(piece: number, begin: number, length: number): boolean {
    if (this.#missing.size === 0 && this.knowsRanges) return true;
    for (const { file, offset } of this.#layout.ranges(piece, begin, length)) {
      if (!this.#layout.files[file]!.padding && !this.reaches(file, offset)) return false;
    }
    return true;
  }

  /** Whether the byte at `offset` of a file can be had, and those that follow it. */
  reaches(file: number, offset: number): boolean {
    if (this.#missing.has(file)) return false;
    if (this.knowsRanges || offset <= limits.skippedBytes) return true;
    const end = this.#ends.get(file);
    return end !== undefined && offset >= end && offset <= end + limits.skippedBytes;
  }

  /** A part of a piece has been asked for. */
  extend(piece: number, begin: number, length: number): void {
    if (this.knowsRanges) return;
    for (const range of this.#layout.ranges(piece, begin, length)) {
      if (!this.#layout.files[range.file]!.padding) this.extendTo(range.file, range.offset + range.length);
    }
  }

  extendTo(file: number, end: number): void {
    this.#ends.set(file, Math.max(end, this.#ends.get(file) ?? 0));
  }

  /** An answer with a whole file is gone; others of the same file go up to `end`. */
  shorten(file: number, end: number): void {
    if (end > 0) this.#ends.set(file, end);
    else this.#ends.delete(file);
  }

  /** A file is there. */
  found(): void {
    this.#hasFound = true;
  }

  /** A file is not there: false if that was known. */
  lose(file: number): boolean {
    if (this.#missing.has(file)) return false;
    this.#missing.add(file);
    return true;
  }

  /** Whether there is nothing to find, or no reason to think so. */
  get isHopeless(): boolean {
    return this.#missing.size >= (this.#hasFound ? this.#fileCount : Math.min(this.#fileCount, limits.missingFiles));
  }
}
