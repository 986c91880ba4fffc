/**
 * The kill matrix: which bug of the reference turns which case what colour. It is stored beside the code, one file a family, and read
 * in review like a lock file: a bug that half the suite sees means that cases are not about one thing each.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Case } from '../case.ts';
import type { Family } from '../family.ts';
import type { Outcome } from '../grading.ts';
import type { Attempt } from '../runner/attempt.ts';
import { inParallel } from '../runner/parallel.ts';
import { against, seeds, sees } from './kill.ts';

/** Only what differs from the clean reference is in it. */
export type KillMatrix = Readonly<Record<string, Readonly<Record<string, Outcome>>>>;

/** Runs at once: nearly all of them only wait. */
const jobs = 32;
/** Runs at once that are not late on a machine of two threads. */
const few = 6;

/** Of these cases only, if they are given; what is stored about the others stays. */
export async function killMatrix(family: Family, ids?: ReadonlySet<string>): Promise<KillMatrix> {
  const bugs = Object.keys(family.reference.bugs).sort();
  const cases = [...family.cases].sort((a, b) => (a.facts.id < b.facts.id ? -1 : 1));
  const stored = ids === undefined ? {} : readMatrix(family);
  const asked = cases.filter(({ facts: { id } }) => ids === undefined || ids.has(id) || stored[id] === undefined);
  const seen = await sightings(family, asked, bugs);
  const row = (id: string) =>
    bugs.flatMap((bug) => (seen.has(`${id} ${bug}`) ? [[bug, seen.get(`${id} ${bug}`)!]] : []));
  const fresh = new Map(asked.map(({ facts: { id } }) => [id, Object.fromEntries(row(id)) as KillMatrix[string]]));
  return Object.fromEntries(cases.map(({ facts: { id } }) => [id, fresh.get(id) ?? stored[id]!]));
}

async function sightings(
  family: Family,
  cases: readonly Case[],
  bugs: readonly string[],
): Promise<ReadonlyMap<string, Outcome>> {
  const cleans = new Map<string, Attempt>();
  await inParallel(cases, 1, async (each) => {
    cleans.set(each.facts.id, await against(each, family, [], seeds[0]!));
  });
  const seen = new Map<string, Outcome>();
  const look = async ({ each, bug }: Pair): Promise<void> => {
    const mutant = await against(each, family, [bug], seeds[0]!);
    const key = `${each.facts.id} ${bug}`;
    if (sees(cleans.get(each.facts.id)!, mutant)) seen.set(key, mutant.outcome);
    else seen.delete(key);
  };
  const pairs = cases.flatMap((each) => bugs.map((bug) => ({ each, bug })));
  const alone = pairs.filter(({ each }) => each.alone === true);
  await inParallel(alone, 1, look);
  const together = pairs.filter(({ each }) => each.alone !== true);
  await inParallel(together, jobs, look);
  // In much company an answer may be late, and that looks like a fault: what no case says of itself is asked again with little.
  const doubtful = together.filter(
    ({ each: { facts, killedBy }, bug }) => seen.get(`${facts.id} ${bug}`) !== killedBy[bug],
  );
  await inParallel(doubtful, few, look);
  return seen;
}

interface Pair {
  readonly each: Case;
  readonly bug: string;
}

/** Empty for a family that has none yet. */
export function readMatrix(family: Family): KillMatrix {
  if (!existsSync(fileOf(family))) return {};
  return JSON.parse(readFileSync(fileOf(family), 'utf8')) as KillMatrix;
}

export function writeMatrix(family: Family, matrix: KillMatrix): void {
  writeFileSync(fileOf(family), `${JSON.stringify(matrix, undefined, 2)}\n`);
}

/** Where the stored matrix and the code say different things; an empty list is what is wanted. */
export function matrixFaults(family: Family, matrix: KillMatrix): readonly string[] {
  const faults: string[] = [];
  const ids = new Set(family.cases.map((each) => each.facts.id));
  for (const { facts, killedBy } of family.cases) {
    const row = matrix[facts.id];
    if (row === undefined) faults.push(`${facts.id} has no row`);
    else {
      const unseen = Object.entries(killedBy).filter(([bug, outcome]) => row[bug] !== outcome);
      faults.push(...unseen.map(([bug, outcome]) => `${facts.id}: ${bug} gives ${row[bug]}, not ${outcome}`));
    }
  }
  faults.push(...Object.keys(matrix).flatMap((id) => (ids.has(id) ? [] : [`${id} is no case`])));
  if (Object.values(matrix).some((row) => 'no-op' in row)) faults.push('a case sees the bug that does nothing');
  const seen = new Set(Object.values(matrix).flatMap((row) => Object.keys(row)));
  const bugs = Object.keys(family.reference.bugs).filter((bug) => bug !== 'no-op');
  return [...faults, ...bugs.flatMap((bug) => (seen.has(bug) ? [] : [`no case sees ${bug}`]))];
}

function fileOf(family: Family): URL {
  return new URL(`../../kill-matrix/${family.name}.json`, import.meta.url);
}
