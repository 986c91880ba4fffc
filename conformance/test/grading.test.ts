/** From what happened to a colour, and from colours to an exit code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { families } from '../src/cases/families.ts';
import { catalogue } from '../src/catalogue.ts';
import { compareResults } from '../src/commands/diff.ts';
import { compare, type Expectations, readExpectations, updated } from '../src/expectations.ts';
import { breach, type Outcome } from '../src/grading.ts';
import { type CaseResult, countOutcomes, type Results } from '../src/report/results.ts';
import { readRequirements } from '../src/requirements.ts';

function results(outcomes: Readonly<Record<string, Outcome>>, strict = false): Results {
  const cases = Object.entries(outcomes).map(([id, outcome]) => ({ id, outcome, observed: {} }) as CaseResult);
  const target = { name: 'target' };
  return { version: 1, suite: '', date: '', target, seed: '', strict, counts: countOutcomes(cases), cases };
}

test.each([
  ['MUST', false, 'by-level', 'fail'],
  ['STATED', false, 'by-level', 'fail'],
  ['STATED', true, 'by-level', 'non-strict'],
  ['STATED', false, 'non-strict', 'non-strict'],
  ['SHOULD', false, 'by-level', 'non-strict'],
  ['MAY', false, 'by-level', 'non-strict'],
  ['DF', false, 'by-level', 'non-strict'],
  ['DF', true, 'unsafe', 'fail'],
  ['INFO', false, 'by-level', 'info'],
] as const)('a breach of %s (two readings: %s), found %s, is %s', (level, ambiguous, severity, outcome) => {
  expect(breach({ level, ambiguous }, severity)).toBe(outcome);
});

test('what nobody expects fails a run, and so does an expectation that no longer holds', () => {
  const now = results({ a: 'fail', b: 'fail', c: 'pass', d: 'non-strict' });
  const known = { a: { want: 'fail', why: 'known' }, c: { want: 'fail', why: 'was so' } } as const;
  expect(compare(now, known)).toEqual({ unexpected: ['b: fail'], stale: ['c: expected fail, got pass'] });
  expect(compare({ ...now, strict: true }, known).unexpected).toEqual(['b: fail', 'd: non-strict']);
});

test('a case outside the requirement set is shown and cannot fail a run', () => {
  const now = results({ a: 'fail', b: 'fail' });
  const cases = now.cases.map((each): CaseResult => (each.id === 'b' ? { ...each, unscored: true } : each));
  expect(compare({ ...now, cases }, {}).unexpected).toEqual(['a: fail']);
});

test('a requirement set names cases of the catalogue that are graded', () => {
  const ids = [...readRequirements('2027.1')];
  expect(ids.length).toBeGreaterThan(80);
  expect(ids.filter((id) => catalogue.get(id) === undefined || catalogue.get(id)!.level === 'INFO')).toEqual([]);
  expect(() => readRequirements('1999.1')).toThrow('there is 2027.1');
});

test('an expectation about a case that was not asked is not stale', () => {
  expect(compare(results({ a: 'pass' }), { z: { want: 'fail', why: 'known' } }).stale).toEqual([]);
});

test('written anew, expectations keep their reasons', () => {
  const known = { a: { want: 'crash', why: 'known', issue: '7' } } as const;
  expect(updated(results({ a: 'fail', b: 'pass', c: 'non-strict' }), known)).toEqual({
    a: { want: 'fail', why: 'known', issue: '7' },
    c: { want: 'non-strict', why: 'not explained yet: ' },
  });
});

test('what is known to be now this and now that is not stale when it passes, and when it is not judged at all it is', () => {
  const known: Expectations = { a: { want: 'flaky', why: 'a race' } };
  expect(compare(results({ a: 'pass' }), known).stale).toEqual([]);
  expect(compare(results({ a: 'fail' }), known)).toEqual({ unexpected: [], stale: [] });
  expect(compare(results({ a: 'unimplemented' }), known).stale).toHaveLength(1);
});

test('an expectation needs a reason and an outcome that exists', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferro-expect-'));
  const path = join(folder, 'expectations.json');
  writeFileSync(path, '{"bep10.bit":{"want":"fail"}}');
  expect(() => readExpectations(path)).toThrow('gives no reason');
  writeFileSync(path, '{"bep10.bit":{"want":"red","why":"x"}}');
  expect(() => readExpectations(path)).toThrow('no outcome');
  writeFileSync(path, '{"bep10.bits":{"want":"fail","why":"x"}}');
  expect(() => readExpectations(path)).toThrow('not in the catalogue');
  rmSync(folder, { recursive: true });
});

test('two runs are compared case by case', () => {
  const differences = compareResults(
    results({ a: 'pass', b: 'fail', c: 'pass' }),
    results({ a: 'fail', b: 'pass', d: 'pass' }),
  );
  expect(differences.map(({ id, kind }) => [id, kind])).toEqual([
    ['a', 'worse'],
    ['b', 'better'],
    ['c', 'gone'],
    ['d', 'new'],
  ]);
});

test('every case is in the catalogue once, and every tracker case of the catalogue is written', () => {
  const ids = families.flatMap((family) => family.cases.map((each) => each.facts.id));
  expect(new Set(ids).size).toBe(ids.length);
  expect(catalogue.size).toBe(887);
  const trackers = [...catalogue.values()].filter(({ roles }) => roles.includes('tracker')).map(({ id }) => id);
  expect(trackers.filter((id) => !ids.includes(id))).toEqual([]);
});
