/** ferro edit: changes what stands beside the info dictionary; the info-hash stays as it is. */
import { editTorrent, parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { describeTorrent } from '../describe.ts';
import { Output, UsageError } from '../output.ts';
import { readTorrent, writeFile } from '../source.ts';

interface EditOptions {
  readonly out?: string;
  readonly tracker?: readonly string[];
  readonly webseed?: readonly string[];
  readonly comment?: string;
  readonly createdBy?: string;
  readonly date?: boolean;
  readonly json?: boolean;
}

export function edit(): Command {
  return new Command('edit')
    .description('change trackers, web seeds or comments of a torrent file; its info-hash stays')
    .argument('<torrent>', 'a .torrent file')
    .option('--out <file>', 'where to write the result (default: the same file)')
    .option('--tracker [url...]', 'replaces the trackers; none: removes them')
    .option('--webseed [url...]', 'replaces the web seeds; none: removes them')
    .option('--comment <text>', 'empty: removes it')
    .option('--created-by <text>', 'empty: removes it')
    .option('--no-date', 'removes the date')
    .option('--json', 'describe the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ferro edit a.torrent --tracker udp://tracker.example:6969\n  ferro edit a.torrent --tracker --no-date --out clean.torrent',
    )
    .action(run);
}

async function run(path: string, options: EditOptions): Promise<void> {
  const changes = {
    ...(options.tracker === undefined ? {} : { trackers: listOf(options.tracker).map((url) => [url]) }),
    ...(options.webseed === undefined ? {} : { webSeeds: listOf(options.webseed) }),
    ...(options.comment === undefined ? {} : { comment: options.comment || null }),
    ...(options.createdBy === undefined ? {} : { createdBy: options.createdBy || null }),
    ...(options.date === false ? { creationDate: null } : {}),
  };
  if (Object.keys(changes).length === 0) throw new UsageError('say what to change');
  await using host = nodeHost();
  const bytes = editTorrent(await readTorrent(host, path), changes);
  const torrent = parseTorrent(bytes);
  await writeFile(host, options.out ?? path, bytes);
  new Output(options.json === true).result(describeTorrent(torrent), () => `${options.out ?? path} written`);
}

/** An option with optional values is `true` when it has none. */
function listOf(values: readonly string[] | boolean): readonly string[] {
  return Array.isArray(values) ? values : [];
}
