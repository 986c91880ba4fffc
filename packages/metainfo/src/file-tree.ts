/**
 * The files of a version 2 info dictionary (BEP 52, file tree): dictionaries of names inside each other, and the padding that
 * the format implies, since each file starts a piece. Pieces follow the order of the keys' bytes.
 */
import { type Bencode, type BencodeDictionary, bytesAt, dictionaryAt, integerAt, isDictionary } from '@ferro/bencode';
import { FileList, PADDING } from './files.ts';
import { HASH_LENGTH } from './merkle.ts';
import { malformed, type Path, plainPath, type Reading, rootless } from './reading.ts';

const SPEC = 'BEP 52, file tree';

/** `isFolder`: the dictionary lists its files for version 1 too, so it means a folder even if it has one file only. */
export function listFilesV2(
  tree: BencodeDictionary,
  name: Path,
  isFolder: boolean,
  pieceLength: number,
  reading: Reading,
): FileList {
  const [only, another] = Object.values(tree);
  const list = new FileList(!isFolder && another === undefined && isLeaf(only) ? rootless : name, reading);
  walk(tree, list.root);
  return list;

  // The decoder has limited the depth.
  function walk(folder: BencodeDictionary, parent: Path): void {
    // Sorted, because engines put keys that look like numbers first.
    for (const key of Object.keys(folder).sort()) {
      const entry = dictionaryAt(folder, key);
      if (key === '' || entry === undefined) throw malformed('file-tree', SPEC, 'a folder has an entry that is none');
      const path = reading.extendByKey(parent, key);
      if (isLeaf(entry)) addFile(entry[''] as BencodeDictionary, path, pieceLength, list);
      else walk(entry, path);
    }
  }
}

function isLeaf(entry: Bencode | undefined): boolean {
  return isDictionary(entry) && isDictionary(entry['']) && Object.keys(entry).length === 1;
}

function addFile(file: BencodeDictionary, path: Path, pieceLength: number, list: FileList): void {
  if (bytesAt(file, 'attr')?.includes(PADDING)) throw malformed('file-tree', SPEC, 'padding is listed among the files');
  const root = bytesAt(file, 'pieces root');
  const at = root ?? ['info', 'file tree'];
  const missing = -list.length % pieceLength;
  if (missing !== 0 && (integerAt(file, 'length') ?? 0) > 0) {
    const length = pieceLength + missing;
    list.push(plainPath(['.pad', `${length}`]), length, true, at);
  }
  const added = list.add(file, path, false, at);
  if (added.length === 0) return;
  if (root?.length !== HASH_LENGTH || root.every((byte) => byte === 0)) {
    throw malformed('pieces-root', SPEC, 'a file has no root of its hash tree');
  }
  added.piecesRoot = root;
}
