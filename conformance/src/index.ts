/** A conformance suite for BitTorrent, as a library: choose cases, run them against a target, read the verdicts. */
export { families } from './cases/families.ts';
export type { Outcome } from './grading.ts';
export { limits } from './limits.ts';
export { makeResults, type Results } from './report/results.ts';
export { run, type Verdict } from './runner/run.ts';
export { select } from './runner/select.ts';
export { type Addresses, attach } from './target/attach.ts';
export type { Target } from './target/target.ts';
