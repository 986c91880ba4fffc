/** The matchers of a case's body. `expect` is graded by the level of the rule, `strictly` at most non-strict, `safely` always a failure. */
import { isDeepStrictEqual } from 'node:util';
import { Finding, type Severity, show } from './finding.ts';

export interface Matchers {
  is(wanted: unknown): void;
  isNot(unwanted: unknown): void;
  oneOf(wanted: readonly unknown[]): void;
  atLeast(least: number): void;
  atMost(most: number): void;
  /** For lists. */
  includes(wanted: unknown): void;
  excludes(unwanted: unknown): void;
  /** For anything else: the words say what `test` looks for. */
  satisfies(words: string, test: boolean): void;
}

export type Expect = (actual: unknown, what: string) => Matchers;

export function expecting(severity: Severity): Expect {
  return (actual, what) => {
    const check = (holds: boolean, expected: string): void => {
      if (!holds) throw new Finding(what, expected, show(actual), severity);
    };
    const listed = (value: unknown) => Array.isArray(actual) && actual.some((each) => isDeepStrictEqual(each, value));
    return {
      is: (wanted) => check(isDeepStrictEqual(actual, wanted), show(wanted)),
      isNot: (unwanted) => check(!isDeepStrictEqual(actual, unwanted), `anything but ${show(unwanted)}`),
      oneOf: (wanted) =>
        check(
          wanted.some((each) => isDeepStrictEqual(actual, each)),
          `one of ${show(wanted)}`,
        ),
      atLeast: (least) => check(Number(actual) >= least, `at least ${least}`),
      atMost: (most) => check(Number(actual) <= most, `at most ${most}`),
      includes: (wanted) => check(listed(wanted), `a list with ${show(wanted)}`),
      excludes: (unwanted) => check(!listed(unwanted), `a list without ${show(unwanted)}`),
      satisfies: (words, test) => check(test, words),
    };
  };
}
