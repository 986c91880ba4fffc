/** The folder of reports that a run leaves, and that `report` makes of several runs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { badges } from './badges.ts';
import { cellPage } from './html/cell.ts';
import { cellPath, indexPage } from './html/index-page.ts';
import { junit } from './junit.ts';
import { matrix, summary } from './markdown.ts';
import type { Results } from './results.ts';

/** Everything about one run. */
export function writeReports(folder: string, results: Results): void {
  writeSite(folder, [results]);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('results.json', `${JSON.stringify(results, undefined, 1)}\n`);
  write('junit.xml', junit(results));
  write('summary.md', summary(results));
  for (const [name, text] of badges(results)) write(name, text);
}

/** The pages, for any number of targets. */
export function writeSite(folder: string, all: readonly Results[]): void {
  mkdirSync(join(folder, 'cells'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), indexPage(all));
  writeFileSync(join(folder, 'matrix.md'), matrix(all));
  for (const [column, results] of all.entries()) {
    for (const each of results.cases) writeFileSync(join(folder, cellPath(column, each.id)), cellPage(each, results));
  }
}

export function readResults(path: string): Results {
  const results = JSON.parse(readFileSync(path, 'utf8')) as Results;
  if (results.version !== 1 || !Array.isArray(results.cases)) throw new RangeError(`${path} is no results.json`);
  return results;
}
