/** The limits of this package, each with its reason. */
export const limits = {
  /** Bytes of a .torrent file that is read: those of the largest torrents have ten million. */
  torrentLength: 64_000_000,
  /** Milliseconds between two progress lines: fast enough to look alive, slow enough to read. */
  progressMs: 500,
  /** Milliseconds that an interrupted program takes at most to save what it has. */
  closeMs: 6_000,
  /** Milliseconds that a process whose work is done waits for what cannot be called off: the lookup of a name. */
  exitMs: 500,
  /** Pieces checked at once: enough to keep every worker busy. */
  verifyJobs: 16,
  /** Seconds that a question to the DHT takes at most, if the user does not say: a lookup needs a few. */
  dhtSeconds: 60,
  /** Milliseconds between two status lines of a DHT node: its tables change slowly. */
  nodeStatusMs: 1_000,
  /** Bytes of the file of a DHT node that are read: 400 nodes take 13,000. */
  snapshotLength: 65_536,
  /** Bytes of a file with a key that are read: 64 digits and some room for a line end. */
  keyFileLength: 1_000,
  /** Torrents whose metadata a crawl fetches at once: each is a lookup and a few connections. */
  metadataFetches: 16,
  /** Milliseconds that one of them may take: most torrents of a crawl have nobody who would answer. */
  metadataMs: 60_000,
  /** Connections that ask for statistics at once: more than there are monitors, and few enough to cost nothing. */
  metricsConnections: 16,
} as const;
