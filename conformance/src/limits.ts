/** Every number that bounds a run, with its reason. */
export const limits = {
  /** Milliseconds that an answer may take: a program on a machine with much else to do still makes it, a run of ninety cases still ends. */
  replyMs: 5_000,
  /** Milliseconds after which a program does, at the latest, what it does of its own accord: announce, or call somebody. */
  initiativeMs: 15_000,
  /** How many times the patience for an answer that is, at least: who looks at its peers every ten seconds may need two looks. */
  initiativeFactor: 2,
  /** Milliseconds of silence that count as silence, at least: ten times what loopback ever needs. */
  quietMs: 300,
  /** How many times the slowest of the calibrating answers a silence lasts. */
  quietFactor: 10,
  /** Milliseconds of silence from which on fewer times are enough: clients that look for calls once a second are never later than the next look. */
  quietMostMs: 3_000,
  /** How many times it lasts at least, however slow that answer was. */
  quietLeastFactor: 3,
  /** How many silences fit into the patience that a target wants for itself. */
  quietShare: 5,
  /** Answers that the calibration times. */
  calibrations: 20,
  /** Milliseconds after which it is content with fewer. */
  calibrationMs: 5_000,
  /** Milliseconds a fast case may take in all before the suite itself is blamed. */
  fastMs: 15_000,
  /** Milliseconds a normal case may take. */
  normalMs: 60_000,
  /** Milliseconds a slow case may take: it waits for protocol time to pass, up to an hour of it. */
  slowMs: 4_000_000,
  /** Times a red case is run again, alone, before it counts. */
  repeats: 2,
  /** Cases that run at once against one address. */
  jobs: 8,
  /** Milliseconds that a started program may take until it answers. */
  startMs: 15_000,
  /** Milliseconds between two looks at a program that is starting. */
  lookMs: 20,
  /** Milliseconds that a program has to end after it was asked to. */
  stopMs: 5_000,
  /** Milliseconds that the system may take to close the sockets of one that has ended. */
  releaseMs: 1_000,
  /** Milliseconds that a program may take to read or make a torrent file, or for a value of the DHT: those that start an interpreter on a busy machine still make it. */
  toolMs: 10_000,
  /** Characters that are kept of what it says: a list of ten thousand files fits. */
  toolOutputLength: 4_194_304,
  /** Characters of a program's output that are kept, to be shown when it fails. */
  logLength: 65_536,
  /** Bytes of one HTTP answer that the probe reads: a list of ten thousand peers fits. */
  httpAnswerLength: 1_048_576,
  /** Entries of one case's timeline that are kept: half of its beginning, half of its end. */
  timelineEntries: 200,
  /** Bytes of one message that are kept in a timeline. */
  timelineMessageLength: 1_536,
  /** Levels of nesting that the probe's bencode follows. */
  bencodeDepth: 64,
} as const;
