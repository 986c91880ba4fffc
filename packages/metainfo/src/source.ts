/**
 * The files that a torrent is made from (BEP 3, info dictionary; BEP 47, padding files and symlinks; BEP 52, upgrade path): in
 * the order that the format wants, with padding where both versions have to agree on where files start.
 */
import { textKey } from '@ferro/bencode';
import type { StorageLayout } from '@ferro/core';
import type { TorrentVersion } from './info.ts';

export interface SourceFile {
  /** Names below `root`; of a single file, its name there. */
  readonly path: readonly string[];
  readonly length: number;
  readonly executable?: boolean;
  readonly hidden?: boolean;
  /** It is a link, and this is what it says, name by name: a path from its own folder, inside the torrent. */
  readonly link?: readonly string[];
}

export interface TorrentSource {
  /** The torrent's name: what the folder is called when somebody downloads it, or the single file. */
  readonly name: string;
  /** The folder in which the files are. */
  readonly root: string;
  readonly files: readonly SourceFile[];
  /** One file that is not in a folder of its own. */
  readonly single?: boolean;
}

/** A file to be described, or padding. */
export interface ArrangedFile {
  readonly path: readonly string[];
  readonly length: number;
  readonly padding: boolean;
  readonly executable: boolean;
  readonly hidden: boolean;
  /** The target of a link, from the root of the torrent. */
  readonly target: readonly string[] | undefined;
}

/** Files that desktops leave lying about; a list without them is `files.filter(({ path }) => !path.some(isJunk))`. */
export function isJunk(name: string): boolean {
  return JUNK.test(name);
}

const JUNK =
  /^(?:\._.*|\.DS_Store|\.Spotlight-V100|\.Trashes|\.fseventsd|\.TemporaryItems|\.AppleDouble|__MACOSX|Icon\r|e?hthumbs(?:_vista)?\.db|Thumbs\.db(?::encryptable)?|desktop\.ini|\$RECYCLE\.BIN|System Volume Information|\.directory|\.Trash-\d+|@eaDir|~\$.*|\.~lock\..*#)$/i;

/** `order`: version 2 has its own, by the bytes of each name; version 1 is sorted by whole paths, or left as given. */
export function arrangedFiles(
  source: TorrentSource,
  version: TorrentVersion,
  pieceLength: number,
  order: 'path' | 'given',
): ArrangedFile[] {
  requirePlainNames(source);
  const between = version === 'v1' ? '/' : '\0';
  const keyed = source.files.map((file) => ({ file, key: textKey(file.path.join(between)) }));
  if (order === 'path' || version !== 'v1') keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const arranged: ArrangedFile[] = [];
  let offset = 0;
  for (const { file } of keyed) {
    arranged.push({
      path: file.path,
      length: file.link === undefined ? file.length : 0,
      padding: false,
      executable: file.executable ?? false,
      hidden: file.hidden ?? false,
      target: file.link && targetOf(file.path, file.link),
    });
    offset += arranged.at(-1)!.length;
    const length = -offset % pieceLength;
    if (version === 'v1' || keyed.length === 1 || length === 0) continue;
    arranged.push(padding(pieceLength + length));
    offset += pieceLength + length;
  }
  return arranged;
}

function padding(length: number): ArrangedFile {
  const path = ['.pad', `${length}`];
  return { path, length, padding: true, executable: false, hidden: false, target: undefined };
}

/** What a storage needs to read the files. Links have nothing to read. */
export function sourceLayout(
  source: TorrentSource,
  files: readonly ArrangedFile[],
  pieceLength: number,
): StorageLayout {
  return {
    root: source.root,
    pieceLength,
    files: files.map(({ path, length, padding, target }) =>
      padding || target !== undefined ? { path, length, padding: true } : { path, length },
    ),
  };
}

/** Follows `..` and `.` from the folder of the link. Out of the torrent is an error. */
function targetOf(path: readonly string[], link: readonly string[]): readonly string[] {
  const target = path.slice(0, -1);
  for (const [i, name] of link.entries()) {
    const leaves = name === '..' ? target.pop() === undefined : name === '' && i === 0;
    if (leaves) throw new RangeError(`the link ${path.join('/')} leads out of the torrent`);
    if (name !== '..' && name !== '.' && name !== '') target.push(name);
  }
  return target;
}

function requirePlainNames({ name, files, single }: TorrentSource): void {
  if (single && files.length !== 1) throw new RangeError('a single file is one file');
  const seen = new Map<string, 'file' | 'folder'>();
  for (const names of [[name], ...files.map(({ path }) => path)]) {
    const isPlain = names.length > 0 && names.every((part) => part !== '' && !/^\.{1,2}$|[/\0]/.test(part));
    if (!isPlain) throw new RangeError(`${JSON.stringify(names.join('/'))} is no path for a torrent`);
  }
  for (const { path, length } of files) {
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`${path.join('/')} has no length`);
    let key = '';
    for (const [depth, part] of path.entries()) {
      key += `/${part}`;
      const kind = depth === path.length - 1 ? 'file' : 'folder';
      const known = seen.get(key);
      if (known !== undefined && (kind === 'file' || known === 'file')) throw new RangeError(`${key} is there twice`);
      seen.set(key, kind);
    }
  }
}
