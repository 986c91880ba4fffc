/**
 * The files of a version 1 info dictionary (BEP 3, info dictionary; BEP 47, attributes and padding): a list of lengths and
 * paths, or one length. Where a torrent has its names twice, `path.utf-8` is taken.
 */
import { type Bencode, type BencodeDictionary, bytesAt, integerAt, isDictionary, listAt } from '@ferro/bencode';
import { FileList, PADDING } from './files.ts';
import { malformed, namesOf, type Path, plainPath, type Reading, rootless } from './reading.ts';

const SPEC = 'BEP 3, info dictionary';
const BITCOMET_PADDING = '_____padding_file_';

/** Undefined if there is neither `files` nor `length`. */
export function listFilesV1(info: BencodeDictionary, name: Path, reading: Reading): FileList | undefined {
  const files = listAt(info, 'files');
  if (files === undefined && info['length'] === undefined) return undefined;
  const list = new FileList(files === undefined ? rootless : name, reading);
  if (files === undefined) list.add(info, name, false, []);
  else for (const file of files) addFile(file, list, reading);
  return list;
}

function addFile(file: Bencode, list: FileList, reading: Reading): void {
  if (!isDictionary(file)) throw malformed('file-malformed', SPEC, 'a file is not a dictionary');
  const isMarked = bytesAt(file, 'attr')?.includes(PADDING) ?? false;
  const names = namesOf(listAt(file, 'path.utf-8') ?? listAt(file, 'path') ?? []);
  const [at] = names;
  if (at === undefined) {
    if (!isMarked) throw malformed('path-missing', SPEC, 'a file has no path');
    list.add(file, plainPath(['.pad', `${integerAt(file, 'length')}`]), true, []);
    return;
  }
  const path = reading.extend(list.root, names);
  const isNamedSo = path.safe.at(-1)!.startsWith(BITCOMET_PADDING);
  if (isNamedSo && !isMarked) reading.note('file/padding-by-name', at);
  list.add(file, path, isMarked || isNamedSo, reading.offsetOf(at));
}
