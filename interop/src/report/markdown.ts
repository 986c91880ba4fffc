/** The run as a summary for a pull request: the table, then what is red and why. */
import { ofTrackers } from '../scenario.ts';
import { type CellRecord, countsOf, type RunRecord } from './record.ts';

export function markdownOf(run: RunRecord): string {
  const { passed, failed, skipped } = countsOf(run.cells);
  const names = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  const trackerScenarios = run.scenarios.filter(({ shape }) => ofTrackers(shape)).map(({ name }) => name);
  const trackers = run.cells.filter(({ scenario }) => trackerScenarios.includes(scenario));
  const peers = run.cells.filter(({ scenario }) => !trackerScenarios.includes(scenario));
  const red = run.cells.filter(
    ({ verdict, trouble }) => verdict !== 'unsupported' && (verdict !== 'passed' || trouble !== ''),
  );
  return `${[
    `${passed} passed, ${failed} failed, ${skipped} skipped; ${run.startedAt.slice(0, 10)}, ${run.seconds} s`,
    `Versions: ${names.join(', ')}.`,
    ...(peers.length > 0 ? ['Seeders in rows, leechers in columns:', table('seeder', peers, run)] : []),
    ...(trackers.length > 0 ? ['Trackers in rows, clients in columns:', table('tracker', trackers, run)] : []),
    run.scenarios.map(({ code, title }) => `${code} ${title}`).join(' · '),
    ...red.map(redLine),
  ].join('\n\n')}\n`;
}

function table(corner: string, cells: readonly CellRecord[], run: RunRecord): string {
  const rows = [...new Set(cells.map(({ row }) => row))];
  const columns = [...new Set(cells.map(({ column }) => column))];
  const lines = rows.map((row) => {
    const entries = columns.map((column) =>
      entryOf(
        cells.filter((cell) => cell.row === row && cell.column === column),
        run,
      ),
    );
    return `| ${[row, ...entries].join(' | ')} |`;
  });
  return [
    `| ${[corner, ...columns].join(' | ')} |`,
    `| ${['---', ...columns.map(() => '---')].join(' | ')} |`,
    ...lines,
  ].join('\n');
}

/** The codes that passed; then those that failed, marked. */
function entryOf(cells: readonly CellRecord[], run: RunRecord): string {
  const codes = (...verdicts: string[]) =>
    run.scenarios
      .filter(({ name }) => cells.some(({ scenario, verdict }) => scenario === name && verdicts.includes(verdict)))
      .map(({ code }) => code);
  const good = codes('passed').join(' ');
  const bad = codes('failed', 'broken').map((code) => `**✗ ${code}**`);
  const known = codes('known').map((code) => `(${code})`);
  return [good, ...known, ...bad].filter(Boolean).join(' ') || '–';
}

function redLine({ id, trouble, checks, suspect, command }: CellRecord): string {
  const bad = checks
    .filter(({ good }) => !good)
    .map(({ rule, detail }) => `not so: ${rule}${detail ? ` (${detail})` : ''}`);
  const hint = suspect === undefined ? '' : ` Suspect: the ${suspect}.`;
  return `- **${id}**: ${[trouble, ...bad].filter(Boolean).join('; ')}.${hint} \`${command}\``;
}
