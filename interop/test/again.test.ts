/** A cell that failed in company is played again alone, and that counts (our choice). */
import { expect, test } from 'vitest';
import type { Outcome, Verdict } from '../src/cell.ts';
import { allCells } from '../src/matrix.ts';
import { readRegistry } from '../src/registry.ts';
import { playedAgain, type Result, withSecond } from '../src/run.ts';
import { SCENARIOS } from '../src/scenarios.ts';

const cell = allCells(SCENARIOS, readRegistry())[0]!;
const outcome = (verdict: Verdict): Outcome => ({ verdict, trouble: '', checks: [], measures: {}, seconds: 1 });
const result = (verdict: Verdict, trouble = '', folder = 'cells/one'): Result => ({
  ...{ cell, verdict, trouble, folder, measures: {} },
  outcomes: [outcome(verdict)],
});

test('red cells of a run with several at once are played again, unless they are many', () => {
  const results = [result('passed'), result('failed'), result('known'), result('broken'), result('unsupported')];
  expect(playedAgain(results, 3)).toEqual([1, 3]);
  expect(playedAgain(results, 1)).toEqual([]);
  expect(playedAgain([result('failed'), result('unsupported')], 3), 'it was alone').toEqual([]);
  const many = (count: number) => Array.from({ length: count }, () => result('failed'));
  expect(playedAgain(many(5), 3)).toHaveLength(5);
  expect(playedAgain(many(6), 3)).toEqual([]);
});

test('the second time decides, and the first is not hidden', () => {
  const first = result('failed', 'late');
  const good = withSecond(first, result('passed', '', 'cells/one/alone'));
  expect(good).toMatchObject({
    verdict: 'passed',
    trouble: 'failed beside other cells, and passed alone; at first: late',
    folder: 'cells/one',
  });
  expect(good.outcomes.map(({ verdict }) => verdict)).toEqual(['failed', 'passed']);
  expect(withSecond(first, result('failed', 'late again'))).toMatchObject({ verdict: 'failed', trouble: 'late again' });
});
