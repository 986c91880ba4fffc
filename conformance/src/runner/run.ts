/**
 * A whole run: choose, see that the target is sane, measure it, ask the gates and then the rest, and ask red cases again, alone,
 * before they count.
 */
import type { Patience } from '../context.ts';
import { Finding } from '../finding.ts';
import { isRed, type Outcome } from '../grading.ts';
import { limits } from '../limits.ts';
import type { Target } from '../target/target.ts';
import { type Attempt, attempt } from './attempt.ts';
import { calibrate, once } from './calibrate.ts';
import { inParallel } from './parallel.ts';
import { insanities } from './sanity.ts';
import { type Chosen, matches } from './select.ts';

export interface Verdict extends Attempt {
  readonly id: string;
  /** What each attempt gave, where there were several. */
  readonly attempts?: readonly Outcome[];
}

type Conclusion = Omit<Verdict, 'id'>;

export interface RunOptions {
  readonly seed: string;
  readonly jobs?: number;
  readonly repeats?: number;
  /** Instead of measuring. */
  readonly patience?: Patience;
  /** What is known: a case that gives just that is not asked again. */
  readonly expected?: Readonly<Record<string, { readonly want: Outcome }>>;
  /** Told of each verdict as it stands. */
  readonly on?: (verdict: Verdict) => void;
}

/** The target did not do even what every target does, so nothing can be said about it. */
export class NotSane extends Error {}

export async function run(chosen: readonly Chosen[], target: Target, options: RunOptions): Promise<readonly Verdict[]> {
  const patience = options.patience ?? (await measured(chosen, target, options.seed));
  const runner = new Runner(target, patience, options);
  const gates = new Set(chosen.flatMap((each) => each.case.gate ?? []));
  const isGate = (each: Chosen) => gates.has(each.case.facts.id);
  await runner.all(chosen.filter(isGate));
  await runner.all(chosen.filter((each) => !isGate(each)));
  return chosen.map((each) => runner.verdicts.get(each.case.facts.id)!);
}

async function measured(chosen: readonly Chosen[], target: Target, seed: string): Promise<Patience> {
  const faults = await insanities(target);
  if (faults.length > 0) throw new NotSane(faults.join('; '));
  try {
    return await calibrate([...new Set(chosen.map((each) => each.family))], target, seed);
  } catch (error) {
    if (error instanceof Finding) throw new NotSane(error.message);
    throw error;
  }
}

class Runner {
  readonly verdicts: Map<string, Verdict> = new Map();
  readonly #target: Target;
  readonly #patience: Patience;
  readonly #options: RunOptions;
  /** The case after which the target did not come back. */
  #deadSince: string | undefined;
  #reviving: Promise<void> = Promise.resolve();

  constructor(target: Target, patience: Patience, options: RunOptions) {
    this.#target = target;
    this.#patience = patience;
    this.#options = options;
  }

  async all(chosen: readonly Chosen[]): Promise<void> {
    const asked = chosen.filter((each) => !this.#answered(each));
    const together = asked.filter((each) => each.case.alone !== true);
    const reds = new Map<Chosen, Attempt>();
    const open = new Set(asked);
    let hasCrashed = false;
    await inParallel(together, this.#options.jobs ?? limits.jobs, async (each) => {
      const first = await this.#attempt(each, 0);
      hasCrashed ||= first.outcome === 'crash';
      // A crash that was seen in company may be another case's doing, and a time that ran out may be the company's.
      if (first.outcome === 'crash' || first.outcome === 'harness-error') return;
      if (this.#isNews(each, first)) reds.set(each, first);
      else if (open.delete(each)) this.#conclude(each, first);
    });
    for (const each of open) {
      // While somebody else's crash was mended nobody was answered.
      const seen = hasCrashed && each.case.means !== 'launch' ? undefined : reds.get(each);
      const first = seen ?? (await this.#attempt(each, 0));
      this.#conclude(each, this.#isNews(each, first) ? await this.#again(each, first) : first);
    }
  }

  #isNews({ case: { facts } }: Chosen, { outcome }: Attempt): boolean {
    return isRed(outcome) && outcome !== this.#options.expected?.[facts.id]?.want;
  }

  /** What needs no asking: the target says so itself, or the gate has shown it. */
  #answered(each: Chosen): boolean {
    const reason = this.#unsupported(each.case.facts.id) ?? this.#closedGate(each);
    if (reason === undefined) return false;
    this.#conclude(each, without('unimplemented', reason));
    return true;
  }

  #unsupported(id: string): string | undefined {
    const stated = Object.entries(this.#target.unsupported ?? {}).find(([pattern]) => matches(pattern, id));
    return stated === undefined ? undefined : `the target says: ${stated[1]}`;
  }

  #closedGate({ case: { gate } }: Chosen): string | undefined {
    const verdict = gate === undefined ? undefined : this.verdicts.get(gate);
    if (verdict === undefined || verdict.outcome === 'pass' || verdict.outcome === 'info') return undefined;
    return `${gate} gave ${verdict.outcome}${verdict.message === undefined ? '' : `: ${verdict.message}`}`;
  }

  async #attempt(each: Chosen, round: number): Promise<Attempt> {
    if (this.#deadSince !== undefined) return without('crash', `not asked: it was gone after ${this.#deadSince}`);
    const seed = round === 0 ? this.#options.seed : `${this.#options.seed}.${round}`;
    const options = { target: this.#target, patience: this.#patience, seed };
    const result = await attempt(each.case, each.family, options);
    if (result.outcome === 'crash') await this.#revive(each);
    return result;
  }

  async #again(each: Chosen, first: Attempt): Promise<Conclusion> {
    const attempts = [first];
    const repeats = this.#options.repeats ?? limits.repeats;
    while (attempts.length <= repeats && this.#deadSince === undefined) {
      attempts.push(await this.#attempt(each, attempts.length));
    }
    // Of a case that is now this and now that, the red attempt is what has to be looked at.
    const shown = attempts.findLast(({ outcome }) => isRed(outcome)) ?? first;
    const all = attempts.map(({ outcome }) => outcome);
    const steady = all.every((outcome) => outcome === first.outcome);
    const outcome = steady ? first.outcome : 'flaky';
    return { ...shown, outcome, attempts: all };
  }

  /** One after the other, and not where somebody has done it already. */
  #revive(each: Chosen): Promise<void> {
    this.#reviving = this.#reviving.then(async () => {
      if (await this.#isAlive(each)) return;
      await this.#target.restart?.().catch(() => {});
      if (!(await this.#isAlive(each))) this.#deadSince ??= each.case.facts.id;
    });
    return this.#reviving;
  }

  #isAlive({ family }: Chosen): Promise<boolean> {
    const asked = once(family.control, this.#target, this.#patience, `${this.#options.seed}/revive`);
    return asked.then(
      () => true,
      () => false,
    );
  }

  #conclude(each: Chosen, conclusion: Conclusion): void {
    const verdict = { id: each.case.facts.id, ...conclusion };
    this.verdicts.set(each.case.facts.id, verdict);
    this.#options.on?.(verdict);
  }
}

function without(outcome: Outcome, message: string): Attempt {
  return { outcome, message, seed: '', ms: 0, observed: {}, timeline: [] };
}
