/** The reports of a run: what is in them, and that nothing a target says gets out of its place. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type CaseResult, countOutcomes, type Results } from '../src/report/results.ts';
import { writeReports, writeSite } from '../src/report/write.ts';
import { browser, rendered, shownRows } from './browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferro-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

function result(id: string, outcome: CaseResult['outcome'], more: Partial<CaseResult> = {}): CaseResult {
  const usual = {
    level: 'STATED',
    bep: 'bep3',
    family: 'tracker-http',
    section: 'BEP 3, trackers',
    title: `about ${id}`,
  };
  return { id, outcome, ...usual, seed: '1', ms: 5, observed: {}, timeline: [], replay: `run --case ${id}`, ...more };
}

const hostile = '</script><script>document.title="taken"</script><img src=http://192.0.2.1/x>\u0000';

const cases: readonly CaseResult[] = [
  result('bep3.tracker.one', 'pass'),
  result('bep3.tracker.two', 'fail', {
    message: `the body: ${hostile}`,
    expected: 'a dictionary',
    actual: hostile,
    timeline: [
      { atMs: 0.1, link: 'http 1', direction: 'sent', what: `GET ${hostile}`, length: 3, hex: '474554' },
      { atMs: 2, link: 'http 1', direction: 'received', what: '2 bytes', length: 2, hex: '6465' },
    ],
  }),
  result('bep3.tracker.three', 'info', { level: 'INFO', observed: { order: hostile } }),
  result('bep7.four', 'non-strict', { level: 'SHOULD', bep: 'bep7' }),
  result('bep7.five', 'unimplemented', { level: 'MAY', bep: 'bep7', message: 'no peers6' }),
];

const results: Results = {
  version: 1,
  suite: '0.1.0',
  date: '2027-01-01T00:00:00.000Z',
  target: { name: 'a <target>', version: '1' },
  seed: '1',
  strict: false,
  counts: countOutcomes(cases),
  cases,
};

writeReports(folder, results);

test('results.json is what the other reports can be made from again', () => {
  expect(JSON.parse(read('results.json'))).toEqual(JSON.parse(JSON.stringify(results)));
});

test('junit.xml counts failures and skips, and has no character that XML has no place for', () => {
  const xml = read('junit.xml');
  expect(xml).toContain('tests="5" failures="1" errors="0" skipped="1"');
  expect(xml).not.toContain('<script');
  expect(xml).not.toContain('\u0000');
});

test('summary.md lists what is not green, in one line each', () => {
  const lines = read('summary.md').split('\n');
  expect(lines.filter((line) => line.startsWith('| ❌'))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('| 🟡'))).toHaveLength(1);
  expect(lines.join('\n')).not.toMatch(/[^\\]</);
});

test('a badge counts the rules that can fail', () => {
  expect(JSON.parse(read('badge-bep3.json'))).toMatchObject({ label: 'BEP 3', message: '1/2', color: 'red' });
});

test('every cell has its page, and every link of the index leads to one', () => {
  const links = [...read('index.html').matchAll(/href="(cells\/[^"]+)"/g)].map(([, path]) => path!);
  expect(links).toHaveLength(cases.length);
  expect(links.map((path) => path.slice('cells/'.length)).sort()).toEqual(readdirSync(join(folder, 'cells')).sort());
});

test('no page loads anything, and nothing that a target said is markup', () => {
  for (const name of ['index.html', ...readdirSync(join(folder, 'cells')).map((each) => `cells/${each}`)]) {
    const page = read(name);
    expect(page).not.toMatch(/<(img|link|iframe|script src)/);
    expect(page.match(/<script>/g)?.length ?? 0).toBeLessThan(2);
  }
});

test('several targets are columns beside each other', () => {
  const two = join(folder, 'two');
  writeSite(two, [results, { ...results, target: { name: 'another' }, cases: cases.slice(0, 2) }]);
  const index = readFileSync(join(two, 'index.html'), 'utf8');
  expect(index).toContain('5 rules, asked of 2 targets');
  expect([...index.matchAll(/href="cells\/1-/g)]).toHaveLength(2);
});

const inBrowser = describe.skipIf(browser === undefined);

inBrowser('in Chromium, where it is installed', () => {
  const index = join(folder, 'index.html');
  const all = cases.map(({ id }) => id);

  test('all rows are shown, and a target cannot run its script', async () => {
    const document = await rendered(index);
    expect(shownRows(document)).toEqual(all);
    expect(document).toContain('<title>BitTorrent conformance</title>');
  });

  test('filters by outcome, level and words leave what fits', async () => {
    expect(shownRows(await rendered(index, '#outcome=fail,info'))).toEqual(['bep3.tracker.two', 'bep3.tracker.three']);
    expect(shownRows(await rendered(index, '#level=SHOULD,MAY&text=FIVE'))).toEqual(['bep7.five']);
    const nothing = await rendered(index, '#text=nothing-has-this');
    expect(shownRows(nothing)).toEqual([]);
    expect(nothing).toContain('<p class="none">');
  });

  test('sorting by outcome puts the worst first, and the other way round', async () => {
    const worst = ['bep3.tracker.two', 'bep3.tracker.three', 'bep3.tracker.one', 'bep7.four', 'bep7.five'];
    const strict = await rendered(index, '#sort=0&strict=yes');
    expect(shownRows(strict)).toEqual(worst);
    expect(strict).toContain('<body class="strict">');
    const best = ['bep3.tracker.one', 'bep3.tracker.three', 'bep3.tracker.two', 'bep7.five', 'bep7.four'];
    expect(shownRows(await rendered(index, '#sort=-0'))).toEqual(best);
  });
});
