/** Runs of the programs in `targets`, and what is known of them: `expectations/<name>.json`, where each entry has to hold still. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { families } from '../src/cases/families.ts';
import { openTarget } from '../src/commands/target.ts';
import { compare, type Expectations, readExpectations } from '../src/expectations.ts';
import { makeResults, type Results } from '../src/report/results.ts';
import { run } from '../src/runner/run.ts';
import { matches, type Selection, select } from '../src/runner/select.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `word` makes it end at once; by which code is its own affair. */
export function isInstalled(program: string, word: string): boolean {
  return spawnSync(program, [word]).error === undefined;
}

export function knownOf(name: string): Expectations {
  return readExpectations(join(root, `expectations/${name}.json`));
}

/** Everything, strictly. */
export async function expectKnown(name: string): Promise<Results> {
  const known = knownOf(name);
  const results = await resultsOf(name, {}, known);
  expect(results.cases.filter(({ outcome }) => outcome === 'harness-error')).toEqual([]);
  expect(compare(results, known)).toEqual({ unexpected: [], stale: [] });
  return results;
}

/** Only what is known: a run of everything takes minutes. An entry that no longer holds is seen, and so is one that nobody asks about. */
export async function expectEntries(name: string, skip: readonly string[]): Promise<void> {
  const entries = Object.entries(knownOf(name)).filter(([id]) => !skip.some((pattern) => matches(pattern, id)));
  const known = Object.fromEntries(entries);
  const results = await resultsOf(name, { ids: Object.keys(known) }, known);
  const found = results.cases.map(({ id, outcome, message }) => ({ id, outcome, message }));
  expect(found.map(({ id }) => id).sort()).toEqual(Object.keys(known).sort());
  const stale = new Set(compare(results, known).stale.map((line) => line.split(':')[0]));
  expect(found.filter(({ id }) => stale.has(id))).toEqual([]);
}

async function resultsOf(name: string, selection: Selection, expected: Expectations): Promise<Results> {
  const seed = 'known';
  const target = await openTarget({ target: join(root, `targets/${name}.json`) });
  try {
    const chosen = select(families, selection, target);
    const verdicts = await run(chosen, target, { seed, expected });
    return makeResults(chosen, verdicts, target, { seed, strict: true, targetArguments: '' });
  } finally {
    await target.close();
  }
}
