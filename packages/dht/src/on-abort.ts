/** Hearing that a caller has lost interest, for the facades of this package (BEP 5 has no word of it: nothing is sent). */

/** Calls back once with the signal's reason if it is aborted from now on. Returns what ends listening. */
export function onAbort(signal: AbortSignal | undefined, run: (reason: unknown) => void): () => void {
  const abort = () => run(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  return () => signal?.removeEventListener('abort', abort);
}
