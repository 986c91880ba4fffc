/** The limits of this package, each with its reason. */
export const limits = {
  /** Bytes of an announcement that is sent: larger ones may be cut in pieces on their way (BEP 14, protocol). */
  sendLength: 1400,
  /** Bytes of an announcement that is read: one Ethernet packet. */
  receiveLength: 1500,
  /** Lines of an announcement: as many as short headers would fill a packet with, and few enough to be read at once. */
  lines: 64,
  /** Bytes of a cookie that is sent: all that is asked of it is that nobody else has the same. */
  cookieBytes: 8,
  /** Milliseconds until a torrent is announced again (BEP 14, usage). */
  announceMs: 300_000,
  /** Milliseconds between two announcements in one group, whatever is in them (BEP 14, usage). */
  intervalMs: 60_000,
  /** Milliseconds that a new torrent waits for others to be announced with it: a client starts with all that it had. */
  gatherMs: 500,
  /** Torrents that can be announced: at 25 a minute, all within five minutes no more than these; more take turns more slowly. */
  torrents: 10_000,
  /** Announcements of one neighbour that are read at once: clients that put one torrent in each begin with all of them. */
  announcements: 200,
  /** Milliseconds in which a neighbour earns one more. */
  announcementMs: 1_000,
  /** Neighbours whose announcements are counted; the one that was heard least lately is forgotten. */
  neighbours: 256,
} as const;
