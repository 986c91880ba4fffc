/** What came, in order, and a way to wait for more. */
import { type Context, initiativeMs } from '../../context.ts';
import { Finding } from '../../finding.ts';
import { Waiting } from '../waiting.ts';

/** Our own reference does everything at once, so its bugs are found sooner. */
const referenceMs = 2_000;

export class Notebook<Entry> {
  readonly all: Entry[] = [];
  readonly #context: Context;
  readonly #what: string;
  readonly #waiting: Waiting = new Waiting();

  constructor(context: Context, what: string) {
    this.#context = context;
    this.#what = what;
  }

  add(entry: Entry): void {
    this.all.push(entry);
    this.#waiting.wake();
  }

  /** The first that fits, perhaps one that is there already; a finding if none comes. */
  async next(which = '', fits: (entry: Entry) => boolean = () => true, ms?: number): Promise<Entry> {
    const { target, patience } = this.#context;
    const patienceMs = ms ?? (target.advance === undefined ? initiativeMs(patience) : referenceMs);
    const until = performance.now() + patienceMs;
    for (;;) {
      const found = this.all.find(fits);
      if (found !== undefined) return found;
      const left = until - performance.now();
      if (left <= 0 || this.#context.signal.aborted) {
        throw new Finding(`${this.#what} ${which}`.trim(), 'that it comes', `none in ${patienceMs} ms`);
      }
      await this.#waiting.sleep(left);
    }
  }
}
