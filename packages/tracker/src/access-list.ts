/**
 * A list of info-hashes that a tracker serves alone, or does not serve (BEP 27, a private tracker): a text file with one hash of 40
 * hexadecimal digits a line; what follows a `#` is a remark. It is read again while the tracker runs. A file that cannot be
 * read, or holds a line that is no hash, changes nothing: half a list would shut people out, or let them in.
 */
import { type Closable, fromHex, type Host, toHex } from '@ferro/core';
import { limits } from './limits.ts';

export interface AccessListNotes {
  /** It was read and differs from before. */
  loaded(entries: number): void;
  failed(reason: string): void;
}

export class AccessList {
  readonly #host: Host;
  readonly #path: string;
  readonly #notes: AccessListNotes;
  #hashes: ReadonlySet<string> = new Set();
  #before: Uint8Array | undefined;
  #failure = '';
  #timer: Closable | undefined;
  #closed = false;

  constructor(host: Host, path: string, notes: AccessListNotes) {
    this.#host = host;
    this.#path = path;
    this.#notes = notes;
  }

  has(infoHash: Uint8Array): boolean {
    return this.#hashes.size > 0 && this.#hashes.has(toHex(infoHash));
  }

  /** Reads it now, and then again and again. */
  load(done?: () => void): void {
    this.#timer?.close();
    this.#host.readFile(this.#path, limits.listLength, (answer) => {
      if (this.#closed) return;
      this.#take(answer);
      this.#timer?.close();
      this.#timer = this.#host.at(this.#host.now() + limits.listMs, () => this.load());
      done?.();
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.close();
  }

  #take(answer: Uint8Array | undefined | Error): void {
    if (!(answer instanceof Uint8Array)) return this.#fail(answer?.message ?? 'there is no such file');
    if (this.#before !== undefined && sameBytes(this.#before, answer)) return;
    const hashes = parseList(answer);
    if (typeof hashes === 'string') return this.#fail(hashes);
    this.#before = answer.slice();
    this.#hashes = hashes;
    this.#failure = '';
    this.#notes.loaded(hashes.size);
  }

  /** Told once for each reason. */
  #fail(reason: string): void {
    if (reason === this.#failure) return;
    this.#failure = reason;
    this.#notes.failed(`${this.#path}: ${reason}`);
  }
}

/** The hashes in lower case, or what is wrong. */
export function parseList(bytes: Uint8Array): ReadonlySet<string> | string {
  const hashes = new Set<string>();
  const lines = new TextDecoder('utf-8').decode(bytes).split('\n');
  for (const [number, line] of lines.entries()) {
    const text = line.split('#')[0]!.trim();
    if (text === '') continue;
    if (text.length !== 40 || fromHex(text) === undefined) return `line ${number + 1} is no info-hash`;
    hashes.add(text.toLowerCase());
  }
  return hashes;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
