/** The limits of this package, each with its reason. */
export const limits = {
  /** Contacts added in one message, of both families together (BEP 11): the rest follows in the next. Of what a peer sends, no more are taken. */
  added: 50,
  /** The same in the first message of a connection, which BEP 11 leaves open: deployed clients send and take a hundred. */
  addedFirst: 100,
  /** Contacts dropped in one message (BEP 11). */
  dropped: 50,
  /** Milliseconds between two messages on one connection (BEP 11). */
  intervalMs: 60_000,
  /** Milliseconds from the extended handshake to the first message: a few more connections may be made until then. */
  firstMs: 5_000,
  /** Milliseconds until a connection on which there was nothing to say looks again. */
  lookMs: 5_000,
  /** Messages that may come at once though only one a minute is due: a stalled path delivers two together. */
  burst: 2,
  /** Bytes of one message that is read: a first message with six hundred contacts of each family does not fill it. */
  messageLength: 16_384,
  /** Contacts that one peer may claim to be connected to at a time: few clients keep more connections in a torrent. */
  contacts: 500,
  /** Contacts of one family kept after their connection has ended for reasons of our own, while few are live (BEP 11, underpopulated lists). */
  recent: 25,
  /** Offences in a row after which a connection ends; each message without one forgives one. */
  offences: 6,
  /** Introductions asked of one peer that wait for an answer (BEP 55). */
  rendezvousOut: 8,
  /** Milliseconds until a rendezvous without an answer has failed: a round trip to the relay, with room. */
  rendezvousMs: 15_000,
  /** Introductions that one peer may ask for at once, and again one every `introductionMs`: each makes two peers send packets. */
  introductions: 20,
  /** Milliseconds in which a peer earns one more introduction, asked for or suffered: twenty a minute. */
  introductionMs: 3_000,
} as const;
