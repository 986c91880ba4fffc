/** The limits of this package, each with its reason. Parsers take other values as the option `limits`, by the same names. */
export const limits = {
  /** Length of a torrent file or info dictionary: the largest in use have some tens of megabytes. */
  bytes: 67_108_864,
  /** Bencoded values and keys in it: what libtorrent 2 reads too; 100,000 files have about 900,000. */
  tokens: 3_000_000,
  /** Pieces: as many as libtorrent 2 loads by default. More would be a bitfield of 256 KiB from every peer. */
  pieces: 2_097_152,
  /** Bytes of a piece: two of them have to be counted in 31 bits by other clients. */
  pieceLength: 1_073_741_823,
  /** Files, padding included: each costs some hundred bytes of memory. */
  files: 500_000,
  /** Bytes of one file: 16 TiB, whose merkle tree other clients can still index with 31 bits. */
  fileLength: 17_592_186_044_415,
  /** Bytes of all files and padding: sums stay exact integers with room to spare. */
  length: 281_474_976_710_655,
  /** UTF-8 bytes of one name: what file systems allow. */
  nameBytes: 255,
  /** UTF-8 bytes of a whole path: macOS allows 1,024 with the folder that it is in. Folders in the middle are left out. */
  pathBytes: 1_000,
  /** Names in one path: deep folders cost time at every step that walks them. */
  pathNames: 100,
  /** Entries kept of each list that costs a connection or a search: trackers, web seeds, nodes, similar torrents, collections. */
  entries: 1_000,
  /** Deviations that are recorded: a longer report tells nobody more. */
  deviations: 10_000,
  /** Characters of a magnet link: longer than any program hands over on a command line. */
  magnetLength: 2_097_152,
  /** Parameters of a magnet link that are read; later ones are ignored. */
  magnetParameters: 10_000,
  /** Ranges of files that a magnet link may select (BEP 53); later ones are ignored. */
  magnetRanges: 1_000,
} as const;

export type Limits = { readonly [name in keyof typeof limits]: number };
