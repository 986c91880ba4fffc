/** What one value may cost. Every decoder takes the same names as options; `Infinity` takes a limit away. */
export const limits = {
  /** Lists and dictionaries inside each other: real files stay below ten, and whoever walks a value may recurse this deep. */
  depth: 100,
  /** Values of any kind, since each costs memory however short it is: a torrent of 100,000 files has about 500,000. */
  tokens: 1_000_000,
  /** Length of the input: the largest torrents in use have some tens of megabytes. */
  bytes: 67_108_864,
  /** Digits of one integer: 64 bits need 20, and to read a number takes more than linear time in its digits. */
  digits: 1_000,
  /** Deviations that a lenient decoder records: a longer list tells nobody more. */
  deviations: 1_000,
} as const;

/** The limits to set otherwise. */
export type DecodeOptions = { readonly [Limit in keyof typeof limits]?: number };
