/** From what happened in a case to the colour of its cell, and from all cells to the exit code. */
import type { Facts } from './catalogue.ts';
import type { Severity } from './finding.ts';

export type Outcome = 'pass' | 'non-strict' | 'fail' | 'crash' | 'info' | 'unimplemented' | 'flaky' | 'harness-error';

export const outcomes: readonly Outcome[] = [
  'pass',
  'non-strict',
  'fail',
  'crash',
  'info',
  'unimplemented',
  'flaky',
  'harness-error',
];

/** How a breach of a rule is graded: safety first, text second, taste never. */
export function breach(facts: Pick<Facts, 'level' | 'ambiguous'>, severity: Severity): Outcome {
  if (severity === 'unsafe') return 'fail';
  if (facts.level === 'INFO') return 'info';
  if (severity === 'non-strict' || facts.ambiguous) return 'non-strict';
  return facts.level === 'MUST' || facts.level === 'STATED' ? 'fail' : 'non-strict';
}

/** Red is what has to be looked at again, alone, before it counts. */
export function isRed(outcome: Outcome): boolean {
  return outcome === 'fail' || outcome === 'crash' || outcome === 'non-strict';
}

/** What spoils a run when nobody expects it. */
export function isFailure(outcome: Outcome, strict: boolean): boolean {
  return outcome === 'fail' || outcome === 'crash' || outcome === 'flaky' || (strict && outcome === 'non-strict');
}

export const exitCodes = { asExpected: 0, unexpected: 1, usage: 2, harness: 3, notSane: 4 } as const;

/** The role is not played: not 127, which is a shell's way to say that it did not find the program. */
export const unsupportedExitCode = 89;
