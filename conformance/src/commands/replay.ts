/** ferro-conformance replay: one case of an earlier run again, with its seed, and the whole conversation on the screen. */
import { Command } from 'commander';
import { families } from '../cases/families.ts';
import { exitCodes, isRed } from '../grading.ts';
import { readResults } from '../report/write.ts';
import { run as runCases, type Verdict } from '../runner/run.ts';
import { select } from '../runner/select.ts';
import type { Entry } from '../timeline.ts';
import { print, UsageError, visible } from './output.ts';
import { openTarget, type TargetSettings, targetOptions } from './target.ts';

interface ReplaySettings extends TargetSettings {
  readonly seed?: string;
  readonly untilFailure?: boolean;
}

export function replay(): Command {
  const command = new Command('replay')
    .description('ask one case of a results.json again and show the conversation')
    .argument('<results.json#id>')
    .option('--seed <seed>', 'another seed than that of the results')
    .option('--until-failure', 'ask again until it is red');
  return targetOptions(command).action(async (which: string, settings: ReplaySettings) => {
    process.exitCode = await again(which, settings);
  });
}

async function again(which: string, settings: ReplaySettings): Promise<number> {
  const [path = '', id = ''] = which.split('#');
  const before = readResults(path).cases.find((each) => each.id === id);
  if (before === undefined) throw new UsageError(`${path} has no case ${id}: write results.json#id`);
  const target = await openTarget(settings);
  try {
    const chosen = select(families, { ids: [id], slow: true }, target);
    if (chosen.length === 0) throw new UsageError(`${id} cannot be asked of this target`);
    for (let round = 0; ; round++) {
      const seed = `${settings.seed ?? before.seed}${round === 0 ? '' : `/${round}`}`;
      const [verdict] = await runCases(chosen, target, { seed, repeats: 0 });
      const red = isRed(verdict!.outcome);
      if (settings.untilFailure === true && !red) continue;
      tell(verdict!);
      return red ? exitCodes.unexpected : exitCodes.asExpected;
    }
  } finally {
    await target.close();
  }
}

function tell({ id, outcome, message, seed, timeline }: Verdict): void {
  for (const entry of timeline) print(lineOf(entry));
  print(`${outcome} ${id} (seed ${seed})${message === undefined ? '' : `: ${message}`}`);
}

function lineOf({ atMs, link, direction, what, hex }: Entry): string {
  const arrow = { sent: '→', received: '←', note: ' ' }[direction];
  return `${atMs.toFixed(1).padStart(9)} ${link.padEnd(8)} ${arrow} ${visible(what)}${hex === undefined ? '' : `\n${' '.repeat(21)}${hex}`}`;
}
