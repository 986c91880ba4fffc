/**
 * Where a web seed should go on (BEP 19, definition of gaps; HTTP and FTP optimizations): at the start of the longest run of
 * pieces that nobody works at, so that it has many of them in one range, and peers fill the rest. A pure function.
 */
export interface Gap {
  readonly first: number;
  /** The piece after the last one. */
  readonly end: number;
}

/** The longest run of pieces that are `open` to be asked for, the first of equals, or undefined if there is none. */
export function longestGap(pieceCount: number, isOpen: (piece: number) => boolean): Gap | undefined {
  let longest: Gap | undefined;
  let length = 0;
  for (let first = 0; first < pieceCount; first++) {
    if (!isOpen(first)) continue;
    let end = first + 1;
    while (end < pieceCount && isOpen(end)) end++;
    if (end - first > length) {
      longest = { first, end };
      length = end - first;
    }
    first = end;
  }
  return longest;
}
