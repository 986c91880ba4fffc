/** The limits of this package, each with its reason. */
export const limits = {
  /** Values that wait in an AsyncQueue for a slow reader: enough for a burst, small enough that a stalled one costs nothing. */
  queueLength: 1024,
  /** Milliseconds that a finished stream may take to deliver its last words before it is cut: a peer that never reads holds memory. */
  lingerMs: 5_000,
} as const;
