/**
 * What was played before into the same report: each cell leaves its record beside its logs, so that a long run can be cut off
 * anywhere, gone on with, and put together into one report.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CellRecord, recordOfCell } from './report/record.ts';
import type { Result } from './run.ts';

const FILE = 'cell.json';

/** Does nothing for cells that were not played. */
export function keepRecord(report: string, result: Result, versions: ReadonlyMap<string, string>): void {
  if (result.folder === '') return;
  const names = Object.values(result.cell).flatMap((part) => (typeof part === 'object' ? [part.name] : []));
  const known = [...versions].filter(([name]) => names.includes(name) || result.cell.leecher === undefined);
  const record: CellRecord = {
    ...recordOfCell(report, result),
    playedAt: new Date().toISOString(),
    versions: Object.fromEntries(known),
  };
  writeFileSync(join(report, result.folder, FILE), `${JSON.stringify(record, null, 1)}\n`);
}

/** Of all cells that could be played; what broke is played again. */
export function readEarlier(report: string): CellRecord[] {
  const cells = join(report, 'cells');
  if (!existsSync(cells)) return [];
  return readdirSync(cells)
    .map((name) => join(cells, name, FILE))
    .filter((file) => existsSync(file))
    .map((file): CellRecord => JSON.parse(readFileSync(file, 'utf8')))
    .filter(({ verdict }) => verdict !== 'broken');
}
