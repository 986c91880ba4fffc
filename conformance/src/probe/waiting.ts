/** Waiting for something to happen, or for time to run out, whichever is first; any number may wait. */
export class Waiting {
  readonly #waiters: Set<() => void> = new Set();

  /** Something has happened: everybody looks again. */
  wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Fulfilled by the next `wake`, and after `ms` at the latest. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        clearImmediate(turn);
        this.#waiters.delete(done);
        resolve();
      };
      let turn: NodeJS.Immediate | undefined;
      // On a machine with much else to do a timer is late, and what came in time is not read yet.
      const timer = setTimeout(() => {
        turn = setImmediate(done);
      }, ms);
      this.#waiters.add(done);
    });
  }
}
