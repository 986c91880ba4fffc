/** What every case is given. All a body can do is expect, record, name an outcome, or say that the target does not support the thing. */
import type { Case } from './case.ts';
import { type Expect, expecting } from './expect.ts';
import { Finding, HarnessError, show, Unsupported } from './finding.ts';
import { limits } from './limits.ts';
import type { Random } from './random.ts';
import type { Target } from './target/target.ts';
import type { Timeline } from './timeline.ts';

/** How long to wait, measured against this target. */
export interface Patience {
  readonly replyMs: number;
  readonly quietMs: number;
}

/** How long a program may take for what it does of its own accord. */
export function initiativeMs({ replyMs }: Patience): number {
  return Math.max(limits.initiativeMs, limits.initiativeFactor * replyMs);
}

export interface Context {
  readonly target: Target;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly patience: Patience;
  /** Aborted when the case's budget is spent. */
  readonly signal: AbortSignal;
  readonly expect: Expect;
  readonly strictly: Expect;
  readonly safely: Expect;
  /** Records a value: what cases of level INFO are for. */
  observe(key: string, value: unknown): void;
  /** Ends the case with one of its named alternatives. */
  outcome(name: string): void;
  /** The target does not have this, and need not. */
  unsupported(reason: string): never;
  /**
   * The only way to judge silence: waits a window that was measured against this target, then runs the control, which has to succeed,
   * and only then looks at what was heard.
   */
  quiet<Heard>(heard: () => readonly Heard[], control: () => Promise<unknown>): Promise<readonly Heard[]>;
  /** Fulfilled when protocol time has passed: at once where the target's clock is ours, else it is waited for. */
  elapse(ms: number): Promise<void>;
  /** Run when the case is over, last registered first. */
  after(close: Close): void;
}

/** What a body left behind besides its exception. */
export class Notes {
  readonly observed: Record<string, string> = {};
  alternative: string | undefined;
  readonly #closers: Close[] = [];
  #areClosed = false;

  after(close: Close): void {
    this.#closers.push(close);
    // A body whose time ran out goes on until it notices; what it opens then would never be closed.
    if (this.#areClosed) void this.close().catch(() => {});
  }

  /** Everything, last registered first, also behind something that would not close; the first error is thrown at the end. */
  async close(): Promise<void> {
    this.#areClosed = true;
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

type Close = () => void | Promise<void>;

export interface Surroundings {
  readonly target: Target;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly patience: Patience;
  readonly signal: AbortSignal;
}

export function makeContext(
  surroundings: Surroundings,
  notes: Notes,
  alternatives: Case['alternatives'] = {},
): Context {
  const { target, timeline, signal, patience } = surroundings;
  return {
    ...surroundings,
    expect: expecting('by-level'),
    strictly: expecting('non-strict'),
    safely: expecting('unsafe'),
    observe(key, value) {
      const text = typeof value === 'string' ? value : show(value);
      notes.observed[key] = text;
      timeline.note('case', `${key}: ${text}`);
    },
    outcome(name) {
      const meaning = alternatives[name];
      if (meaning === undefined) throw new HarnessError(`the outcome ${name} is not declared`);
      notes.alternative = name;
      if (meaning === 'pass') return;
      const accepted = Object.keys(alternatives).filter((each) => alternatives[each] === 'pass');
      throw new Finding('the outcome', accepted.join(' or '), name, meaning === 'fail' ? 'by-level' : 'non-strict');
    },
    unsupported(reason) {
      throw new Unsupported(reason);
    },
    async quiet(heard, control) {
      await pass(patience.quietMs, signal);
      timeline.note('case', `${patience.quietMs} ms have passed; now the control`);
      await control();
      return heard();
    },
    async elapse(ms) {
      timeline.note('case', `${ms / 1000} s of protocol time pass`);
      if (target.advance !== undefined) target.advance(ms);
      else await pass(ms, signal);
    },
    after: (close) => notes.after(close),
  };
}

/** Real time: calibrated windows, and the few rules that are about nothing else. */
function pass(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
