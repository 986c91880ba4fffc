#!/usr/bin/env node
/** The ferro command: one file a subcommand. Exit codes: 0 done, 1 failed, 2 used the wrong way, 130 interrupted. */
import { Command, CommanderError } from 'commander';
import { limits } from './limits.ts';
import { Failure, UsageError } from './output.ts';

// What was compiled once is kept: a command starts in two thirds of the time from then on.
process.getBuiltinModule('node:module').enableCompileCache();

// Whoever reads our output may stop reading (`ferro … | head`).
process.stdout.on('error', () => process.exit());

const program = new Command('ferro')
  .description('BitTorrent from the command line: make, read, check, download and serve torrents.')
  .version('0.1.0')
  .showHelpAfterError('(add --help for what it takes)')
  .exitOverride();

/** Loaded when asked for: a command starts in half the time when it does not load the others. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  download: async () => (await import('./commands/download.ts')).download(),
  seed: async () => (await import('./commands/seed.ts')).seed(),
  info: async () => (await import('./commands/info.ts')).info(),
  create: async () => (await import('./commands/create.ts')).create(),
  verify: async () => (await import('./commands/verify.ts')).verify(),
  magnet: async () => (await import('./commands/magnet.ts')).magnet(),
  lint: async () => (await import('./commands/lint.ts')).lint(),
  edit: async () => (await import('./commands/edit.ts')).edit(),
  announce: async () => (await import('./commands/announce.ts')).announce(),
  scrape: async () => (await import('./commands/announce.ts')).scrape(),
  dht: async () => (await import('./commands/dht.ts')).dht(),
  tracker: async () => (await import('./commands/tracker.ts')).tracker(),
};

const wanted = process.argv[2] ?? '';
const names = Object.hasOwn(commands, wanted) ? [wanted] : Object.keys(commands);
for (const name of names) program.addCommand((await commands[name]!()).exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
}
// A name that is still being looked up for nobody would keep the process for as long as that takes.
setTimeout(() => process.exit(), limits.exitMs).unref();

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) {
    process.stderr.write(`ferro: ${error.message}\n`);
    return 2;
  }
  const known = error instanceof Failure || (error instanceof Error && 'code' in error);
  process.stderr.write(`ferro: ${known ? (error as Error).message : String((error as Error)?.stack ?? error)}\n`);
  return 1;
}
