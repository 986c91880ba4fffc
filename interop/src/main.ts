/**
 * pnpm interop: ours in containers with real ones. Exit codes: 0 everything that was played passed (or there is no engine, and
 * none is required), 1 something failed, 2 used the wrong way, 130 interrupted.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Cell, Verdict, World } from './cell.ts';
import { keepRecord, readEarlier } from './earlier.ts';
import { engineTrouble, removeAbandoned, removeRun, runName } from './engine.ts';
import { imageOf, TOOLS, versionOf } from './images.ts';
import { allCells, gateCells, matching } from './matrix.ts';
import { type Implementation, INTEROP, readRegistry } from './registry.ts';
import { type CellRecord, countsOf } from './report/record.ts';
import { resultsWithout, writeReport } from './report.ts';
import { type Result, runCells } from './run.ts';
import { isCrowd } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { startSweeper } from './sweeper.ts';

const USAGE = `pnpm interop                     the gate: ferro with those that the registry marks, every scenario, both ways
pnpm interop --all               the whole matrix
pnpm interop --only PATTERN…     some cells: scenario/seeder/leecher, * for anyone, parts may be left out at the end
  --replace NAME=IMAGE           an image of yours in place of one of ours
  --repeat N                     each cell so often; figures are medians
  --jobs N                       cells at once
  --report FOLDER                where the report goes
  --resume                       goes on with the report that is there, and plays what it lacks
  --list                         says which cells these are, and plays none`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      replace: { type: 'string', multiple: true, default: [] },
      repeat: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(2 * availableParallelism()) },
      report: { type: 'string', default: join(INTEROP, '.reports/interop') },
      resume: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const replaced = new Map(values.replace.map((text) => text.split('=', 2) as [string, string]));
  const everything = allCells(SCENARIOS, readRegistry(replaced));
  const patterns = [...values.only, ...positionals];
  const gate = !values.all && patterns.length === 0;
  const cells = gate ? gateCells(everything) : patterns.length > 0 ? matching(everything, patterns) : everything;
  if (cells.length === 0) throw new Error(`no cell fits ${patterns.join(' ')}`);
  if (values.list) {
    for (const { id } of cells) console.log(id);
    return 0;
  }
  if (!values.resume) rmSync(values.report, { recursive: true, force: true });
  mkdirSync(values.report, { recursive: true });
  const trouble = engineTrouble();
  if (trouble !== undefined) return withoutEngine(cells, trouble, values.report);
  const wishes = { repeat: Number(values.repeat), jobs: Number(values.jobs), report: values.report };
  const earlier = readEarlier(values.report);
  const played = new Set(earlier.map(({ id }) => id));
  return await play(
    cells.filter(({ id }) => !played.has(id)),
    { ...wishes, gate, earlier, order: everything.map(({ id }) => id) },
    replaced,
  );
}

function withoutEngine(cells: readonly Cell[], trouble: string, report: string): number {
  const required = process.env['FERRO_INTEROP'] === 'required';
  const why = `no container engine answers (${trouble})`;
  const results = resultsWithout(cells, required ? 'broken' : 'unsupported', why);
  writeReport(report, { results, versions: new Map(), startedAt: new Date(), seconds: 0 });
  console.log(`interop: ${required ? 'FAILED' : 'SKIPPED'}, ${why}; scripts/engine.sh up starts one`);
  return finish(results, report);
}

/** The line that is added to the other tests' counts. */
function finish(results: readonly { readonly verdict: Verdict }[], report: string): number {
  const { passed, failed, skipped } = countsOf(results);
  say(`report: ${join(report, 'index.html')}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 ? 1 : 0;
}

interface Wishes {
  readonly repeat: number;
  readonly jobs: number;
  readonly report: string;
  readonly gate: boolean;
  readonly earlier: readonly CellRecord[];
  /** Ids of all cells there are. */
  readonly order: readonly string[];
}

async function play(
  cells: readonly Cell[],
  { repeat, jobs, report, gate, earlier, order }: Wishes,
  replaced: ReadonlyMap<string, string>,
): Promise<number> {
  const begun = Date.now();
  const run = runName();
  const scratch = mkdtempSync(join(tmpdir(), 'ferro-interop-'));
  const sweeper = startSweeper(run, scratch);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      say(`${signal}: clearing up`);
      // The sweeper hears that we are gone, and clears up after us.
      process.exit(130);
    });
  }
  try {
    await removeAbandoned();
    const { world, versions } = await prepare(cells, { run, scratch, replaced, gate });
    say(`${cells.length} cells, ${jobs} at once`);
    const done = (result: Result) => keepRecord(report, result, versions);
    const results = await runCells(cells, world, { repeat, jobs, report, say, done });
    const seconds = (Date.now() - begun) / 1000;
    writeReport(report, { results, versions, startedAt: new Date(begun), seconds, earlier, order });
    return finish([...earlier, ...results], report);
  } finally {
    await removeRun(run);
    sweeper.stdin!.end('tidy');
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Place {
  readonly run: string;
  readonly scratch: string;
  readonly replaced: ReadonlyMap<string, string>;
  readonly gate: boolean;
}

async function prepare(cells: readonly Cell[], { run, scratch, replaced, gate }: Place) {
  const registry = readRegistry(replaced);
  const tracker = registry.get('opentracker')!;
  const wanted = new Map<string, Implementation>([[tracker.name, tracker]]);
  // Where one of each is wanted, it is one of each that there is; in the gate, of those that are played anyway.
  const crowd = !gate && cells.some(({ scenario }) => isCrowd(scenario.shape));
  if (crowd) for (const one of registry.values()) if (one.roles.includes('leecher')) wanted.set(one.name, one);
  for (const { seeder, leecher, tracker } of cells) {
    for (const one of [seeder, leecher, tracker]) if (one !== undefined) wanted.set(one.name, one);
  }
  const everybody = [...wanted.values()].filter(({ roles }) => roles.includes('leecher'));
  const images = new Map<string, string>();
  const versions = new Map<string, string>();
  const build = async (one: Implementation) => {
    images.set(one.name, await imageOf(one, say));
    if (one === TOOLS) return;
    const checkout = one.checkout === true ? join(INTEROP, '..') : undefined;
    versions.set(one.name, await versionOf(one.name, images.get(one.name)!, checkout));
  };
  const queue = [TOOLS, ...wanted.values()];
  const builder = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await build(one);
  };
  await Promise.all([builder(), builder()]);
  for (const [name, version] of versions) say(`${name}: ${version}`);
  const image = (one: Implementation) => images.get(one.name)!;
  const world: World = { run, scratch, image, tools: images.get(TOOLS.name)!, tracker, everybody };
  return { world, versions };
}

try {
  process.exitCode = await main();
} catch (error) {
  say(`interop: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof Error && 'code' in error) say(USAGE);
  process.exitCode = 2;
}
