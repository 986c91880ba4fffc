/** ferro create: makes a torrent file. Nothing is added that was not asked for, except today's date (--no-date leaves it out). */
import { createTorrent, parseTorrent, type TorrentVersion } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { collect } from '../collect.ts';
import { describeTorrent } from '../describe.ts';
import { Failure, Output, UsageError } from '../output.ts';
import { writeFile } from '../source.ts';
import { parseBytes } from '../units.ts';

interface CreateCommandOptions {
  readonly out: string;
  readonly format: string;
  readonly pieceLength?: string;
  readonly tracker?: readonly string[];
  readonly webseed?: readonly string[];
  readonly private?: boolean;
  readonly source?: string;
  readonly comment?: string;
  readonly createdBy?: string;
  readonly name?: string;
  readonly date: boolean;
  readonly hidden?: boolean;
  readonly junk?: boolean;
  readonly json?: boolean;
}

export function create(): Command {
  return new Command('create')
    .description('make a torrent file of a file or a folder')
    .argument('<path>', 'what to share')
    .requiredOption('--out <file>', 'the torrent file to write')
    .option('--format <version>', 'v1, v2 or hybrid', 'v1')
    .option('--piece-length <size>', 'such as 256k or 1M (default: chosen by size)')
    .option('--tracker <url...>', 'each --tracker begins a tier; URLs behind one share it')
    .option('--webseed <url...>', 'web servers that have the files')
    .option('--private', 'peers come from the trackers only')
    .option('--source <text>', 'makes the info-hash differ from that of the same files elsewhere')
    .option('--comment <text>', 'a comment')
    .option('--created-by <text>', 'the name of a program')
    .option('--name <name>', 'the name that it gets (default: that of the file or folder)')
    .option('--no-date', 'leave the date out: the same files give the same bytes')
    .option('--hidden', 'take hidden files, too')
    .option('--junk', 'take files such as .DS_Store and Thumbs.db, too')
    .option('--json', 'describe the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ferro create holiday/ --out holiday.torrent --tracker udp://tracker.example:6969
  ferro create disk.iso --out disk.torrent --format hybrid --piece-length 1M --no-date`,
    )
    .action(run);
}

async function run(path: string, options: CreateCommandOptions): Promise<void> {
  const output = new Output(options.json === true);
  if (!['v1', 'v2', 'hybrid'].includes(options.format))
    throw new UsageError(`${options.format} is not v1, v2 or hybrid`);
  await using host = nodeHost();
  const source = await collect(path, options);
  const bar = progressBar(output);
  const bytes = await createTorrent(host, source, {
    version: options.format as TorrentVersion,
    ...(options.pieceLength === undefined ? {} : { pieceLength: parseBytes(options.pieceLength) }),
    ...(options.tracker === undefined ? {} : { trackers: options.tracker.map((url) => [url]) }),
    ...(options.webseed === undefined ? {} : { webSeeds: options.webseed }),
    ...(options.private === true ? { private: true } : {}),
    ...(options.source === undefined ? {} : { source: options.source }),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    ...(options.createdBy === undefined ? {} : { createdBy: options.createdBy }),
    ...(options.date ? { creationDate: Math.floor(Date.now() / 1000) } : {}),
    onProgress: bar,
  }).catch((error: Error) => {
    throw error instanceof RangeError ? new UsageError(error.message) : new Failure(error.message);
  });
  bar(1, 1);
  await writeFile(host, options.out, bytes);
  const torrent = parseTorrent(bytes);
  const hash = torrent.infoHashV1?.hex ?? describeTorrent(torrent).infoHashV2;
  output.result(describeTorrent(torrent), () => `${options.out}  ${hash}`);
}

/** On a terminal, a percentage drawn over itself; in a pipe, nothing. */
function progressBar(output: Output): (done: number, total: number) => void {
  if (output.json || process.stderr.isTTY !== true) return () => {};
  let shown = -1;
  return (done, total) => {
    const percent = Math.floor((100 * done) / total);
    if (percent === shown) return;
    shown = percent;
    process.stderr.write(done === total ? '\r\x1b[2K' : `\rhashing ${percent} %`);
  };
}
