/** Plays cells, a few at a time, and gathers what came of them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Cell, type Outcome, playCell, type Verdict, type World } from './cell.ts';
import { gapOf, missing } from './matrix.ts';
import { type Measures, medianOf } from './measure.ts';

export interface Result {
  readonly cell: Cell;
  readonly verdict: Verdict;
  readonly trouble: string;
  /** Each time that it was played; the first one that failed decides. */
  readonly outcomes: readonly Outcome[];
  readonly measures: Measures;
  /** Below the report: logs and the capture's summary. */
  readonly folder: string;
}

export interface RunOptions {
  readonly repeat: number;
  readonly jobs: number;
  readonly report: string;
  readonly say: (line: string) => void;
  /** Called as soon as a cell is over. */
  readonly done?: (result: Result) => void;
}

export async function runCells(cells: readonly Cell[], world: World, options: RunOptions): Promise<Result[]> {
  const results: Result[] = new Array(cells.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let index = next++; index < cells.length; index = next++) {
      const result = await runCell(cells[index]!, world, options, index);
      results[index] = result;
      done++;
      options.done?.(result);
      if (result.verdict !== 'unsupported') options.say(`${done}/${cells.length} ${lineOf(result)}`);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, worker));
  return results;
}

export function lineOf({ cell, verdict, trouble, outcomes }: Result): string {
  const seconds = outcomes.map((outcome) => `${outcome.seconds.toFixed(1)} s`).join(', ');
  const bad = outcomes.flatMap(({ checks }) => checks.filter(({ good }) => !good));
  const why = bad.map(({ rule, detail }) => `\n    not so: ${rule}${detail ? ` (${detail})` : ''}`);
  return `${verdict} ${cell.id} (${seconds})${trouble === '' ? '' : `\n    ${trouble}`}${why.join('')}`;
}

async function runCell(cell: Cell, world: World, options: RunOptions, index: number): Promise<Result> {
  const folder = join('cells', cell.id.replaceAll('/', '_'));
  const lacking = missing(cell);
  if (lacking !== undefined) {
    return { cell, verdict: 'unsupported', trouble: lacking, outcomes: [], measures: {}, folder: '' };
  }
  const outcomes: Outcome[] = [];
  for (let time = 0; time < options.repeat; time++) {
    const own = join(options.report, folder, ...(options.repeat > 1 ? [String(time + 1)] : []));
    mkdirSync(own, { recursive: true });
    outcomes.push(await playCell(cell, world, own, index * options.repeat + time));
  }
  const worst = outcomes.find(({ verdict }) => verdict !== 'passed') ?? outcomes[0]!;
  const measures = medianOf(outcomes.map((outcome) => outcome.measures));
  const gap = worst.verdict === 'failed' ? gapOf(cell) : undefined;
  const said = gap === undefined ? worst : { verdict: 'known' as const, trouble: gap };
  return { cell, verdict: said.verdict, trouble: said.trouble, outcomes, measures, folder };
}
