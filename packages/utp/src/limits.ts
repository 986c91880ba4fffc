/** The limits of this package, each with its reason. */
export const limits = {
  /** Bytes of an IP packet that are tried at most: Ethernet. The endpoint's `mtu` option overrides it. */
  mtu: 1500,
  /** Bytes of an IP packet that every path is trusted with at first: the least that IPv6 allows, and all but odd IPv4 paths carry. */
  mtuStart: 1280,
  /** Bytes of an IP packet to fall back to when nothing larger seems to arrive: what every IPv4 host must take. */
  mtuLeast: 576,
  /** Bytes between what is known to fit and what is known not to at which the search for the MTU ends: less gains nothing. */
  mtuGranularity: 16,
  /** Milliseconds until a search for the MTU that found a limit is tried again: paths change, but seldom. */
  mtuRetryMs: 600_000,
  /** Bytes that a connection offers to hold for its reader: 30 Mbit/s over 300 ms. Overridden by the option `receiveWindow`. */
  receiveWindow: 1_048_576,
  /** Bytes that all connections together hold of packets that came early or wait for a paused reader. */
  receiveMemory: 67_108_864,
  /** Packets ahead of a missing one that are kept: bounds the bookkeeping that tiny packets can cause. */
  earlyPackets: 4096,
  /** Bytes waiting to be sent after which write() says no: enough to keep a window full, little enough to be forgotten. */
  writeQueue: 1_048_576,
  /** Packets of a connection under way at once: at 1,452 bytes each, 150 Mbit/s over 300 ms. */
  packetsInFlight: 4096,
  /** Bytes of packets under way of all connections together. */
  sendMemory: 134_217_728,
  /** Connections of an endpoint: more than any client keeps, and some 5 KiB each when idle. */
  connections: 4096,
  /** Incoming connections that have not yet proved their address, in all; the oldest makes room, so that a flood cannot lock others out. */
  halfOpen: 512,
  /** The same from one IP address: enough for a household behind one. */
  halfOpenPerAddress: 16,
  /** Milliseconds that an unproven connection is remembered: longer than deployed clients try to connect. */
  halfOpenMs: 15_000,
  /** Resets that are sent each second to strangers: they help a restarted peer's friends, and must not make us anyone's tool. */
  resetsPerSecond: 64,
  /** Times that a SYN is sent, waiting 1, 2 and 4 seconds: who is there answers the first or the second. */
  connectAttempts: 3,
  /** Time-outs in a row, each twice as long, after which a peer is given up: over half a minute at least. */
  timeouts: 6,
  /** Milliseconds of the first time-out, when nothing has been measured (BEP 29, timeouts). */
  timeoutFirstMs: 1000,
  /** Milliseconds that a time-out never falls below (BEP 29, timeouts): delayed acks and busy machines are no loss. */
  timeoutLeastMs: 500,
  /** Milliseconds that a time-out never exceeds: the next try should come while somebody still waits for it. */
  timeoutMostMs: 30_000,
  /** Milliseconds that the ack of a lone packet waits for company. */
  ackDelayMs: 50,
  /** Milliseconds in which the acks of two or more packets gather: short beside any path's round trip. */
  ackGatherMs: 1,
  /** Packets after which an ack waits no longer: a sender with a window of hundreds has to be kept going. */
  ackPackets: 64,
  /** Milliseconds of saying nothing after which a keep-alive is sent: deployed clients use the same, and NAT tables need it. */
  keepAliveMs: 29_000,
  /** Milliseconds for which a finished connection still acks a repeated FIN, so that its peer ends cleanly too. */
  lingerMs: 5_000,
  /** Milliseconds of silence after which a peer that has our FIN but sends none is forgotten; any packet counts as a sign of life. */
  silenceMs: 120_000,
  /** Acks this far behind are late packets and tolerated; beyond it they are somebody's guess. */
  ackBehind: 4096,
  /** Packets by which one may overtake another without being taken for a loss, at first (BEP 29, packet loss). */
  reorder: 3,
  /** The most that this grows to on a path that is seen to reorder. */
  reorderMost: 128,
} as const;
