/** ferro-conformance run: ask a target, print the verdicts, write the reports, and say by the exit code whether all is as expected. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { families } from '../cases/families.ts';
import { type Comparison, compare, type Expectations, readExpectations, updated } from '../expectations.ts';
import { exitCodes } from '../grading.ts';
import { limits } from '../limits.ts';
import { caseResult, makeResults, type Results } from '../report/results.ts';
import { writeReports } from '../report/write.ts';
import { NotSane, run as runCases, type Verdict } from '../runner/run.ts';
import { type Chosen, missingNeeds, select } from '../runner/select.ts';
import type { Target } from '../target/target.ts';
import { coloured, countOf, note, print, UsageError, visible } from './output.ts';
import { type SelectionSettings, selectionOf, selectionOptions } from './selection.ts';
import { openTarget, type TargetSettings, targetArguments, targetOptions } from './target.ts';

interface RunSettings extends SelectionSettings, TargetSettings {
  readonly seed?: string;
  readonly jobs: string;
  readonly strict?: boolean;
  readonly set?: string;
  readonly out?: string;
  readonly expectations?: string;
  readonly update?: boolean;
  readonly format: string;
}

export function run(): Command {
  const command = new Command('run')
    .description('ask a target')
    .option('--seed <seed>', 'as a report names it, to ask the same again')
    .option('--jobs <count>', 'cases at once', String(limits.jobs))
    .option('--strict', 'what is not met of SHOULD and of custom fails the run too')
    .option('--set <name>', 'what counts, as in 2027.1; other cases are asked and cannot fail the run')
    .option('--out <folder>', 'write results.json and the other reports there')
    .option('--expectations <file>', 'what is known not to pass, with reasons')
    .option('--update', 'write the expectations as they now are')
    .option('--format <format>', 'text, or ndjson: one JSON object a case', 'text');
  return selectionOptions(targetOptions(command)).action(async (settings: RunSettings) => {
    process.exitCode = await runTarget(settings);
  });
}

async function runTarget(settings: RunSettings): Promise<number> {
  if (settings.update === true && settings.expectations === undefined)
    throw new UsageError('--update needs --expectations');
  const target = await openTarget(settings);
  try {
    const chosen = select(families, selectionOf(settings), target);
    if (chosen.length === 0)
      throw new UsageError('no case fits: nothing was asked, and nothing asked is nothing passed');
    const missing = missingNeeds(chosen);
    if (missing.length > 0) {
      note(`this machine lacks ${missing.join(', ')}; say --without ${missing.join(',')} to leave those cases out`);
      return exitCodes.harness;
    }
    const known = expectationsOf(settings);
    return conclude(await ask(chosen, target, settings, known), settings, known);
  } catch (error) {
    if (!(error instanceof NotSane)) throw error;
    note(`the target never became sane: ${error.message}`);
    const { http, udp } = target.endpoints;
    if ((http ?? udp) !== undefined && target.takeInfoHash === undefined)
      note('a tracker that serves only what is on a list needs one of the suite: see hashes, and --info-hashes');
    return exitCodes.notSane;
  } finally {
    await target.close();
  }
}

function expectationsOf({ expectations: path, update = false }: RunSettings): Expectations {
  return path === undefined || (update && !existsSync(path)) ? {} : readExpectations(path);
}

async function ask(
  chosen: readonly Chosen[],
  target: Target,
  settings: RunSettings,
  expected: Expectations,
): Promise<Results> {
  const seed = settings.seed ?? randomBytes(4).toString('hex');
  const jobs = countOf(settings.jobs, '--jobs');
  const byId = new Map(chosen.map((each) => [each.case.facts.id, each]));
  const asked = targetArguments(settings);
  const on = (verdict: Verdict) => {
    if (settings.format === 'ndjson') print(JSON.stringify(caseResult(byId.get(verdict.id)!, verdict, asked)));
    else tell(verdict);
  };
  const verdicts = await runCases(chosen, target, { seed, jobs, on, expected });
  const { strict = false, set } = settings;
  const options = { seed, strict, targetArguments: asked, ...(set !== undefined && { set }) };
  return makeResults(chosen, verdicts, target, options);
}

function conclude(results: Results, settings: RunSettings, expectations: Expectations): number {
  if (settings.out !== undefined) writeReports(settings.out, results);
  const comparison = compare(results, expectations);
  if (settings.format === 'text') summarize(results, comparison);
  if (results.counts['harness-error'] > 0) return exitCodes.harness;
  if (settings.update === true) {
    const path = settings.expectations!;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(updated(results, expectations), undefined, 2)}\n`);
    return exitCodes.asExpected;
  }
  return comparison.unexpected.length + comparison.stale.length > 0 ? exitCodes.unexpected : exitCodes.asExpected;
}

function tell({ id, outcome, message, observed, alternative, attempts }: Verdict): void {
  const values = Object.entries(observed).map(([key, value]) => `${key} ${value}`);
  const words = [alternative ?? [], ...values, message?.split('\n')[0] ?? []].flat();
  if (outcome === 'flaky') words.push(`(${attempts?.join(', ')})`);
  print(`${coloured(outcome, outcome.padEnd(13))} ${id}${words.length === 0 ? '' : `: ${visible(words.join('; '))}`}`);
}

function summarize({ counts, seed }: Results, { unexpected, stale }: Comparison): void {
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  print(`\n${said.map(([outcome, count]) => `${count} ${outcome}`).join(', ')} (seed ${seed})`);
  for (const line of unexpected) print(`unexpected: ${line}`);
  for (const line of stale) print(`no longer as expected: ${line}`);
}
