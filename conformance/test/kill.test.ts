/** Every case passes the clean reference node, every bug that it names turns it red, and the stored matrix says the same. */
import { describe, expect, test } from 'vitest';
import { families } from '../src/cases/families.ts';
import { faultsOf } from '../src/self-validation/kill.ts';
import { matrixFaults, readMatrix } from '../src/self-validation/matrix.ts';

describe.each(families)('$name', (family) => {
  const named = family.cases.map((each) => ({ id: each.facts.id, each }));

  test.concurrent.each(named.filter(({ each }) => each.alone !== true))('$id', async ({ each }) => {
    expect(await faultsOf(each, family)).toEqual([]);
  });

  test.each(named.filter(({ each }) => each.alone === true))('$id, alone', async ({ each }) => {
    expect(await faultsOf(each, family)).toEqual([]);
  });

  test('the stored kill matrix has every case, every killer and every bug', () => {
    expect(matrixFaults(family, readMatrix(family))).toEqual([]);
  });
});
