/** The limits of this package, each with its reason. Options of the same name override them where one exists. */
export const limits = {
  /** Requests under way to one server that has files: the next one is open before the last one ends, and logs stay readable. */
  connections: 4,
  /** Requests under way to one script: scripts exist to serve little at a time, and ban who asks too often. */
  scriptConnections: 1,
  /** Bytes of one request, about: fewer lines in the server's log, and no more to ask again when it breaks. */
  requestBytes: 16_777_216,
  /** Bytes that a server of unknown speed is asked for: a few blocks would be a few lines in its log. */
  outstandingStart: 1_048_576,
  /** Bytes asked for and not here yet: more than that covers no line's delay, and holds memory. */
  outstandingBytes: 33_554_432,
  /** Milliseconds of transfer that are asked for ahead, at the rate measured. */
  aheadMs: 4_000,
  /** Bytes of a file passed over to reach what is wanted, where a server knows no ranges: less than a second of most lines. */
  skippedBytes: 4_194_304,
  /** Bytes kept between two requests on an answer that goes on, where a server knows no ranges: a few reads of a host. */
  heldBytes: 1_048_576,
  /** Milliseconds that such an answer waits, paused, for the next request before it is let go: servers hang up then too. */
  idleMs: 30_000,
  /** Milliseconds until an answer begins, or until a body has to have moved: what needs longer is left to peers. */
  answerMs: 20_000,
  /** Bytes that have to come in each such time: a kilobyte a second would take a day for a small film. */
  slowBytes: 20_480,
  /** Milliseconds until the first retry after a failure; doubled with each further one. */
  retryMs: 2_000,
  /** Milliseconds until a script is asked again that failed: what the first implementation of BEP 17 waits. */
  scriptRetryMs: 30_000,
  /** Milliseconds that a wait never exceeds, be it doubled or wished for: servers come back. */
  retryMaxMs: 3_600_000,
  /** Bytes of the text by which a script says how long to wait: a number of seconds. */
  waitTextBytes: 32,
  /** Files that may be missing before any was found: then the server has another torrent, or none. */
  missingFiles: 32,
  /** Redirects followed: one for the scheme, one for a mirror, and a few for odd set-ups. */
  redirects: 5,
  /** Characters of a URL: half of what most servers take for a request line; the names of a file come behind it. */
  urlLength: 4_096,
} as const;
