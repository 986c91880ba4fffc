/** The run as JUnit's XML, which every CI reads: a suite a scenario, a case a cell. */
import type { CellRecord, RunRecord } from './record.ts';

export function junitOf(run: RunRecord): string {
  const suites = run.scenarios.map(({ name }) => {
    const cells = run.cells.filter(({ scenario }) => scenario === name);
    const failures = cells.filter(({ verdict }) => verdict === 'failed').length;
    const errors = cells.filter(({ verdict }) => verdict === 'broken').length;
    const skipped = cells.filter(({ verdict }) => ['unsupported', 'known'].includes(verdict)).length;
    const counts = `tests="${cells.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
    return `  <testsuite name="${escaped(name)}" ${counts}>\n${cells.map(caseOf).join('')}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="interop" time="${run.seconds}">\n${suites.join('')}</testsuites>\n`;
}

function caseOf({ id, verdict, seconds, trouble, checks }: CellRecord): string {
  const head = `    <testcase classname="interop" name="${escaped(id)}" time="${seconds}"`;
  const bad = checks.filter(({ good }) => !good).map(({ rule, detail }) => `not so: ${rule} (${detail ?? ''})`);
  const text = escaped([trouble, ...bad].filter(Boolean).join('\n'));
  switch (verdict) {
    case 'passed':
      return `${head}/>\n`;
    case 'unsupported':
    case 'known':
      return `${head}><skipped message="${text}"/></testcase>\n`;
    case 'failed':
      return `${head}><failure>${text}</failure></testcase>\n`;
    case 'broken':
      return `${head}><error>${text}</error></testcase>\n`;
  }
}

/** Characters that XML cannot hold at all are left out. */
function escaped(text: string): string {
  const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not be there
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '').replace(/[&<>"]/g, (mark) => marks[mark]!);
}
