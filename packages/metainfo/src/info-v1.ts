/**
 * The files of a version 1 info dictionary (BEP 3, info dictionary; BEP 47, attributes and padding): a list of lengths and
 * paths, or one length. Where a torrent has its names twice, `name.utf-8` and `path.utf-8` are taken.
 */
import { type Bencode, type BencodeDictionary, bytesAt, integerAt, isDictionary, listAt } from '@ferro/bencode';
import type { ListedFile } from './files.ts';
import { malformed, type Path, type Place, plainPath, type Reading, rootless } from './reading.ts';

const SPEC = 'BEP 3, info dictionary';
const BITCOMET_PADDING = '_____padding_file_';

/** Undefined if there is neither `files` nor `length`. */
export function listFilesV1(info: BencodeDictionary, name: Path, reading: Reading): readonly ListedFile[] | undefined {
  const files = listAt(info, 'files');
  if (files !== undefined) return files.map((file) => listFile(file, name, reading));
  if (info['length'] === undefined) return undefined;
  return [listedFile(info, name, rootless, false, [], reading)];
}

function listFile(file: Bencode, root: Path, reading: Reading): ListedFile {
  if (!isDictionary(file)) throw malformed('file-malformed', SPEC, 'a file is not a dictionary');
  const isMarked = bytesAt(file, 'attr')?.includes(PADDING) ?? false;
  const names = namesOf(listAt(file, 'path.utf-8') ?? listAt(file, 'path') ?? []);
  const at = names[0] ?? [];
  if (names.length === 0) {
    if (!isMarked) throw malformed('path-missing', SPEC, 'a file has no path');
    return listedFile(file, plainPath(['.pad', `${integerAt(file, 'length')}`]), root, true, at, reading);
  }
  const path = reading.extend(root, names);
  const isNamedSo = path.safe.some((part) => part.startsWith(BITCOMET_PADDING));
  if (isNamedSo && !isMarked) reading.note('file/padding-by-name', at);
  return listedFile(file, path, root, isMarked || isNamedSo, at, reading);
}

export const PADDING = 0x70;
const LINK = 0x6c;

/** A file of either version. */
export function listedFile(
  file: BencodeDictionary,
  path: Path,
  root: Path,
  padding: boolean,
  at: Place,
  reading: Reading,
): ListedFile {
  const attributes = bytesAt(file, 'attr');
  const isLink = attributes?.includes(LINK) ?? false;
  const target = isLink ? listAt(file, 'symlink path') : undefined;
  const length = isLink ? 0 : (integerAt(file, 'length') ?? -1);
  if (length < 0 || length > reading.limits.fileLength) {
    throw malformed('file-length', SPEC, 'a file has no length, or an impossible one');
  }
  const link = target && reading.extend(root, namesOf(target));
  return { path, length, attributes, padding, link, piecesRoot: undefined, at };
}

function namesOf(list: readonly Bencode[]): readonly Uint8Array[] {
  if (list.every(isBytes)) return list;
  throw malformed('path-malformed', SPEC, 'a path is not made of names');
}

const isBytes = (value: Bencode): value is Uint8Array => value instanceof Uint8Array;
