/** The closing line tells the truth also where vitest's own numbers do not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { summarize } from '../../scripts/test-summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferro-summary-'));
afterAll(() => rmSync(folder, { recursive: true }));

function closingLine(runnerExit: number, report: object | undefined): { line: string | undefined; exit: number } {
  const file = join(folder, 'report.json');
  rmSync(file, { force: true });
  if (report !== undefined) writeFileSync(file, JSON.stringify(report));
  const lines: string[] = [];
  const exit = summarize(runnerExit, [file], (line: string) => void lines.push(line));
  return { line: lines.at(-1), exit };
}

const clean = {
  numTotalTests: 3,
  numPassedTests: 2,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  testResults: [],
};

test('passed and skipped tests are added up', () => {
  expect(closingLine(0, clean)).toEqual({ line: '2 passed, 0 failed, 1 skipped', exit: 0 });
});

test('a failed test fails the run', () => {
  expect(closingLine(1, { ...clean, numFailedTests: 1 })).toEqual({ line: '2 passed, 1 failed, 1 skipped', exit: 1 });
});

test('a missing report counts as failed', () => {
  expect(closingLine(0, undefined)).toEqual({ line: '0 passed, 1 failed, 0 skipped', exit: 1 });
});

test('a file that cannot be imported counts as failed', () => {
  const testResults = [{ status: 'failed', name: 'a.test.ts', message: 'no such module', assertionResults: [] }];
  expect(closingLine(1, { ...clean, testResults })).toEqual({ line: '2 passed, 1 failed, 1 skipped', exit: 1 });
});

test('an unhandled error, which the report does not show, counts as failed', () => {
  expect(closingLine(1, clean)).toEqual({ line: '2 passed, 1 failed, 1 skipped', exit: 1 });
});

test('a run without a single test counts as failed', () => {
  expect(closingLine(0, { ...clean, numTotalTests: 0, numPassedTests: 0, numPendingTests: 0 }).exit).toBe(1);
});
