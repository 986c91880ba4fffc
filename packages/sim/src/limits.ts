/** The limits of this package, each with its reason. Times are virtual milliseconds. */
export const limits = {
  /** How far run() with a condition goes before it says no: a day; whoever keeps a timer going for ever must not hang a test. */
  runMs: 86_400_000,
  /** How far settle() goes before it gives up: an hour, longer than any time-out that a promise may hide. */
  settleMs: 3_600_000,
  /** Promise turns between two actions of settle(): longer than the chains of a facade, short enough to cost nothing. */
  microtasks: 64,
  /** Lines that the trace keeps; older ones are only in its hash. */
  traceLines: 10_000,
  /** What may wait in front of a link, in milliseconds, where its model says nothing: the buffer of a good home router. */
  queueMs: 500,
  /** Bytes under way in one direction of a stream: as much as a kernel takes before the reader reads. */
  windowBytes: 262_144,
  /** The least that a crowded link leaves to a stream: with less, a piece of 16 KiB never goes out in one. */
  windowBytesMin: 16_384,
  /** Bytes of a stream that travel in one go: fewer actions; small enough that a lossy link does not lose all of them. */
  segmentBytes: 32_768,
  /** Bytes that wait in a stream before write() says false: what Node's sockets take too. */
  writeBytes: 65_536,
  /** One packet of a stream, the unit of loss: Ethernet's 1500 bytes without the headers. */
  packetBytes: 1448,
  /** The longest pause between two attempts to bring a lost segment over: a healed partition is noticed soon. */
  retryMs: 5_000,
  /** How long a segment is tried before the stream is given up: patient like a kernel, yet inside a test's hour. */
  streamTimeoutMs: 120_000,
  /** How long a connection that nobody answers is tried: as systems do, about. */
  connectTimeoutMs: 20_000,
  /** The longest datagram: 65,535 bytes less the headers of IPv4 and UDP. */
  datagramBytes: 65_507,
  /** What asking for a name takes: a resolver nearby. */
  resolveMs: 10,
  /** How long a NAT remembers a mapping that is not used: what routers do, and what keep-alives are sent for. */
  mappingMs: 120_000,
  /** The head of an HTTP message: enough for any server, little enough to hold. */
  httpHeadBytes: 65_536,
} as const;
