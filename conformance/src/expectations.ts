/** What a maintainer knows already: cases that do not pass, each with a reason. A case that meets no expectation fails the run, and so does an expectation that no longer holds. */
import { readFileSync } from 'node:fs';
import { catalogue } from './catalogue.ts';
import { isFailure, type Outcome, outcomes } from './grading.ts';
import type { Results } from './report/results.ts';

export interface Expectation {
  readonly want: Outcome;
  readonly why: string;
  /** Where it is followed up. */
  readonly issue?: string;
}

export type Expectations = Readonly<Record<string, Expectation>>;

export interface Comparison {
  /** Failures that nobody expects. */
  readonly unexpected: readonly string[];
  /** Expectations that no longer hold, with what came instead. */
  readonly stale: readonly string[];
}

/** What comes of a case that is now this and now that, when it is asked. */
const moves: readonly Outcome[] = ['pass', 'non-strict', 'fail', 'crash'];

export function readExpectations(path: string): Expectations {
  const expectations = JSON.parse(readFileSync(path, 'utf8')) as Expectations;
  for (const [id, { want, why }] of Object.entries(expectations)) {
    if (!catalogue.has(id)) throw new RangeError(`${path}: ${id} is not in the catalogue, so it can never hold`);
    if (!outcomes.includes(want)) throw new RangeError(`${path}: ${id} wants ${want}, which is no outcome`);
    if (typeof why !== 'string' || why === '') throw new RangeError(`${path}: ${id} gives no reason`);
  }
  return expectations;
}

export function compare({ cases, strict }: Results, expectations: Expectations): Comparison {
  const outcomeOf = new Map(cases.map(({ id, outcome }) => [id, outcome]));
  const unexpected = cases
    .filter(({ unscored }) => unscored !== true)
    .filter(({ id, outcome }) => isFailure(outcome, strict) && expectations[id] === undefined)
    .map(({ id, outcome }) => `${id}: ${outcome}`);
  const stale = Object.entries(expectations).flatMap(([id, { want }]) => {
    const outcome = outcomeOf.get(id);
    return outcome === undefined || outcome === want || (want === 'flaky' && moves.includes(outcome))
      ? []
      : [`${id}: expected ${want}, got ${outcome}`];
  });
  return { unexpected, stale };
}

/** The file for what is now: old reasons are kept, new entries ask for one. */
export function updated({ cases, strict }: Results, expectations: Expectations): Expectations {
  const wanted = cases.filter(({ outcome }) => isFailure(outcome, strict) || outcome === 'non-strict');
  const entries = wanted.map(({ id, outcome, message = '' }): [string, Expectation] => [
    id,
    { ...expectations[id], want: outcome, why: expectations[id]?.why ?? `not explained yet: ${message}` },
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
