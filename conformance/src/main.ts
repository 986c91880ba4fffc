#!/usr/bin/env node
/** The command. Exit codes: 0 as expected, 1 not as expected, 2 used the wrong way or nothing to ask, 3 the suite is at fault, 4 the target is not sane. */
import { Command, CommanderError } from 'commander';
import { coverage } from './commands/coverage.ts';
import { diff } from './commands/diff.ts';
import { doctor } from './commands/doctor.ts';
import { explain } from './commands/explain.ts';
import { hashes } from './commands/hashes.ts';
import { init } from './commands/init.ts';
import { list } from './commands/list.ts';
import { UsageError } from './commands/output.ts';
import { replay } from './commands/replay.ts';
import { report } from './commands/report.ts';
import { run } from './commands/run.ts';
import { selfValidate } from './commands/self-validate.ts';
import { exitCodes } from './grading.ts';
import { suiteVersion } from './report/results.ts';

const program = new Command('ferro-conformance')
  .description('A verdict per rule for BitTorrent trackers, DHT nodes and clients.')
  .version(suiteVersion)
  .showHelpAfterError('(add --help for what it takes)');
for (const command of [
  run(),
  list(),
  explain(),
  replay(),
  init(),
  doctor(),
  diff(),
  coverage(),
  hashes(),
  report(),
  selfValidate(),
])
  program.addCommand(command.exitOverride());
program.exitOverride();

// Whoever reads our output may stop reading (`… | head`).
process.stdout.on('error', () => process.exit());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.asExpected : exitCodes.usage;
  const usage = error instanceof UsageError || error instanceof RangeError;
  process.stderr.write(`ferro-conformance: ${usage ? error.message : String((error as Error)?.stack ?? error)}\n`);
  return usage ? exitCodes.usage : exitCodes.harness;
}
