/** Plays cells, a few at a time, and gathers what came of them. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
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

/** Failures of one run that are played again: more of them are no accident of a busy machine. */
const AGAIN = 5;
/** Lines of each log that are shown where a cell failed: a CI job leaves nothing else. */
const LAST_LINES = 12;

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
      if (result.verdict === 'failed' || result.verdict === 'broken')
        options.say(lastWords(join(options.report, result.folder)));
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, worker));
  for (const index of playedAgain(results, options.jobs)) {
    const alone = await runCell(cells[index]!, world, options, cells.length * options.repeat + index, 'alone');
    results[index] = withSecond(results[index]!, alone);
    options.done?.(results[index]);
    options.say(`again, alone: ${lineOf(results[index])}`);
  }
  return results;
}

/** What failed beside other cells may have failed because of them: those are played again, one at a time. */
export function playedAgain(results: readonly Pick<Result, 'verdict'>[], jobs: number): number[] {
  const red = results.flatMap(({ verdict }, index) => (verdict === 'failed' || verdict === 'broken' ? [index] : []));
  const played = results.filter(({ verdict }) => verdict !== 'unsupported').length;
  return jobs > 1 && played > 1 && red.length <= AGAIN ? red : [];
}

/** The second time counts, since nothing else ran; that there was a first is said. */
export function withSecond(first: Result, alone: Result): Result {
  const trouble =
    alone.verdict === 'passed'
      ? [`failed beside other cells, and passed alone`, first.trouble].filter(Boolean).join('; at first: ')
      : alone.trouble;
  return { ...alone, trouble, folder: first.folder, outcomes: [...first.outcomes, ...alone.outcomes] };
}

function lastWords(folder: string): string {
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log') || name === 'capture.txt');
  const parts = logs.map((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
    return [`    --- ${name}`, ...lines.map((line) => `    ${line.slice(0, 200)}`)].join('\n');
  });
  return parts.join('\n');
}

export function lineOf({ cell, verdict, trouble, outcomes }: Result): string {
  const seconds = outcomes.map((outcome) => `${outcome.seconds.toFixed(1)} s`).join(', ');
  const bad = outcomes.flatMap(({ checks }) => checks.filter(({ good }) => !good));
  const why = bad.map(({ rule, detail }) => `\n    not so: ${rule}${detail ? ` (${detail})` : ''}`);
  return `${verdict} ${cell.id} (${seconds})${trouble === '' ? '' : `\n    ${trouble}`}${why.join('')}`;
}

async function runCell(cell: Cell, world: World, options: RunOptions, index: number, below = ''): Promise<Result> {
  const folder = join('cells', cell.id.replaceAll('/', '_'), below);
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
