/** Where the reference peer keeps the files of a torrent, and how wrong paths are put right (BEP 3, info dictionary; BEP 47; BEP 52). */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Bencoded, type BencodedMap, fromLatin1, latin1 } from '../../probe/bencode.ts';
import { aligned, type Leaf, leavesOf } from './tree-files.ts';
import type { TreeFile } from './trees.ts';

interface Entry {
  path: string;
  readonly length: number;
  readonly attributes: string;
  readonly target: readonly string[];
  readonly hint: Uint8Array | undefined;
  /** Of its tree, in version 2. */
  readonly root?: Uint8Array | undefined;
  start: number;
}

/** A part of a file, as bytes of the file. */
export interface Part {
  readonly path: readonly string[];
  readonly begin: number;
  readonly end: number;
  readonly padding: boolean;
}

export class Disk {
  readonly name: string;
  readonly single: boolean;
  readonly length: number;
  /** A name has a byte that no system takes. */
  isOdd = false;
  readonly #root: string;
  readonly #files: readonly Entry[];
  readonly #bugs: ReadonlySet<string>;

  constructor(info: BencodedMap, folder: string, bugs: ReadonlySet<string>) {
    this.#bugs = bugs;
    const name = this.#element(info.get('name') as Uint8Array);
    const tree = info.get('file tree') as BencodedMap | undefined;
    const leaves = tree === undefined ? [] : leavesOf(tree);
    this.name = name;
    this.#files = info.has('pieces') ? this.#listed(info, name, leaves) : this.#aligned(info, leaves);
    this.single = info.has('pieces') ? !info.has('files') : leaves.length === 1 && leaves[0]!.path.length === 1;
    const isBare = (this.single && !bugs.has('folder-for-one')) || bugs.has('drops-root');
    this.#root = isBare ? folder : join(folder, name);
    if (bugs.has('sorts-files')) this.#files = this.#files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    let start = 0;
    for (const file of this.#files) {
      file.start = start;
      start += file.length;
    }
    this.length = start;
    if (!bugs.has('second-overwrites')) this.#rename();
  }

  get fileCount(): number {
    return this.#files.length;
  }

  /** Files with hash trees. */
  get hashed(): readonly TreeFile[] {
    return this.#files.flatMap(({ root, start, length }) => (root === undefined ? [] : [{ root, start, length }]));
  }

  /** Where the bytes of the torrent from `start` to before `end` are. */
  partsOf(start: number, end: number): readonly Part[] {
    return this.#files.flatMap((file) => {
      const begin = Math.max(start, file.start) - file.start;
      const last = Math.min(end, file.start + file.length) - file.start;
      if (begin >= last) return [];
      return [{ path: file.path.split('/'), begin, end: last, padding: isPadding(file) }];
    });
  }

  /** Which files they are of, by index. */
  filesOf(start: number, end: number): readonly number[] {
    const within = ({ start: from, length }: Entry) => from < end && start < from + length;
    return this.#files.flatMap((file, at) => (within(file) ? [at] : []));
  }

  /** False where nothing is there yet. */
  load(data: Uint8Array): boolean {
    const there = this.#real().filter(({ path }) => existsSync(this.#at(path)));
    for (const { path, start, length } of there) {
      const bytes = readFileSync(this.#at(path)).subarray(0, length);
      data.set(bytes.subarray(0, data.length - start), start);
    }
    return there.length > 0;
  }

  save(data: Uint8Array, isComplete: boolean): void {
    for (const file of this.#real()) {
      if (file.length === 0 && this.#bugs.has('skips-empty-files')) continue;
      const path = this.#at(file.path);
      mkdirSync(dirname(path), { recursive: true });
      const bytes = data.subarray(file.start, file.start + file.length);
      const padded = this.#bugs.has('pads-last-piece') ? Buffer.concat([bytes, new Uint8Array(8_192)]) : bytes;
      writeFileSync(path, padded);
      if (file.attributes.includes('x') && !this.#bugs.has('loses-executable')) chmodSync(path, 0o755);
    }
    if (isComplete) for (const file of this.#files) if (file.attributes.includes('l')) this.#link(file);
  }

  isPadding(start: number, end: number): boolean {
    if (this.#bugs.has('requests-padding')) return false;
    return this.#files.some((each) => isPadding(each) && each.start <= start && end <= each.start + each.length);
  }

  withoutPadding(data: Uint8Array, start: number, end: number): Uint8Array {
    const kept = Array.from({ length: end - start }, (_, at) => start + at).filter(
      (at) => !this.#files.some((each) => isPadding(each) && each.start <= at && at < each.start + each.length),
    );
    return Uint8Array.from(kept, (at) => data[at]!);
  }

  /** The hash of a single file is a hint, and no reason to refuse what the pieces say (BEP 47). */
  hintsAreRight(data: Uint8Array, start: number, end: number): boolean {
    if (!this.#bugs.has('believes-hints')) return true;
    const within = this.#files.filter((each) => each.hint !== undefined && each.start >= start && each.start < end);
    return within.every(({ hint, start: from, length }) => {
      const hash = createHash('sha1').update(data.subarray(from, from + length));
      return hash.digest().equals(hint!);
    });
  }

  #real(): readonly Entry[] {
    const real = this.#files.filter((each) => !isPadding(each) && !each.attributes.includes('l'));
    if (this.#bugs.has('loses-files-at-root')) return real.filter(({ path }, at) => at === 0 || path.includes('/'));
    if (!this.#bugs.has('one-file-a-root')) return real;
    return real.filter(({ root }, at) => at === real.findIndex((each) => String(each.root) === String(root)));
  }

  /** As version 1 says it; the trees of version 2 describe the same files in the same order. */
  #listed(info: BencodedMap, name: string, leaves: readonly Leaf[]): readonly Entry[] {
    const files = info.get('files') as readonly BencodedMap[] | undefined;
    const single = { path: name, length: info.get('length') as number, attributes: '', target: [], hint: undefined };
    if (files === undefined) return [{ ...single, root: leaves[0]?.root, start: 0 }];
    const left = [...leaves];
    return files.map((each) => {
      const entry = this.#entry(each);
      return isPadding(entry) ? entry : { ...entry, root: left.shift()?.root };
    });
  }

  /** As version 2 says it. */
  #aligned(info: BencodedMap, leaves: readonly Leaf[]): readonly Entry[] {
    const bugs = this.#bugs;
    const textOfPath = ({ path }: Leaf) => path.join('/');
    const order = bugs.has('sorts-paths')
      ? leaves.toSorted((a, b) => (textOfPath(a) < textOfPath(b) ? -1 : 1))
      : leaves;
    return aligned(order, bugs.has('packs-files') ? 1 : (info.get('piece length') as number)).map((leaf) => ({
      path: join(...leaf.path.map((name) => this.#element(fromLatin1(name)))),
      length: leaf.length,
      attributes: leaf.padding ? 'p' : '',
      target: [],
      hint: undefined,
      root: leaf.root,
      start: 0,
    }));
  }

  #at(path: string): string {
    return resolve(this.#root, this.#bugs.has('lower-case-paths') ? path.toLowerCase() : path);
  }

  #link({ path, target }: Entry): void {
    const to = resolve(this.#root, ...target);
    const inside = to.startsWith(`${this.#root}/`);
    if (!inside && !this.#bugs.has('links-anywhere')) return;
    if (this.#bugs.has('copies-links')) return writeFileSync(this.#at(path), 'a copy');
    if (!existsSync(this.#at(path))) symlinkSync(to, this.#at(path));
  }

  #entry(keys: BencodedMap): Entry {
    const path = (keys.get('path') as readonly Uint8Array[]).map((element) => this.#element(element));
    const target = keys.get('symlink path') as readonly Uint8Array[] | undefined;
    const hint = keys.get('sha1');
    return {
      path: join(...path),
      length: keys.get('length') as number,
      attributes: textOf(keys.get('attr')),
      target: (target ?? []).map((element) => Buffer.from(element).toString()),
      hint: hint instanceof Uint8Array ? hint : undefined,
      start: 0,
    };
  }

  /** What is no name of a file becomes one. */
  #element(bytes: Uint8Array): string {
    const text = this.#bugs.has('mojibake') ? latin1(bytes) : Buffer.from(bytes).toString();
    if (this.#bugs.has('trusts-paths')) return text.replaceAll('\0', '_');
    this.isOdd ||= text.includes('\0');
    const plain = text.replace(/[/\\\p{Cc}]/gu, '_');
    return /^\.*$/.test(plain) ? '_' : plain;
  }

  /** No two files in one place, and none where another has its folder. */
  #rename(): void {
    const taken = new Set<string>();
    for (const file of this.#files) {
      const folders = [...taken].some((each) => each.startsWith(`${file.path}/`) || file.path.startsWith(`${each}/`));
      if (taken.has(file.path) || folders) file.path = `${file.path.replaceAll('/', '_')}.${taken.size}`;
      taken.add(file.path);
    }
  }
}

function isPadding({ attributes }: Pick<Entry, 'attributes'>): boolean {
  return attributes.includes('p');
}

function textOf(value: Bencoded | undefined): string {
  return value instanceof Uint8Array ? latin1(value) : '';
}
