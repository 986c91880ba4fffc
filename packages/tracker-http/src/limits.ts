/** The limits of this package, each with its reason. Options of the same name override them where one exists. */
export const limits = {
  /** Bytes of a tracker's answer: 2 MB hold more peers than anybody can dial. */
  responseLength: 2_000_000,
  /** Milliseconds for a whole announce or scrape over HTTP: a tracker that needs longer is overloaded, and others may answer. */
  timeoutMs: 30_000,
  /** Redirects followed: one for the scheme, one for the host, and a few for odd set-ups. */
  redirects: 5,
  /** Peers taken from one answer: ten times what a client asks for. */
  peers: 2_000,
  /** Characters of a message for people (failure reason, warning): it is shown on one line. */
  messageLength: 500,
  /** Bytes of a tracker id that are kept and sent back: it makes every later URL longer. */
  trackerIdLength: 256,
  /** Hashes in one scrape URL: 74 make 5 kB, below the 8 kB that most servers take for a request line. */
  scrapeHashes: 74,
  /** Hashes that one scrape request is answered for, on the server. */
  scrapeQueryHashes: 200,
  /** Bytes of a request line with its headers: a scrape of 200 escaped hashes has 14 kB. */
  headLength: 16_384,
  /** Requests of one connection that wait for their answers; the next ones wait unread. */
  pipelinedRequests: 64,
  /** Unread bytes held for one connection: the largest read of a host, and one head. */
  heldLength: 294_912,
  /** Milliseconds from the first byte of a request, or from the opening, to the end of its head: whoever is slower holds a place. */
  headMs: 10_000,
  /** Milliseconds that a connection may rest between requests: clients come back in half an hour, which is too long to wait. */
  idleMs: 30_000,
  /** Bodies up to this many bytes are copied behind their head, because two writes cost more than the copy. */
  copiedBodyLength: 8_192,
  /** Bytes of one allocation for answers: some 150 share it, and a client that reads nothing holds at most one more of them. */
  slabLength: 65_536,
} as const;
