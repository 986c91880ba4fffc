// Adds up vitest's JSON reports. A missing report, a file that could not be imported, a hook that threw, a run without a single
// test and an unhandled error all count as failed: vitest's own numbers leave them out.
import { readFileSync } from 'node:fs';

interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly name: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

type Print = (line: string) => void;

export function summarize(runnerExit: number, files: readonly string[], print: Print = console.log): 0 | 1 {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    const report = readReport(file, print);
    if (report === undefined) {
      sum.failed += 1;
      continue;
    }
    sum.passed += report.numPassedTests;
    sum.failed += report.numFailedTests;
    sum.skipped += report.numPendingTests + report.numTodoTests;
    const lost = report.testResults.filter(
      (result) => result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
    );
    for (const result of lost) {
      print(`failed outside a test: ${result.name}: ${(result.message ?? '').split('\n')[0]}`);
    }
    sum.failed += lost.length;
    if (report.numTotalTests === 0 && lost.length === 0) {
      print(`no test ran for ${file}`);
      sum.failed += 1;
    }
  }
  if (runnerExit !== 0 && sum.failed === 0) {
    print(`the runner exited ${runnerExit} with no failed test: an unhandled error or a failed task`);
    sum.failed += 1;
  }
  print(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed > 0 ? 1 : 0;
}

function readReport(file: string, print: Print): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    print(`no readable report at ${file}: ${(error as Error).message}`);
    return undefined;
  }
}
