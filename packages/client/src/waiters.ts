/** Readers that wait until a piece is here (no BEP): each is told once, or told that it will never come. */
export class PieceWaiters {
  readonly #waiting = new Map<number, Set<(here: boolean) => void>>();

  /** Returns a function that stops waiting. */
  wait(piece: number, tell: (here: boolean) => void): () => void {
    const set = this.#waiting.get(piece) ?? new Set();
    this.#waiting.set(piece, set.add(tell));
    return () => {
      set.delete(tell);
      if (set.size === 0) this.#waiting.delete(piece);
    };
  }

  wake(piece: number): void {
    const set = this.#waiting.get(piece);
    this.#waiting.delete(piece);
    for (const tell of set ?? []) tell(true);
  }

  /** The torrent is gone. */
  abandon(): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const set of all) for (const tell of set) tell(false);
  }
}
