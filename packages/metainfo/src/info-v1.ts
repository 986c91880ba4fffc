/**
 * The files of a version 1 info dictionary (BEP 3, info dictionary; BEP 47, attributes and padding): a list of lengths and
 * paths, or one length. Where a torrent has its names twice, `name.utf-8` and `path.utf-8` are taken.
 */
import { type Bencode, type BencodeDictionary, bytesAt, integerAt, isDictionary, listAt } from '@ferro/bencode';
import type { ListedFile } from './files.ts';
import { malformed, type Path, type Reading, rootless } from './reading.ts';

const SPEC = 'BEP 3, info dictionary';
const BITCOMET_PADDING = '_____padding_file_';

/** Undefined if there is neither `files` nor `length`. */
export function listFilesV1(info: BencodeDictionary, name: Path, reading: Reading): readonly ListedFile[] | undefined {
  const files = listAt(info, 'files');
  if (files !== undefined) return files.map((file) => listFile(file, name, reading));
  if (info['length'] === undefined) return undefined;
  return [{ ...attributesOf(info, rootless, reading), path: name, padding: false, at: [] }];
}

function listFile(file: Bencode, root: Path, reading: Reading): ListedFile {
  if (!isDictionary(file)) throw malformed('file-malformed', SPEC, 'a file is not a dictionary');
  const common = attributesOf(file, root, reading);
  const isMarked = common.attributes?.includes(PADDING) ?? false;
  const names = namesOf(listAt(file, 'path.utf-8') ?? listAt(file, 'path') ?? []);
  const at = names[0] ?? [];
  if (names.length === 0) {
    if (!isMarked) throw malformed('path-missing', SPEC, 'a file has no path');
    return { ...common, path: rootless, padding: true, at };
  }
  const path = reading.extend(root, names);
  const isNamedSo = path.safe.some((part) => part.startsWith(BITCOMET_PADDING));
  if (isNamedSo && !isMarked) reading.note('file/padding-by-name', at);
  return { ...common, path, padding: isMarked || isNamedSo, at };
}

export const PADDING = 0x70;
const LINK = 0x6c;

/** What a file of either version says about itself. */
export function attributesOf(
  file: BencodeDictionary,
  root: Path,
  reading: Reading,
): Pick<ListedFile, 'attributes' | 'length' | 'link'> {
  const attributes = bytesAt(file, 'attr');
  if (attributes?.includes(LINK)) {
    const target = listAt(file, 'symlink path');
    return { attributes, length: 0, link: target && reading.extend(root, namesOf(target)) };
  }
  const length = integerAt(file, 'length') ?? -1;
  if (length < 0 || length > reading.limits.fileLength) {
    throw malformed('file-length', SPEC, 'a file has no length, or an impossible one');
  }
  return { attributes, length, link: undefined };
}

function namesOf(list: readonly Bencode[]): readonly Uint8Array[] {
  if (list.every((name) => name instanceof Uint8Array)) return list;
  throw malformed('path-malformed', SPEC, 'a path is not made of names');
}
