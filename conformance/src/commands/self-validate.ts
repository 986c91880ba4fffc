/** ferro-conformance self-validate: can each case fail, and does it fail for nothing else? */
import { Command } from 'commander';
import { families } from '../cases/families.ts';
import { exitCodes } from '../grading.ts';
import { limits } from '../limits.ts';
import { inParallel } from '../runner/parallel.ts';
import { select } from '../runner/select.ts';
import { faultsOf, seeds } from '../self-validation/kill.ts';
import { sabotageFaults } from '../self-validation/led-through.ts';
import { killMatrix, matrixFaults, readMatrix, writeMatrix } from '../self-validation/matrix.ts';
import { countOf, print, UsageError } from './output.ts';
import { type SelectionSettings, selectionOf, selectionOptions } from './selection.ts';
import { openTarget, type TargetSettings, targetOptions } from './target.ts';

interface SelfValidateSettings extends SelectionSettings, TargetSettings {
  readonly family?: string;
  readonly rounds: string;
  readonly matrix?: boolean;
}

export function selfValidate(): Command {
  const command = new Command('self-validate')
    .description('run the cases against the reference nodes and their bugs, or against a healthy target and a saboteur')
    .option('--family <name>', 'only this family')
    .option('--rounds <count>', 'times that the clean reference is asked with each of three seeds', '1')
    .option(
      '--matrix',
      'run every case (or those of --case) against every bug and store what it sees, in the checkout',
    );
  return targetOptions(selectionOptions(command)).action(run);
}

async function run(settings: SelfValidateSettings): Promise<void> {
  const healthy = settings.target ?? settings.tracker;
  const faults = healthy === undefined ? await againstReferences(settings) : await withSaboteur(settings);
  for (const fault of faults) print(fault);
  print(`${faults.length} faults`);
  if (faults.length > 0) process.exitCode = exitCodes.unexpected;
}

async function withSaboteur(settings: TargetSettings): Promise<readonly string[]> {
  const target = await openTarget(settings);
  try {
    return await sabotageFaults(target, 'saboteur');
  } finally {
    await target.close();
  }
}

async function againstReferences(settings: SelfValidateSettings): Promise<readonly string[]> {
  const asked = families.filter(({ name }) => settings.family === undefined || settings.family === name);
  const chosen = select(asked, { ...selectionOf(settings), slow: true });
  if (chosen.length === 0) throw new UsageError('no case fits');
  const faults: string[] = [];
  for (const alone of [true, false]) {
    const some = chosen.filter((each) => (each.case.alone === true) === alone);
    await inParallel(some, alone ? 1 : limits.jobs, async ({ case: each, family }) => {
      faults.push(...(await faultsOf(each, family, { seeds, rounds: countOf(settings.rounds, '--rounds') })));
    });
  }
  for (const family of asked) {
    const ids = settings.case === undefined ? undefined : new Set(chosen.map((each) => each.case.facts.id));
    if (settings.matrix === true) writeMatrix(family, await killMatrix(family, ids));
    faults.push(...matrixFaults(family, readMatrix(family)));
  }
  print(`${chosen.length} cases`);
  return faults;
}
