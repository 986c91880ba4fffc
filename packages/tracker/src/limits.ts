/** The limits of this package, each with its reason. Options of the same name override them where one exists. */
export const limits = {
  /** Seconds between announces: half an hour is what most trackers ask for. */
  interval: 1_800,
  /** Peers in one answer: a client dials some fifty, and 200 fit one unfragmented datagram. */
  numWant: 200,
  /** Peers for who says no number (BEP 3 names fifty). */
  numWantDefault: 50,
  /** Bytes of peers in one UDP answer: with its head it fits an Ethernet frame, so that no part of it can be lost alone. */
  udpPeersLength: 1_400,
  /** How many intervals a peer is remembered without a word from it: one announce may be lost. */
  lifeIntervals: 2,
  /** Peers that the memory store holds: some 100 bytes each where swarms are small, so 400 MB at most. */
  peers: 4_000_000,
  /** Swarms that the memory store holds: some 100 bytes each before the first peer. */
  swarms: 2_000_000,
  /** Peers recorded from one IPv4 address or IPv6 /64: more than any seed box has torrents, and 20 MB at most. */
  peersPerAddress: 200_000,
  /** Counters of those: addresses share them by a keyed hash, at 4 bytes each. */
  addressCounters: 65_536,
  /** Steps in which time passes for the memory store: peers live up to a 48th longer than they must. */
  lifeSteps: 48,
  /** Peers of one list that are looked through one by one; longer lists have an index. */
  scannedPeers: 16,
  /** Open HTTP connections: each costs some 5 kB. */
  connections: 20_000,
  /** Open HTTP connections from one address: many clients may share it behind a NAT. */
  connectionsPerAddress: 1_000,
  /** Milliseconds between two looks at connections whose time has come, and at lists that may have changed. */
  sweepMs: 1_000,
  /** Bytes of an allow or deny list: a million hashes. */
  listLength: 42_000_000,
  /** Milliseconds between two readings of the lists. */
  listMs: 5_000,
  /** Milliseconds that closing waits for answers in flight: longer than the store is given. */
  closeMs: 3_000,
  /** Milliseconds for an answer of a store on another machine: clients ask again later, a queue of them helps nobody. */
  storeMs: 2_000,
  /** Questions that wait for such a store: at most some 4 MB. */
  storeWaiting: 4_096,
  /** Milliseconds between attempts to reach such a store: short, for every one of them costs little. */
  storeRetryMs: 500,
} as const;
