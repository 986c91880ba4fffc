/** The limits of this package, each with its reason. */
export const limits = {
  /** Bytes of a .torrent file that is read: those of the largest torrents have ten million. */
  torrentLength: 64_000_000,
  /** Milliseconds between two progress lines: fast enough to look alive, slow enough to read. */
  progressMs: 500,
  /** Milliseconds that an interrupted program takes at most to save what it has. */
  closeMs: 6_000,
  /** Pieces checked at once: enough to keep every worker busy. */
  verifyJobs: 16,
  /** Connections that ask for statistics at once: more than there are monitors, and few enough to cost nothing. */
  metricsConnections: 16,
} as const;
