#!/usr/bin/env node
/** The ferro command: one file a subcommand. Exit codes: 0 done, 1 failed, 2 used the wrong way, 130 interrupted. */
import { Command, CommanderError } from 'commander';
import { announce, scrape } from './commands/announce.ts';
import { create } from './commands/create.ts';
import { download } from './commands/download.ts';
import { edit } from './commands/edit.ts';
import { info } from './commands/info.ts';
import { lint } from './commands/lint.ts';
import { magnet } from './commands/magnet.ts';
import { seed } from './commands/seed.ts';
import { tracker } from './commands/tracker.ts';
import { verify } from './commands/verify.ts';
import { Failure, UsageError } from './output.ts';

// Whoever reads our output may stop reading (`ferro … | head`).
process.stdout.on('error', () => process.exit());

const program = new Command('ferro')
  .description('BitTorrent from the command line: make, read, check, download and serve torrents.')
  .version('0.1.0')
  .showHelpAfterError('(add --help for what it takes)')
  .exitOverride();

const commands = [download, seed, info, create, verify, magnet, lint, edit, announce, scrape, tracker];
for (const command of commands) program.addCommand(command().exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
}

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
