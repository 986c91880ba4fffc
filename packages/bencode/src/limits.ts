/** What one input may cost, each with its reason. Every decoder takes them as options, by the same names. */
export const limits = {
  /** Lists and dictionaries inside each other: real files use fewer than ten; whoever walks a value may recurse this deep. */
  depth: 100,
  /** Values and keys: each costs memory however short it is. A torrent of 100,000 files has about 700,000. */
  tokens: 1_000_000,
  /** Length of the input: the largest torrents in use have some tens of megabytes. */
  bytes: 67_108_864,
  /** Digits of one integer: 64 bits have 20, and reading a number takes more than linear time in its digits. */
  digits: 1_000,
  /** Deviations that a lenient decoder records: a longer report tells nobody more. */
  deviations: 1_000,
} as const;

/** Limits to set otherwise than in `limits`. */
export interface DecodeOptions {
  readonly depth?: number;
  readonly tokens?: number;
  readonly bytes?: number;
  readonly digits?: number;
  readonly deviations?: number;
}
