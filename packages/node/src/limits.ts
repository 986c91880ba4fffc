/** The limits of this package, each with its reason. Options of nodeHost() override those that depend on the machine. */
export const limits = {
  /** Bytes of the one buffer that all outgoing sockets read into: what the kernel hands over in one call at full speed. */
  receiveBytes: 262_144,
  /** Bytes that a stream may hold beyond what the kernel took before write() says no: a peer that never reads costs this much. */
  unsentBytes: 262_144,
  /** Bytes asked of the kernel for datagrams in each direction: a burst of 3,000 full packets outlives one slow turn. */
  datagramBufferBytes: 4_194_304,
  /** Datagrams handed over in one batch: bounds the time until timers and streams have their turn. */
  datagramBatch: 64,
  /** Bytes of packets that wait for the kernel in one place: 180 full ones. */
  datagramSendBytes: 262_144,
  /** Tries to find a port that is free for both families when any port will do. */
  portTries: 8,
  /** Bytes of the head of an HTTP answer: trackers and web seeds need a tenth of it. */
  httpHeadBytes: 16_384,
  /** Header fields of an HTTP answer. More are not read. */
  httpHeaders: 100,
  /** Addresses of one name that are looked at: names with more are made to waste our time. */
  addressesOfName: 32,
  /** Random bytes that are fetched at once: a call of the generator takes 15 µs however few are wanted. */
  randomBytes: 4096,
  /** Disk workers: one hashes and writes 1 GB/s, and two cores are the least that a machine has. */
  workers: 2,
  /** Files that each disk worker keeps open: far below the 1,024 that a process may have by default. */
  openFiles: 128,
  /** Jobs handed to one disk worker at a time: enough that a thousand tiny checks cost a few messages. */
  jobsUnderWay: 256,
  /** Bytes of pieces handed to one disk worker at a time, but always two jobs: it never waits, and nothing queues up there. */
  bytesUnderWay: 4_194_304,
  /** Files looked at in the thread pool while the first disk worker starts; for more of them the worker is faster. */
  statedHere: 64,
  /** Files forced to the medium one by one in the thread pool; more go to a worker of their own, which takes a while to start. */
  syncedHere: 32,
  /** Bytes read at once to hash what is stored: what stays in a core's cache. */
  hashBytes: 1_048_576,
  /** Files and folders in one listing: more than any real torrent has, less than what fills memory. */
  listedFiles: 1_000_000,
  /** Folders within folders in one listing: deeper than path limits of any system allow to be useful. */
  folderDepth: 100,
} as const;
