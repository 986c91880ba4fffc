/** The limits of this package, each with its reason. */
export const limits = {
  /** Bytes of an info dictionary: those of the largest torrents have ten million; a claim of more is a lie or an attack. */
  metadataLength: 16_777_216,
  /** Requests that one peer may make, as a multiple of the number of pieces: a few retries are honest, a flood is not. */
  requestsPerPiece: 4,
  /** Answers that wait to be sent to one peer; beyond it, requests are rejected: who asks must read. */
  answersWaiting: 16,
  /** Milliseconds until a request without an answer counts as refused. */
  requestMs: 15_000,
  /** Requests outstanding at one peer. */
  requestsOut: 4,
  /** Peers that bring a copy of their own after pieces of several did not fit together: each copy costs its size in memory. */
  copies: 3,
  /** Refusals, by word or by silence, after which a peer is asked no more: it would hold up those who have the metadata. */
  refusals: 3,
} as const;
