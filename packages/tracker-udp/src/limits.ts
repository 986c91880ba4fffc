/** The limits of this package, each with its reason. Options of the same name override them where one exists. */
export const limits = {
  /** Milliseconds before the first retransmission; each wait is twice the one before (BEP 15, time outs). */
  retransmitMs: 15_000,
  /** Retransmissions before a request fails: BEP 15 names 8, which is more than two hours; who has other trackers sets less. */
  retransmissions: 8,
  /** Milliseconds that a client uses a connection id (BEP 15, UDP connections / spoofing). */
  connectionLifeMs: 60_000,
  /** Milliseconds between the secrets of a server. Two are valid, so an id lives two to four minutes; BEP 15 asks for two. */
  secretLifeMs: 120_000,
  /** Requests of one client that wait for an answer: each costs some 200 bytes and a timer. */
  pendingRequests: 4_096,
  /** Hashes in one scrape packet: 74 make 1,496 bytes, which fit an Ethernet frame (BEP 15, scrape). */
  scrapeHashes: 74,
  /** Hashes in one scrape command, which is split into packets. */
  scrapeHashesTotal: 7_400,
  /** Characters of path and query that are sent or read (BEP 41): an announce must fit one unfragmented datagram. */
  urlDataLength: 1_024,
  /** Bytes of an error message that are sent or shown: it must never be longer than the question. */
  errorLength: 200,
  /** Bytes of compact peers in one answer: 1,472 fit an Ethernet frame, and more than 200 peers help nobody. */
  peersLength: 3_600,
  /** Bytes of one output buffer of the server: some 200 answers share one allocation. */
  outputLength: 65_536,
} as const;
