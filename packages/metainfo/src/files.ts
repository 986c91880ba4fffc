/**
 * From the files that a torrent lists to the files that it has (BEP 3, info dictionary; BEP 47; BEP 52): offsets, safe paths
 * of which no two are the same, links confined to the torrent. Both formats end here.
 */
import { fittingPath, PathSet } from './path.ts';
import { malformed, type Path, type Place, type Reading } from './reading.ts';

export interface TorrentFile {
  /**
   * Safe names below the folder that the user chose. The torrent's name comes first, unless it is a single file. Padding is
   * never written and keeps the path that it has.
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

/** A file as listed, each name made safe. */
export interface ListedFile {
  readonly path: Path;
  readonly length: number;
  /** The characters of `attr`. */
  readonly attributes: Uint8Array | undefined;
  readonly padding: boolean;
  /** The target of a link, from the root of the torrent. */
  readonly link?: Path | undefined;
  readonly piecesRoot?: Uint8Array | undefined;
  /** Where it stands: for what is wrong with it as a whole. */
  readonly at: Place;
}

const EXECUTABLE = 0x78;
const HIDDEN = 0x68;

export function finishFiles(listed: readonly ListedFile[], reading: Reading): TorrentFile[] {
  if (listed.length > reading.limits.files) {
    throw malformed('too-many-files', 'BEP 3, info dictionary', `more than ${reading.limits.files} files`);
  }
  const taken = new PathSet(reading.limits);
  const fitting = listed.map(({ path, padding, at }) => {
    if (padding) return path.safe;
    const names = fittingPath(path.safe, reading.limits, (rule) => reading.note(rule, at));
    taken.addFoldersOf(names);
    return names;
  });
  let offset = 0;
  const files = listed.map(({ path, length, padding, attributes, link, piecesRoot, at }, i): TorrentFile => {
    const own = padding ? fitting[i]! : taken.addFile(fitting[i]!, (rule) => reading.note(rule, at));
    const start = offset;
    offset += length;
    return {
      path: own,
      original: own === path.original ? undefined : path.original,
      length,
      offset: start,
      padding,
      executable: attributes?.includes(EXECUTABLE) ?? false,
      hidden: attributes?.includes(HIDDEN) ?? false,
      symlink: link && [],
      piecesRoot,
    };
  });
  return listed.some(({ link }) => link !== undefined) ? withLinks(files, listed, taken, reading) : files;
}

/** A link may lead to a file or folder of the torrent, told from its root, or (as some programs write it) from its own folder. */
function withLinks(
  files: readonly TorrentFile[],
  listed: readonly ListedFile[],
  taken: PathSet,
  reading: Reading,
): TorrentFile[] {
  const finalPaths = new Map<string, readonly string[]>();
  for (const [i, { path, padding }] of listed.entries()) {
    const key = path.safe.join('/');
    if (!padding && !finalPaths.has(key)) finalPaths.set(key, files[i]!.path);
  }
  const resolve = (path: readonly string[]) =>
    finalPaths.get(path.join('/')) ?? (taken.hasFolder(path) ? path : undefined);
  return files.map((file, i) => {
    const { link, path, at } = listed[i]!;
    if (link === undefined) return file;
    const fromRoot = resolve(link.safe);
    const target = fromRoot ?? resolve([...path.safe.slice(0, -1), ...link.safe.slice(1)]);
    if (target === undefined || target === file.path) {
      reading.note('file/link-target', at);
      return file;
    }
    if (fromRoot === undefined) reading.note('file/link-relative', at);
    return { ...file, symlink: target };
  });
}
