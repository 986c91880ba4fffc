/** What came of a run, for people and for programs: a page, JSON, JUnit and Markdown in one folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell } from './cell.ts';
import { junitOf } from './report/junit.ts';
import { markdownOf } from './report/markdown.ts';
import { pageOf } from './report/page.ts';
import { type Finished, recordOf } from './report/record.ts';
import type { Result } from './run.ts';

export function writeReport(folder: string, finished: Finished): void {
  const record = recordOf(folder, finished);
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(record, null, 1)}\n`);
  writeFileSync(join(folder, 'index.html'), pageOf(record));
  writeFileSync(join(folder, 'junit.xml'), junitOf(record));
  writeFileSync(join(folder, 'summary.md'), markdownOf(record));
}

/** Nothing was played: every cell says why. */
export function resultsWithout(cells: readonly Cell[], verdict: 'unsupported' | 'broken', trouble: string): Result[] {
  return cells.map((cell) => ({ cell, verdict, trouble, outcomes: [], measures: {}, folder: '' }));
}
