/** The report of a run: as XML, as Markdown, and as a page that Chromium shows (our choice). */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { junitOf } from '../src/report/junit.ts';
import { markdownOf } from '../src/report/markdown.ts';
import { pageOf } from '../src/report/page.ts';
import { type CellRecord, countsOf, type RunRecord } from '../src/report/record.ts';
import { suspectOf } from '../src/report/suspect.ts';

const cell = (id: string, more: Partial<CellRecord> = {}): CellRecord => {
  const [scenario = '', row = '', column = ''] = id.split('/');
  const passed = {
    verdict: 'passed',
    trouble: '',
    checks: [],
    measures: { goodput: 5e6 },
    seconds: 1.5,
    times: 1,
  } as const;
  return { id, scenario, row, column, ...passed, command: `pnpm interop --only ${id}`, logs: [], capture: '', ...more };
};

const run: RunRecord = {
  schema: 1,
  startedAt: '2030-01-02T03:04:05.000Z',
  seconds: 60,
  versions: { ferro: '0.1.0', other: '2.0' },
  scenarios: [
    { name: 'transfer-tcp', code: 'T', title: 'transfer over TCP', shape: 'pair' },
    { name: 'magnet', code: 'M', title: 'magnet link', shape: 'pair' },
    { name: 'tracker-http', code: 'H', title: 'announce over HTTP', shape: 'tracker' },
  ],
  cells: [
    cell('transfer-tcp/ferro/other'),
    cell('transfer-tcp/other/ferro', {
      verdict: 'failed',
      trouble: 'late <script>alert(1)</script> & "more"',
      checks: [{ rule: 'every file is right', good: false, detail: 'a.bin is missing' }],
      capture: 'one calls other </script>',
      logs: ['cells/x/seeder.log'],
      suspect: 'pair',
    }),
    cell('magnet/ferro/other', { verdict: 'unsupported', trouble: 'ferro cannot: magnet' }),
    cell('magnet/other/ferro', { verdict: 'known', trouble: 'theirs' }),
    cell('tracker-http/other/ferro'),
  ],
};

test('cells are counted: what was not played, or is known to fail, counts as skipped', () => {
  expect(countsOf(run.cells)).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test('JUnit: a suite a scenario, and nothing that breaks the XML', () => {
  const xml = junitOf(run);
  expect(xml).toContain('<testsuite name="transfer-tcp" tests="2" failures="1" errors="0" skipped="0">');
  expect(xml).toContain('late &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;');
  expect(xml).toContain('<skipped message="ferro cannot: magnet"/>');
});

test('Markdown: a table of peers, one of trackers, and every red cell with its command', () => {
  const text = markdownOf(run);
  expect(text).toContain('| ferro | T | – |');
  expect(text).toContain('| other | – | (M) **✗ T** |');
  expect(text).toContain('| other | H |');
  expect(text).toContain('pnpm interop --only transfer-tcp/other/ferro');
});

test('Markdown: what passed only alone is said', () => {
  const trouble = 'failed beside other cells, and passed alone';
  const text = markdownOf({ ...run, cells: [cell('transfer-tcp/ferro/other', { trouble, times: 2 })] });
  expect(text).toContain(`**transfer-tcp/ferro/other**: ${trouble}.`);
});

test('a suspect is named by how it goes with others', () => {
  const seen = (row: string, column: string, good: boolean) => ({
    ...{ scenario: 's', row, column, verdict: good ? ('passed' as const) : ('failed' as const) },
  });
  const bad = seen('a', 'b', false);
  expect(suspectOf(bad, [bad, seen('a', 'c', true), seen('c', 'b', false)])).toBe('leecher');
  expect(suspectOf(bad, [bad, seen('a', 'c', false), seen('c', 'b', true)])).toBe('seeder');
  expect(suspectOf(bad, [bad, seen('a', 'c', true), seen('c', 'b', true)])).toBe('pair');
  expect(suspectOf(bad, [bad])).toBe('scenario');
  expect(suspectOf(seen('a', 'b', true), [])).toBeUndefined();
});

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
const browser = BROWSERS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

test.skipIf(browser === undefined)(
  'Chromium (skipped where there is none) shows the table and the chosen cell',
  { timeout: 120_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'ferro-page-'));
    try {
      writeFileSync(join(folder, 'index.html'), pageOf(run));
      const page = `file://${folder}/index.html#transfer-tcp/other/ferro`;
      const flags = [...FLAGS, `--user-data-dir=${folder}/profile`, '--virtual-time-budget=2000'];
      const shown = execFileSync(browser!, [...flags, '--dump-dom', page], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(shown).toContain(
        'class="chip failed" title="transfer over TCP: failed" data-id="transfer-tcp/other/ferro" aria-pressed="true"',
      );
      expect(shown).toContain('✗ not so: every file is right (a.bin is missing)');
      expect(shown).toContain('one calls other &lt;/script&gt;');
      expect(shown).toContain('<code>pnpm interop --only transfer-tcp/other/ferro</code>');
      expect(shown).toContain('2 passed, 1 failed, 1 failed as known, 1 unsupported');
      const picture = join(folder, 'page.png');
      execFileSync(browser!, [...flags, '--window-size=1200,900', `--screenshot=${picture}`, page], {
        stdio: 'ignore',
      });
      expect(readFileSync(picture).length).toBeGreaterThan(10_000);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);
