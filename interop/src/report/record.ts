/** A run as plain data: what results.json holds and what every other form of the report is made of. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../cell.ts';
import type { Measures } from '../measure.ts';
import type { Result } from '../run.ts';
import type { Check, Shape } from '../scenario.ts';
import { SCENARIOS } from '../scenarios.ts';
import { type Suspect, suspectOf } from './suspect.ts';

export interface CellRecord {
  readonly id: string;
  readonly scenario: string;
  readonly row: string;
  readonly column: string;
  readonly verdict: Verdict;
  readonly trouble: string;
  readonly checks: readonly Check[];
  readonly measures: Measures;
  readonly seconds: number;
  readonly times: number;
  /** The command that plays this cell again. */
  readonly command: string;
  /** Below the report. */
  readonly logs: readonly string[];
  readonly capture: string;
  readonly suspect?: Suspect;
  /** Once it is kept: when, and in which versions of those that took part. */
  readonly playedAt?: string;
  readonly versions?: Readonly<Record<string, string>>;
}

export interface RunRecord {
  readonly schema: 1;
  readonly startedAt: string;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly {
    readonly name: string;
    readonly code: string;
    readonly title: string;
    readonly shape: Shape;
  }[];
  readonly cells: readonly CellRecord[];
}

/** The page carries the summaries with it: a browser reads no other files from a disk. */
const CAPTURE_LENGTH = 12_000;

export interface Finished {
  readonly results: readonly Result[];
  readonly versions: ReadonlyMap<string, string>;
  readonly startedAt: Date;
  readonly seconds: number;
  /** Cells of runs before this one, that it goes on with. */
  readonly earlier?: readonly CellRecord[];
  /** Ids of all cells there are, in the order of the tables. */
  readonly order?: readonly string[];
}

export function recordOf(
  folder: string,
  { results, versions, startedAt, seconds, earlier = [], order = [] }: Finished,
): RunRecord {
  const places = new Map(order.map((id, place) => [id, place]));
  const cells = [...earlier, ...results.map((result) => recordOfCell(folder, result))].sort(
    (one, other) => (places.get(one.id) ?? 0) - (places.get(other.id) ?? 0),
  );
  const played = new Set(cells.map(({ scenario }) => scenario));
  return {
    schema: 1,
    startedAt: startedAt.toISOString(),
    seconds: Math.round(seconds),
    versions: Object.assign({}, ...earlier.map((cell) => cell.versions), Object.fromEntries(versions)),
    scenarios: SCENARIOS.filter(({ name }) => played.has(name)).map(({ name, code, title, shape }) => ({
      ...{ name, code, title, shape },
    })),
    cells: cells.map((cell) => {
      const suspect = suspectOf(cell, cells);
      return suspect === undefined ? cell : { ...cell, suspect };
    }),
  };
}

export function recordOfCell(
  folder: string,
  { cell, verdict, trouble, outcomes, measures, folder: own }: Result,
): CellRecord {
  const [scenario = '', row = '', column = ''] = cell.id.split('/');
  const telling = outcomes.find((outcome) => outcome.verdict === (verdict === 'known' ? 'failed' : verdict));
  const files = own === '' ? [] : readdirSync(join(folder, own), { recursive: true, encoding: 'utf8' }).sort();
  const capture = files.find((file) => file.endsWith('capture.txt'));
  return {
    ...{ id: cell.id, scenario, row, column, verdict, trouble, measures },
    checks: telling?.checks ?? [],
    seconds: Number((telling?.seconds ?? 0).toFixed(1)),
    times: outcomes.length,
    command: `pnpm interop --only ${cell.id}`,
    logs: files.filter((file) => /\.(log|txt|pcap)$/.test(file)).map((file) => join(own, file)),
    capture: capture === undefined ? '' : textOf(join(folder, own, capture)),
  };
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(0, CAPTURE_LENGTH) : '';
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function countsOf(cells: readonly { readonly verdict: Verdict }[]): Counts {
  const count = (...verdicts: Verdict[]) => cells.filter(({ verdict }) => verdicts.includes(verdict)).length;
  return { passed: count('passed'), failed: count('failed', 'broken'), skipped: count('unsupported', 'known') };
}
