/**
 * The folders below a storage's root. Each is looked at once before anything is opened in it: a link there could lead anywhere,
 * so a storage goes through none, whoever made it. The root itself may be a link: the user has chosen it.
 */
import { lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { sep } from 'node:path';
import { codeOf, DiskFault } from './disk-fault.ts';

export class Folders {
  readonly #root: string;
  readonly #known = new Set<string>();
  readonly #missing = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The path of a file, once all folders above it are known to be folders. `make` makes those that are not there. */
  pathOf(elements: readonly string[], make: boolean): string {
    let folder = this.#root;
    if (make) this.#makeRoot();
    for (let i = 0; i < elements.length - 1; i++) {
      folder += sep + elements[i]!;
      if (!this.#known.has(folder)) this.#look(folder, make);
    }
    return folder + sep + elements[elements.length - 1]!;
  }

  /** Whether a folder above a file was looked for in vain: so a thousand files of a missing folder need one look. */
  lacks(elements: readonly string[]): boolean {
    let folder = this.#root;
    for (let i = 0; i < elements.length - 1; i++) {
      folder += sep + elements[i]!;
      if (this.#missing.has(folder)) return true;
    }
    return false;
  }

  /** Folders come and go behind our back. */
  forget(): void {
    this.#known.clear();
    this.#missing.clear();
  }

  /** Deletes the folders of these files that have become empty, deepest first. */
  removeEmpty(files: readonly (readonly string[])[]): void {
    const folders = new Set<string>();
    for (const elements of files) {
      for (let depth = elements.length - 1; depth > 0; depth--) folders.add(elements.slice(0, depth).join(sep));
    }
    for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
      try {
        if (lstatSync(this.#root + sep + folder).isDirectory()) rmdirSync(this.#root + sep + folder);
      } catch (error) {
        // Somebody else's files are in it, or it is gone already.
        if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error;
      }
    }
    this.forget();
  }

  #makeRoot(): void {
    if (this.#known.has(this.#root)) return;
    mkdirSync(this.#root, { recursive: true });
    this.#known.add(this.#root);
  }

  #look(folder: string, make: boolean): void {
    let stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat === undefined && make) {
      try {
        mkdirSync(folder);
      } catch (error) {
        // Another worker was faster.
        if (codeOf(error) !== 'EEXIST') throw error;
      }
      stat = lstatSync(folder, { throwIfNoEntry: false });
    }
    if (stat === undefined) {
      this.#missing.add(folder);
      throw new DiskFault('missing', `${folder} does not exist`);
    }
    if (!stat.isDirectory()) throw new DiskFault('denied', `${folder} is not a folder`);
    this.#known.add(folder);
  }
}
