/**
 * The files of a torrent, as they are found and then finished (BEP 3, info dictionary; BEP 47; BEP 52): offsets, paths of which
 * no two are the same, links that stay inside. Both formats fill the same list.
 */
import { type BencodeDictionary, bytesAt, integerAt, listAt } from '@ferro/bencode';
import { fittingPath, PathSet } from './path.ts';
import { malformed, namesOf, type Path, type Place, type Reading } from './reading.ts';

export interface TorrentFile {
  /**
   * Safe names below the folder that the user chose. The torrent's name comes first, unless it is a single file. Padding is
   * never written.
   */
  readonly path: readonly string[];
  /** The names as the torrent has them, where `path` had to differ: web seeds want them. */
  readonly original?: readonly string[] | undefined;
  readonly length: number;
  /** Where it starts in the space that pieces are cut from. */
  readonly offset: number;
  /** Zeros that only align the next file. */
  readonly padding: boolean;
  readonly executable: boolean;
  readonly hidden: boolean;
  /** A link to the file or folder with this path; an empty path leads nowhere inside the torrent. */
  readonly symlink?: readonly string[] | undefined;
  /** The root of its hash tree (BEP 52): in version 2 and hybrid torrents, of files that are not empty. */
  readonly piecesRoot?: Uint8Array | undefined;
}

/** While a list is being read. These objects become the result: a hundred thousand copies would cost more than the reading. */
export type UnfinishedFile = { -readonly [field in keyof TorrentFile]: TorrentFile[field] };

export const PADDING = 0x70;
const LINK = 0x6c;
const EXECUTABLE = 0x78;
const HIDDEN = 0x68;

export class FileList {
  readonly files: UnfinishedFile[] = [];
  /** Where each stands: for what is wrong with it as a whole. */
  readonly places: Place[] = [];
  /** The targets of links, by number of file. */
  readonly links: Map<number, Path> = new Map();
  /** Of the files so far. */
  length = 0;
  /** What all paths start with: the torrent's name, or nothing. */
  readonly root: Path;
  readonly #reading: Reading;

  constructor(root: Path, reading: Reading) {
    this.root = root;
    this.#reading = reading;
  }

  /** Adds what a dictionary of either format says about a file. */
  add(file: BencodeDictionary, path: Path, padding: boolean, at: Place): UnfinishedFile {
    const { limits } = this.#reading;
    const attributes = bytesAt(file, 'attr');
    const isLink = attributes?.includes(LINK) ?? false;
    const target = isLink ? listAt(file, 'symlink path') : undefined;
    const length = isLink ? 0 : (integerAt(file, 'length') ?? -1);
    if (length < 0 || length > limits.fileLength) {
      throw malformed('file-length', 'BEP 3, info dictionary', 'a file has no length, or an impossible one');
    }
    if (target !== undefined) this.links.set(this.files.length, this.#reading.extend(this.root, namesOf(target)));
    const added = this.push(path, length, padding, at);
    if (attributes !== undefined) {
      added.executable = attributes.includes(EXECUTABLE);
      added.hidden = attributes.includes(HIDDEN);
      if (target !== undefined) added.symlink = [];
    }
    return added;
  }

  push(path: Path, length: number, padding: boolean, at: Place): UnfinishedFile {
    const file: UnfinishedFile = {
      path: path.safe,
      original: path.original === path.safe ? undefined : path.original,
      length,
      offset: this.length,
      padding,
      executable: false,
      hidden: false,
      symlink: undefined,
      piecesRoot: undefined,
    };
    this.length += length;
    if (this.files.push(file) > this.#reading.limits.files) {
      throw malformed('too-many-files', 'BEP 3, info dictionary', `more than ${this.#reading.limits.files} files`);
    }
    this.places.push(at);
    return file;
  }

  /** Gives every file a path of its own, and looks where links lead. */
  finish(): readonly TorrentFile[] {
    const { files, places, links } = this;
    const reading = this.#reading;
    const taken = new PathSet(reading.limits);
    const asked = new Map<string, UnfinishedFile>();
    for (let i = 0; i < files.length; i++) {
      const file = files[i]!;
      if (file.padding) continue;
      if (links.size > 0 && !asked.has(file.path.join('/'))) asked.set(file.path.join('/'), file);
      rename(
        file,
        fittingPath(file.path, reading.limits, (rule) => reading.note(rule, places[i]!)),
      );
      taken.addFoldersOf(file.path);
    }
    for (let i = 0; i < files.length; i++) {
      const file = files[i]!;
      if (!file.padding)
        rename(
          file,
          taken.addFile(file.path, (rule) => reading.note(rule, places[i]!)),
        );
    }
    const resolve = (path: readonly string[]) =>
      asked.get(path.join('/'))?.path ?? (taken.hasFolder(path) ? path : undefined);
    for (const [i, target] of links) this.#link(i, target, resolve);
    return files;
  }

  /** A target is told from the root of the torrent, or (as some programs write it) from the folder of the link. */
  #link(i: number, target: Path, resolve: (path: readonly string[]) => readonly string[] | undefined): void {
    const file = this.files[i]!;
    const place = this.places[i]!;
    const fromRoot = resolve(target.safe);
    const found = fromRoot ?? resolve([...file.path.slice(0, -1), ...target.safe.slice(this.root.safe.length)]);
    if (found === undefined || found === file.path) this.#reading.note('file/link-target', place);
    else {
      file.symlink = found;
      if (fromRoot === undefined) this.#reading.note('file/link-relative', place);
    }
  }
}

function rename(file: UnfinishedFile, path: readonly string[]): void {
  if (path === file.path) return;
  file.original ??= file.path;
  file.path = path;
}
