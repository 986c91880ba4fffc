/** A long run goes on where it was cut off (our choice): what was played is kept, what broke is played again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Verdict } from '../src/cell.ts';
import { keepRecord, readEarlier } from '../src/earlier.ts';
import { allCells, matching } from '../src/matrix.ts';
import { readRegistry } from '../src/registry.ts';
import { recordOf } from '../src/report/record.ts';
import type { Result } from '../src/run.ts';
import { SCENARIOS } from '../src/scenarios.ts';

const cells = allCells(SCENARIOS, readRegistry());
const folder = mkdtempSync(join(tmpdir(), 'ferro-earlier-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function result(id: string, verdict: Verdict): Result {
  const own = `cells/${id.replaceAll('/', '_')}`;
  mkdirSync(join(folder, own), { recursive: true });
  writeFileSync(join(folder, own, 'leecher.log'), 'said');
  return { cell: matching(cells, [id])[0]!, verdict, trouble: '', outcomes: [], measures: {}, folder: own };
}

test('records of cells come back with when and in which versions they were played, and broken ones do not', () => {
  const versions = new Map([
    ['ferro', '1'],
    ['aria2', '2'],
    ['rtorrent', '3'],
  ]);
  for (const [id, verdict] of [
    ['transfer-tcp/ferro/aria2', 'passed'],
    ['magnet/ferro/aria2', 'failed'],
    ['resume/ferro/aria2', 'broken'],
  ] as const) {
    keepRecord(folder, result(id, verdict), versions);
  }
  const earlier = readEarlier(folder);
  expect(earlier.map(({ id }) => id).sort()).toEqual(['magnet/ferro/aria2', 'transfer-tcp/ferro/aria2']);
  expect(earlier[0]).toMatchObject({
    versions: { ferro: '1', aria2: '2' },
    logs: [expect.stringMatching('leecher.log')],
  });
  expect(Date.parse(earlier[0]!.playedAt!)).toBeGreaterThan(0);
  expect(readEarlier(join(folder, 'nowhere'))).toEqual([]);
});

test('a report has the cells of all runs, in the order of the tables', () => {
  keepRecord(folder, result('magnet/ferro/aria2', 'passed'), new Map([['aria2', '2']]));
  const record = recordOf(folder, {
    results: [result('transfer-tcp/ferro/aria2', 'passed')],
    versions: new Map([['ferro', '1']]),
    startedAt: new Date(0),
    seconds: 1,
    earlier: readEarlier(folder),
    order: cells.map(({ id }) => id),
  });
  expect(record.cells.map(({ id }) => id)).toEqual(['transfer-tcp/ferro/aria2', 'magnet/ferro/aria2']);
  expect(record.versions).toEqual({ aria2: '2', ferro: '1' });
});
