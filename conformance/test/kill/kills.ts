/** What every family has to show: each case passes the clean reference node, each bug that it names turns it red, and the stored matrix says the same. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Case } from '../../src/case.ts';
import { families } from '../../src/cases/families.ts';
import { inParallel } from '../../src/runner/parallel.ts';
import { faultsOf, type Thoroughness } from '../../src/self-validation/kill.ts';
import { matrixFaults, readMatrix } from '../../src/self-validation/matrix.ts';

/** Cases at once: nearly all of them only wait. */
const jobs = 20;

/** All cases run before the first test looks at one, because many of them wait for a silence, and they can do that together. */
export function describeKills(name: string): void {
  const family = families.find((each) => each.name === name)!;
  const faults = new Map<string, readonly string[]>();

  async function find(cases: readonly Case[], atOnce: number, more: Partial<Thoroughness> = {}): Promise<void> {
    await inParallel(cases, atOnce, async (each) => {
      faults.set(each.facts.id, await faultsOf(each, family, { seeds: ['1'], ...more }));
    });
  }

  describe(family.title, () => {
    beforeAll(async () => {
      await find(
        family.cases.filter(({ alone }) => alone !== true),
        jobs,
      );
      await find(
        family.cases.filter(({ alone }) => alone === true),
        1,
      );
      // What went wrong in company may be the company's doing: as in a run, such a case is asked again alone and patiently, and that counts.
      await find(
        family.cases.filter(({ facts }) => faults.get(facts.id)!.length > 0),
        1,
        { patient: true },
      );
    }, 300_000);

    test.each(family.cases.map(({ facts }) => facts.id))('%s', (id) => {
      expect(faults.get(id)).toEqual([]);
    });

    test('the stored kill matrix has every case, every killer and every bug', () => {
      expect(matrixFaults(family, readMatrix(family))).toEqual([]);
    });
  });
}
