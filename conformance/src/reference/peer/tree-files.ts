/** The files of a torrent of version 2 as the reference peer lays them out (BEP 52, file tree): each begins a piece, and there is padding between. */
import type { BencodedMap } from '../../probe/bencode.ts';

export interface Leaf {
  readonly path: readonly string[];
  readonly length: number;
  readonly root: Uint8Array | undefined;
}

/** In the order of the tree, names as they are. */
export function leavesOf(tree: BencodedMap, path: readonly string[] = []): readonly Leaf[] {
  return [...tree].flatMap(([name, each]): readonly Leaf[] => {
    if (name !== '') return leavesOf(each as BencodedMap, [...path, name]);
    const keys = each as BencodedMap;
    return [{ path, length: keys.get('length') as number, root: keys.get('pieces root') as Uint8Array | undefined }];
  });
}

/** With padding between them. */
export function aligned(
  leaves: readonly Leaf[],
  pieceLength: number,
): readonly (Leaf & { readonly padding: boolean })[] {
  let at = 0;
  return leaves.flatMap((leaf) => {
    const gap = leaf.length === 0 ? 0 : (pieceLength - (at % pieceLength)) % pieceLength;
    at += gap + leaf.length;
    const pad = { path: ['.pad', String(gap)], length: gap, root: undefined, padding: true };
    return [...(gap > 0 ? [pad] : []), { ...leaf, padding: false }];
  });
}
