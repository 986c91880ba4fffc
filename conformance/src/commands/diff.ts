/** ferro-conformance diff: what has become worse, better, or different between two runs. */
import { Command } from 'commander';
import { exitCodes, type Outcome } from '../grading.ts';
import type { Results } from '../report/results.ts';
import { readResults } from '../report/write.ts';
import { print } from './output.ts';

/** From best to worst. */
const order: readonly Outcome[] = [
  'pass',
  'info',
  'unimplemented',
  'non-strict',
  'flaky',
  'harness-error',
  'fail',
  'crash',
];

export interface Difference {
  readonly id: string;
  readonly kind: 'worse' | 'better' | 'new' | 'gone' | 'another answer';
  readonly before: string;
  readonly after: string;
}

export function diff(): Command {
  return new Command('diff')
    .description('compare two results.json; exit code 1 where something has become worse')
    .argument('<before>')
    .argument('<after>')
    .action((before: string, after: string) => {
      const differences = compareResults(readResults(before), readResults(after));
      for (const each of differences) print(`${each.kind.padEnd(14)} ${each.id}: ${each.before} → ${each.after}`);
      print(`${differences.length} differences`);
      if (differences.some(({ kind }) => kind === 'worse')) process.exitCode = exitCodes.unexpected;
    });
}

export function compareResults(before: Results, after: Results): readonly Difference[] {
  const old = new Map(before.cases.map((each) => [each.id, each]));
  const young = new Map(after.cases.map((each) => [each.id, each]));
  return [...new Set([...old.keys(), ...young.keys()])].sort().flatMap((id): readonly Difference[] => {
    const [was, is] = [old.get(id), young.get(id)];
    if (was === undefined) return [{ id, kind: 'new', before: '–', after: is!.outcome }];
    if (is === undefined) return [{ id, kind: 'gone', before: was.outcome, after: '–' }];
    const step = order.indexOf(is.outcome) - order.indexOf(was.outcome);
    if (step !== 0) return [{ id, kind: step > 0 ? 'worse' : 'better', before: was.outcome, after: is.outcome }];
    const [said, says] = [JSON.stringify(was.observed), JSON.stringify(is.observed)];
    return is.outcome !== 'info' || said === says ? [] : [{ id, kind: 'another answer', before: said, after: says }];
  });
}
