/**
 * The files of a version 2 info dictionary (BEP 52, file tree): dictionaries of names inside each other, and the padding that
 * the format implies, since each file starts a piece. Pieces follow the order of the keys' bytes.
 */
import { type Bencode, type BencodeDictionary, bytesAt, dictionaryAt, isDictionary } from '@ferro/bencode';
import type { ListedFile } from './files.ts';
import { listedFile, PADDING } from './info-v1.ts';
import { HASH_LENGTH } from './merkle.ts';
import { malformed, type Path, plainPath, type Reading, rootless } from './reading.ts';

const SPEC = 'BEP 52, file tree';

/** `isList`: the dictionary lists its files for version 1 too, so it means a folder even if it has one file only. */
export function listFilesV2(tree: BencodeDictionary, name: Path, isList: boolean, reading: Reading): ListedFile[] {
  const files: ListedFile[] = [];
  const first = Object.values(tree)[0];
  const isSingle = !isList && Object.keys(tree).length === 1 && isLeaf(first);
  walk(tree, isSingle ? rootless : name, name, files, reading);
  return files;
}

/** The decoder has limited the depth. */
function walk(tree: BencodeDictionary, parent: Path, root: Path, files: ListedFile[], reading: Reading): void {
  // Sorted, because the engine puts keys that look like numbers first.
  for (const key of Object.keys(tree).sort()) {
    const entry = dictionaryAt(tree, key);
    if (key === '' || entry === undefined) throw malformed('file-tree', SPEC, 'a folder has an entry that is none');
    const path = reading.extendByKey(parent, key);
    if (isLeaf(entry)) files.push(leaf(entry[''] as BencodeDictionary, path, root, reading));
    else walk(entry, path, root, files, reading);
  }
}

function isLeaf(entry: Bencode | undefined): boolean {
  return isDictionary(entry) && isDictionary(entry['']) && Object.keys(entry).length === 1;
}

function leaf(file: BencodeDictionary, path: Path, root: Path, reading: Reading): ListedFile {
  const piecesRoot = bytesAt(file, 'pieces root');
  const listed = listedFile(file, path, root, false, piecesRoot ?? [], reading);
  if (listed.attributes?.includes(PADDING)) throw malformed('file-tree', SPEC, 'padding is listed among the files');
  if (listed.length === 0) return listed;
  if (piecesRoot?.length !== HASH_LENGTH || piecesRoot.every((byte) => byte === 0)) {
    throw malformed('pieces-root', SPEC, 'a file has no root of its hash tree');
  }
  return { ...listed, piecesRoot };
}

/** Puts padding behind each file that does not end with a piece, if another follows. */
export function withPadding(files: readonly ListedFile[], pieceLength: number): ListedFile[] {
  const last = files.findLastIndex(({ length }) => length > 0);
  return files.flatMap((file, i) => {
    const length = i < last ? -file.length % pieceLength : 0;
    if (length === 0) return [file];
    const path = plainPath(['.pad', `${pieceLength + length}`]);
    return [file, { path, length: pieceLength + length, attributes: undefined, padding: true, at: [] }];
  });
}
