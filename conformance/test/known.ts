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
import { type Selection, select } from '../src/runner/select.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export function isInstalled(program: string, ...words: readonly string[]): boolean {
  const { error, status } = spawnSync(program, words);
  return error === undefined && (words.length === 0 || status === 0);
}

export function knownOf(name: string): Expectations {
  return readExpectations(join(root, `expectations/${name}.json`));
}

/** Everything, strictly. */
export async function expectKnown(name: string): Promise<Results> {
  const results = await resultsOf(name, {});
  expect(results.cases.filter(({ outcome }) => outcome === 'harness-error')).toEqual([]);
  expect(compare(results, knownOf(name))).toEqual({ unexpected: [], stale: [] });
  return results;
}

/** Only what is known, once: a run of everything takes minutes. An entry that no longer holds is seen, and so is one that nobody asks about. */
export async function expectEntries(name: string): Promise<void> {
  const known = knownOf(name);
  const results = await resultsOf(name, { ids: Object.keys(known) }, 0);
  const found = results.cases.map(({ id, outcome, message }) => ({ id, outcome, message }));
  const wanted = Object.entries(known).map(([id, { want }]) => ({ id, outcome: want, message: expect.anything() }));
  expect(found).toHaveLength(wanted.length);
  expect(found).toEqual(expect.arrayContaining(wanted));
}

async function resultsOf(name: string, selection: Selection, repeats?: number): Promise<Results> {
  const seed = 'known';
  const target = await openTarget({ target: join(root, `targets/${name}.json`) });
  try {
    const chosen = select(families, selection, target);
    const verdicts = await run(chosen, target, { seed, ...(repeats !== undefined && { repeats }) });
    return makeResults(chosen, verdicts, target, { seed, strict: true, targetArguments: '' });
  } finally {
    await target.close();
  }
}
