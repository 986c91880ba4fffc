/** One case, once: run it, clean up, and say what happened. A finding is graded only after the control has shown who is alive. */
import type { Case } from '../case.ts';
import { makeContext, Notes, type Patience } from '../context.ts';
import type { Family } from '../family.ts';
import { Finding, Unsupported } from '../finding.ts';
import { breach, type Outcome } from '../grading.ts';
import { limits } from '../limits.ts';
import { Random } from '../random.ts';
import { type Target, UnsupportedRole } from '../target/target.ts';
import { type Entry, Timeline } from '../timeline.ts';

export interface Attempt {
  readonly outcome: Outcome;
  readonly seed: string;
  readonly ms: number;
  readonly message?: string;
  readonly expected?: string;
  readonly actual?: string;
  readonly alternative?: string;
  readonly observed: Readonly<Record<string, string>>;
  readonly timeline: readonly Entry[];
}

export interface AttemptOptions {
  readonly target: Target;
  readonly patience: Patience;
  /** The case's own seed is made of this and its id. */
  readonly seed: string;
}

type Ending = Pick<Attempt, 'outcome' | 'message' | 'expected' | 'actual'>;

const budgets = { fast: limits.fastMs, normal: limits.normalMs, slow: limits.slowMs } as const;

/** A case waits for several answers, so one that may wait longer for each may last longer. */
export function budgetMs({ budget }: Pick<Case, 'budget'>, { replyMs }: Patience): number {
  return Math.ceil(budgets[budget] * Math.max(1, replyMs / limits.replyMs));
}

export async function attempt(asked: Case, family: Family, options: AttemptOptions): Promise<Attempt> {
  const timeline = new Timeline();
  const notes = new Notes();
  const began = performance.now();
  const abort = new AbortController();
  const { target, patience } = options;
  const lastMs = budgetMs(asked, patience);
  const overrun = new Error(`the case took more than ${lastMs} ms`);
  const timer = setTimeout(() => abort.abort(overrun), lastMs);
  const surroundings = {
    target,
    patience,
    timeline,
    signal: abort.signal,
    random: new Random(options.seed + asked.id),
  };
  const context = makeContext(surroundings, notes, asked.alternatives);
  const aborted = new Promise<never>((_, reject) => abort.signal.addEventListener('abort', () => reject(overrun)));
  let ending: Ending;
  try {
    await Promise.race([asked.run(context), aborted]);
    ending = { outcome: asked.facts.level === 'INFO' || observes(asked, notes) ? 'info' : 'pass' };
  } catch (error) {
    ending = await judge(error, asked, () => family.control(context), timeline);
  }
  clearTimeout(timer);
  try {
    await notes.close();
  } catch (error) {
    ending = { outcome: 'harness-error', message: `cleaning up: ${error}` };
  }
  const { alternative, observed } = notes;
  const common = { seed: options.seed, ms: Math.round(performance.now() - began), timeline: timeline.entries };
  return { ...ending, ...common, observed, ...(alternative !== undefined && { alternative }) };
}

/** A case that may not be broken (MAY) and recorded something is a detector: its value is the result. */
function observes(asked: Case, notes: Notes): boolean {
  return asked.facts.level === 'MAY' && Object.keys(notes.observed).length > 0;
}

async function judge(error: unknown, asked: Case, control: () => Promise<void>, timeline: Timeline): Promise<Ending> {
  if (error instanceof Unsupported || error instanceof UnsupportedRole) {
    return { outcome: 'unimplemented', message: error.message };
  }
  if (!(error instanceof Finding)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { outcome: 'harness-error', message: text };
  }
  const { message, expected, actual, severity } = error;
  timeline.note('case', message);
  timeline.note('case', 'the control: is it still there?');
  try {
    await control();
  } catch (silence) {
    if (!(silence instanceof Finding)) return { outcome: 'harness-error', message: `the control: ${silence}` };
    return { outcome: 'crash', message: `${message}; and after it ${silence.message}`, expected, actual };
  }
  return { outcome: breach(asked.facts, severity), message, expected, actual };
}
