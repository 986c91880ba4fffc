/** `summary.md`: for the page that a CI server shows, and, with several targets, the matrix. */
import type { Outcome } from '../grading.ts';
import { isFailure } from '../grading.ts';
import type { CaseResult, Results } from './results.ts';

const signs: Readonly<Record<Outcome, string>> = {
  pass: '✅',
  'non-strict': '🟡',
  fail: '❌',
  crash: '💥',
  info: '🔵',
  unimplemented: '⚪',
  flaky: '🔀',
  'harness-error': '🟣',
};

/** One target: counts, then whatever is not green. */
export function summary(results: Results): string {
  const { target, counts, cases, strict, date, suite, seed } = results;
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  const version = target.version === undefined ? '' : ` ${target.version}`;
  const lines = [
    `## ${cell(target.name + version)}`,
    '',
    said.map(([outcome, count]) => `${signs[outcome as Outcome]} ${count} ${outcome}`).join(' · '),
    '',
    `Suite ${suite}, ${date.slice(0, 10)}, seed ${seed}${strict ? ', strict' : ''}.`,
  ];
  const odd = cases.filter(
    ({ outcome }) => isFailure(outcome, strict) || !['pass', 'info', 'unimplemented'].includes(outcome),
  );
  if (odd.length > 0) lines.push('', '| | case | level | what came |', '|---|---|---|---|', ...odd.map(oddLine));
  return `${lines.join('\n')}\n`;
}

/** Several targets: a line a case, a column a target. */
export function matrix(all: readonly Results[]): string {
  const ids = [...new Set(all.flatMap(({ cases }) => cases.map(({ id }) => id)))];
  const facts = new Map(all.flatMap(({ cases }) => cases.map((each) => [each.id, each] as const)));
  const byTarget = all.map(({ cases }) => new Map(cases.map((each) => [each.id, each])));
  const names = all.map(({ target }) => cell([target.name, target.version ?? []].flat().join(' ')));
  const line = (id: string) => {
    const { title, level } = facts.get(id)!;
    const cells = byTarget.map((results) => cellOf(results.get(id)));
    return `| \`${id}\` | ${level} | ${cell(title)} | ${cells.join(' | ')} |`;
  };
  const head = `| case | level | rule | ${names.join(' | ')} |`;
  return `${[head, `|---|---|---|${names.map(() => '---').join('|')}|`, ...ids.map(line)].join('\n')}\n`;
}

function oddLine({ id, level, outcome, message = '' }: CaseResult): string {
  return `| ${signs[outcome]} ${outcome} | \`${id}\` | ${level} | ${cell(message)} |`;
}

function cellOf(result: CaseResult | undefined): string {
  if (result === undefined) return '';
  const values = Object.entries(result.observed).map(([key, value]) => `${key}: ${value}`);
  const words = result.alternative ?? (result.outcome === 'info' ? values.join('; ') || (result.actual ?? '') : '');
  return `${signs[result.outcome]} ${result.outcome}${words === '' ? '' : `: ${cell(words)}`}`;
}

/** In one line, without what would end the cell; strangers' bytes are shown as text only. */
function cell(text: string): string {
  const line = (text.split('\n')[0] ?? '').replace(/[\p{Cc}\p{Cf}]/gu, '·');
  return (line.length > 160 ? `${line.slice(0, 160)}…` : line).replace(
    /[|<>`*_[\]\\]/g,
    (character) => `\\${character}`,
  );
}
