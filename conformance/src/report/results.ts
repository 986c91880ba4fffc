/** `results.json`: everything that a run found, in one object. The other reports are made from it, and so can be made again later. */
import type { Outcome } from '../grading.ts';
import { outcomes } from '../grading.ts';
import { readRequirements } from '../requirements.ts';
import type { Verdict } from '../runner/run.ts';
import type { Chosen } from '../runner/select.ts';
import type { Target } from '../target/target.ts';

export interface CaseResult extends Verdict {
  readonly title: string;
  readonly section: string;
  readonly level: string;
  readonly bep: string;
  readonly family: string;
  /** Not in the requirement set of the run: shown, and never a reason to fail it. */
  readonly unscored?: true;
  /** The command that does it again. */
  readonly replay: string;
}

export interface Results {
  /** Of this format. */
  readonly version: 1;
  readonly suite: string;
  /** When the run ended, in UTC. */
  readonly date: string;
  readonly target: { readonly name: string; readonly version?: string };
  readonly seed: string;
  readonly strict: boolean;
  /** The requirement set, if one was asked for. */
  readonly set?: string;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly cases: readonly CaseResult[];
}

export interface ResultsOptions {
  readonly seed: string;
  readonly strict: boolean;
  readonly set?: string;
  /** How the target was named on the command line. */
  readonly targetArguments: string;
}

export const suiteVersion = '0.1.0';

export function makeResults(
  chosen: readonly Chosen[],
  verdicts: readonly Verdict[],
  target: Target,
  options: ResultsOptions,
): Results {
  const facts = new Map(chosen.map((each) => [each.case.facts.id, each]));
  const scored = options.set === undefined ? undefined : readRequirements(options.set);
  const cases = verdicts.map((verdict): CaseResult => {
    const result = caseResult(facts.get(verdict.id)!, verdict, options.targetArguments);
    return scored === undefined || scored.has(verdict.id) ? result : { ...result, unscored: true };
  });
  return {
    version: 1,
    suite: suiteVersion,
    date: new Date().toISOString(),
    target: { name: target.name, ...(target.version !== undefined && { version: target.version }) },
    seed: options.seed,
    strict: options.strict,
    ...(options.set !== undefined && { set: options.set }),
    counts: countOutcomes(cases),
    cases,
  };
}

export function caseResult(chosen: Chosen, verdict: Verdict, targetArguments: string): CaseResult {
  const { title, section, facts } = chosen.case;
  const replay = `ferro-conformance run ${targetArguments} --case ${facts.id} --seed ${verdict.seed}`;
  return { ...verdict, title, section, level: facts.level, bep: facts.bep, family: chosen.family.name, replay };
}

export function countOutcomes(cases: readonly { readonly outcome: Outcome }[]): Record<Outcome, number> {
  const count = (outcome: Outcome) => cases.filter((each) => each.outcome === outcome).length;
  return Object.fromEntries(outcomes.map((outcome) => [outcome, count(outcome)])) as Record<Outcome, number>;
}
