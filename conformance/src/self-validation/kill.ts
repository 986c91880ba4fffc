/**
 * The suite's own test: can each case fail, and does it fail for nothing else? A case is run against the reference node, clean and
 * with one bug switched on at a time.
 */
import type { Case } from '../case.ts';
import type { Patience } from '../context.ts';
import type { Family } from '../family.ts';
import type { Outcome } from '../grading.ts';
import { type Attempt, attempt } from '../runner/attempt.ts';

/** The reference answers at once, in order and in this process, so little silence is enough; answers wait for nothing but a busy machine. */
const referencePatience: Patience = { replyMs: 1_000, quietMs: 25 };
/** For cases that ask so much at once that this process is busy, and for those that went wrong while the machine was. */
const longPatience: Patience = { replyMs: 8_000, quietMs: 25 };

export const seeds: readonly string[] = ['1', '22', '333'];

/** One case against a fresh reference node. */
export async function against(
  asked: Case,
  family: Family,
  bugs: readonly string[],
  seed: string,
  patient: boolean = asked.budget !== 'fast',
): Promise<Attempt> {
  const unknown = bugs.find((bug) => family.reference.bugs[bug] === undefined);
  if (unknown !== undefined) throw new RangeError(`the ${family.reference.name} has no bug ${unknown}`);
  const target = await family.reference.open(new Set(bugs));
  try {
    return await attempt(asked, family, {
      target,
      patience: patient ? longPatience : referencePatience,
      seed,
    });
  } finally {
    await target.close();
  }
}

/** Does the case see the bug: another verdict, or, where it only records, another value. */
export function sees(clean: Attempt, mutant: Attempt): boolean {
  if (mutant.outcome !== clean.outcome) return true;
  return mutant.outcome === 'info' && answerOf(mutant) !== answerOf(clean);
}

export function answerOf({ observed, alternative, actual }: Attempt): string {
  return JSON.stringify([observed, alternative, actual]);
}

export interface Thoroughness {
  /** The clean reference is asked with each of these. */
  readonly seeds: readonly string[];
  /** … so many times. */
  readonly rounds?: number;
  /** Answers may take long: for the second time, when a busy machine is to make no difference. */
  readonly patient?: boolean;
}

/** What is wrong with a case: an empty list is what is wanted. */
export async function faultsOf(asked: Case, family: Family, thoroughness: Thoroughness): Promise<readonly string[]> {
  const { id } = asked.facts;
  const { rounds = 1, patient } = thoroughness;
  const faults: string[] = [];
  let clean: Attempt | undefined;
  for (const seed of thoroughness.seeds) {
    for (let round = 0; round < rounds; round++) {
      const again = await against(asked, family, [], seed, patient);
      clean ??= again;
      if (!isClean(again.outcome)) faults.push(`${id}: the clean reference gives ${told(again)} with seed ${seed}`);
    }
  }
  if (clean === undefined) throw new RangeError('the clean reference has to be asked at least once');
  const nothing = await against(asked, family, ['no-op'], seeds[0]!, patient);
  if (sees(clean, nothing)) faults.push(`${id}: the bug that does nothing gives ${told(nothing)}`);
  const killers = Object.entries(asked.killedBy);
  if (killers.length === 0) faults.push(`${id}: no bug kills it`);
  for (const [bug, wanted] of killers) faults.push(...(await killFaults(asked, family, clean, bug, wanted, patient)));
  return faults;
}

async function killFaults(
  asked: Case,
  family: Family,
  clean: Attempt,
  bug: string,
  wanted: Outcome,
  patient: boolean | undefined,
): Promise<readonly string[]> {
  const mutant = await against(asked, family, [bug], seeds[0]!, patient);
  if (mutant.outcome === wanted && sees(clean, mutant)) return [];
  return [`${asked.facts.id}: ${bug} has to give ${wanted}, and gives ${told(mutant)}`];
}

function isClean(outcome: Outcome): boolean {
  return outcome === 'pass' || outcome === 'info';
}

function told({ outcome, message, observed }: Attempt): string {
  return `${outcome}${message === undefined ? '' : ` (${message})`} ${JSON.stringify(observed)}`;
}
