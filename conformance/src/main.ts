#!/usr/bin/env node
/** The command. Exit codes: 0 as expected, 1 not as expected, 2 used the wrong way or nothing to ask, 3 the suite is at fault, 4 the target is not sane. */
import { Command, CommanderError } from 'commander';
import { UsageError } from './commands/output.ts';
import { exitCodes } from './grading.ts';
import { suiteVersion } from './report/results.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`ferro-conformance: needs Node 22.12 or newer, and this is ${process.version}\n`);
  process.exit(exitCodes.harness);
}

// What was compiled once is kept: a command starts in half the time from then on.
process.getBuiltinModule('node:module').enableCompileCache();

// Whoever reads our output may stop reading (`… | head`).
process.stdout.on('error', () => process.exit());

// Whoever stops a run stops what it has started too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(exitCodes.harness));

const program = new Command('ferro-conformance')
  .description('A verdict per rule for BitTorrent trackers, DHT nodes and clients.')
  .version(suiteVersion)
  .showHelpAfterError('(add --help for what it takes)')
  .exitOverride();

/** Loaded when asked for. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).run(),
  list: async () => (await import('./commands/list.ts')).list(),
  explain: async () => (await import('./commands/explain.ts')).explain(),
  replay: async () => (await import('./commands/replay.ts')).replay(),
  init: async () => (await import('./commands/init.ts')).init(),
  doctor: async () => (await import('./commands/doctor.ts')).doctor(),
  diff: async () => (await import('./commands/diff.ts')).diff(),
  coverage: async () => (await import('./commands/coverage.ts')).coverage(),
  hashes: async () => (await import('./commands/hashes.ts')).hashes(),
  report: async () => (await import('./commands/report.ts')).report(),
  'self-validate': async () => (await import('./commands/self-validate.ts')).selfValidate(),
};

const wanted = process.argv[2] ?? '';
const names = Object.hasOwn(commands, wanted) ? [wanted] : Object.keys(commands);
for (const name of names) program.addCommand((await commands[name]!()).exitOverride());

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
