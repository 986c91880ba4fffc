/** The limits of this package, each with its reason. `PeerConnectionOptions.limits` overrides any of them. */
export const limits = {
  /** Bytes of one block, asked or served: 16 KiB is the custom, some clients ask for 128 KiB, nobody needs more. */
  blockLength: 131_072,
  /** Pieces of a torrent while its size is unknown (magnet links): bounds the bitfield to 512 KiB. Large torrents have 100,000. */
  pieceCount: 4_194_304,
  /** Payload of one extended message: metadata comes in 16 KiB, peer exchange in 10 KiB; four times that is room enough. */
  extendedLength: 65_536,
  /** Hashes in one `hashes` message: BEP 52 advises 512 at most, and a proof of a tree adds no more than 64. */
  hashCount: 576,
  /** Bytes of a message of unknown type, which are skipped, not stored: more than this is no message but noise. */
  unknownLength: 131_072,
  /** Values and keys in an extended handshake: 255 extensions need 510; each costs time and memory. */
  extendedTokens: 1_024,
  /** Characters of a client name in an extended handshake: it is shown to people. */
  clientNameLength: 64,
  /** Requests that a peer may have waiting here, said as `reqq`; what comes beyond is rejected. Fills any usual pipe. */
  requestsIn: 500,
  /** The same for a peer without the fast extension, which cannot be told no: it is served up to here, then closed. */
  requestsInWithoutFast: 2_000,
  /** Requests that we may have waiting there, whatever its `reqq` says, and where it says none. */
  requestsOut: 2_000,
  /** Cancelled requests whose blocks are still taken when they come late. A peer that owes more has forgotten them. */
  requestsCancelled: 2_000,
  /** Blocks and rejects nobody asked for, before the connection ends: races of choke and unchoke explain a few. */
  unrequested: 64,
  /** Pieces that one side lets the other fetch while choked: the custom is 10, and each is remembered. */
  allowedFast: 128,
  /** Bytes of small messages that wait to be flushed: a peer that does not read must not make us store what we say. */
  outputBacklog: 1_048_576,
  /** Bytes of the buffer that small messages share: 240 requests; larger ones would keep more memory per idle peer. */
  outputBuffer: 4_096,
  /** Milliseconds until both handshakes are done, counted from the start: a round trip or two, not a slow trickle. */
  handshakeMs: 20_000,
  /** Milliseconds without a whole message or a byte of a block until the peer is given up: its keep-alives come every two minutes. */
  idleMs: 180_000,
  /** Milliseconds of our own silence before a keep-alive: two minutes, less a margin for a slow path. */
  keepAliveMs: 110_000,
} as const;

export type WireLimits = { readonly [Name in keyof typeof limits]: number };
