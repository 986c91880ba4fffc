/** ferro-conformance doctor: can this target be judged from here, and if not, why not? */
import { Command } from 'commander';
import { families } from '../cases/families.ts';
import { exitCodes } from '../grading.ts';
import { calibrate } from '../runner/calibrate.ts';
import { missingNeeds, offers, select } from '../runner/select.ts';
import { print } from './output.ts';
import { openTarget, type TargetSettings, targetOptions } from './target.ts';

export function doctor(): Command {
  return targetOptions(new Command('doctor').description('say whether a target can be judged, and why not')).action(
    async (settings: TargetSettings) => {
      process.exitCode = await examine(settings);
    },
  );
}

async function examine(settings: TargetSettings): Promise<number> {
  const target = await openTarget(settings);
  try {
    const { name, version = 'of unknown version', endpoints, roles } = target;
    print(
      `${name}, ${version}; answers at ${Object.keys(endpoints).join(', ') || 'no address'}; plays ${roles.join(', ') || 'no role'}`,
    );
    const chosen = select(families, { slow: true }, target);
    const missing = missingNeeds(chosen);
    print(`${chosen.length} cases fit; this machine lacks ${missing.join(', ') || 'nothing'}`);
    let sane = true;
    for (const family of families) {
      if (!family.cases.some((each) => offers(target, each))) continue;
      try {
        const { quietMs } = await calibrate([family], target, 'doctor');
        print(`${family.title}: well; a silence of ${quietMs} ms will be taken for one`);
      } catch (error) {
        sane = false;
        print(`${family.title}: not sane. ${error instanceof Error ? error.message : error}`);
      }
    }
    if (chosen.length === 0) return exitCodes.usage;
    return sane ? exitCodes.asExpected : exitCodes.notSane;
  } finally {
    await target.close();
  }
}
