/** Whose fault a red cell may be, by how the same scenario went for each of the two with others. A hint, never a verdict. */
import type { Verdict } from '../cell.ts';

export type Suspect = 'seeder' | 'leecher' | 'pair' | 'scenario';

interface Seen {
  readonly scenario: string;
  readonly row: string;
  readonly column: string;
  readonly verdict: Verdict;
}

export function suspectOf(cell: Seen, all: readonly Seen[]): Suspect | undefined {
  if (cell.verdict !== 'failed') return undefined;
  const played = all.filter(({ scenario, verdict }) => scenario === cell.scenario && verdict !== 'unsupported');
  const passes = (list: readonly Seen[]) => list.some(({ verdict }) => verdict === 'passed');
  const seederWorks = passes(played.filter(({ row, column }) => row === cell.row && column !== cell.column));
  const leecherWorks = passes(played.filter(({ row, column }) => column === cell.column && row !== cell.row));
  if (seederWorks && leecherWorks) return 'pair';
  if (seederWorks) return 'leecher';
  return leecherWorks ? 'seeder' : 'scenario';
}
