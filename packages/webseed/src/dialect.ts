/**
 * The two ways to ask a web server for a torrent's bytes: for ranges of files (BEP 19), or, of a script, for ranges of pieces
 * (BEP 17). Both cut blocks into slices, make requests of slices that follow each other, and judge the answers.
 */
import type { Id20 } from '@ferro/core';
import { type AskedRange, type Headers, judgeFileAnswer, judgeScriptAnswer, type Verdict } from './answer.ts';
import type { SeedLayout, Slice, WantedBlock } from './layout.ts';
import { limits } from './limits.ts';
import { canBeNamed, fileUrl, pieceUrl } from './url.ts';

export interface Question {
  readonly url: string;
  readonly headers: Headers;
}

export interface Dialect {
  /** What reasons are given by. */
  readonly spec: string;
  readonly connections: number;
  readonly retryMs: number;
  /** Files that cannot be asked for, whatever the server has. */
  readonly unnamed: readonly number[];
  /** Files that there are to find. */
  readonly fileCount: number;
  lengthOf(file: number): number;
  /** The slices of a block, but for padding, in order. */
  cut(block: WantedBlock): readonly Slice[];
  ask(file: number, range: AskedRange): Question;
  judge(status: number, headers: Headers, range: AskedRange): Verdict;
}

/** A server that has the files (BEP 19). */
export class FileDialect implements Dialect {
  readonly spec: string = 'BEP 19';
  readonly connections: number = limits.connections;
  readonly retryMs: number = limits.retryMs;
  readonly #base: string;
  readonly #layout: SeedLayout;
  readonly #isOnly: boolean;
  readonly unnamed: readonly number[];
  readonly fileCount: number;

  constructor(base: string, layout: SeedLayout) {
    this.#base = base;
    this.#layout = layout;
    const files = layout.files.flatMap(({ padding }, file) => (padding ? [] : [file]));
    this.#isOnly = files.length === 1 && layout.files[files[0]!]!.path.length === 1;
    this.unnamed = this.#isOnly && !base.endsWith('/') ? [] : files.filter((file) => !canBeNamed(layout.files[file]!));
    this.fileCount = files.filter((file) => layout.files[file]!.length > 0).length;
  }

  lengthOf(file: number): number {
    return this.#layout.files[file]!.length;
  }

  cut(block: WantedBlock): readonly Slice[] {
    const slices: Slice[] = [];
    let at = 0;
    for (const { file, offset, length } of this.#layout.ranges(block.piece, block.begin, block.length)) {
      if (!this.#layout.files[file]!.padding) slices.push({ block, at, file, offset, length });
      at += length;
    }
    return slices;
  }

  ask(file: number, { from, to, length }: AskedRange): Question {
    const isWhole = from === 0 && to === length;
    const headers = { 'accept-encoding': 'identity', ...(!isWhole && { range: `bytes=${from}-${to - 1}` }) };
    return { url: fileUrl(this.#base, this.#layout.files[file]!, this.#isOnly), headers };
  }

  judge(status: number, headers: Headers, range: AskedRange): Verdict {
    return judgeFileAnswer(status, headers, range);
  }
}

/** A script that is asked for pieces (BEP 17). It knows padding too, as bytes like others. */
export class ScriptDialect implements Dialect {
  readonly spec: string = 'BEP 17, protocol';
  readonly connections: number = limits.scriptConnections;
  readonly retryMs: number = limits.scriptRetryMs;
  readonly unnamed: readonly number[] = [];
  /** It has pieces, and all of them. */
  readonly fileCount: number = Number.POSITIVE_INFINITY;
  readonly #base: string;
  readonly #layout: SeedLayout;
  readonly #infoHash: Id20;

  constructor(base: string, layout: SeedLayout, infoHash: Id20) {
    this.#base = base;
    this.#layout = layout;
    this.#infoHash = infoHash;
  }

  lengthOf(piece: number): number {
    return this.#layout.lengthOf(piece);
  }

  cut(block: WantedBlock): readonly Slice[] {
    return [{ block, at: 0, file: block.piece, offset: block.begin, length: block.length }];
  }

  ask(piece: number, { from, to, length }: AskedRange): Question {
    const range = from === 0 && to === length ? undefined : { from, to };
    const url = pieceUrl(this.#base, this.#infoHash, piece, range);
    return { url, headers: { 'accept-encoding': 'identity' } };
  }

  judge(status: number, headers: Headers, { from, to }: AskedRange): Verdict {
    return judgeScriptAnswer(status, headers, to - from);
  }
}
