/** ferro download: fetches a torrent, or what is missing of it, verifies it, and goes on where it stopped. */
import type { Torrent } from '@ferro/client';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { startMetrics } from '../metrics.ts';
import { Failure, Output, UsageError } from '../output.ts';
import { StatusLine } from '../progress.ts';
import { selectByGlob } from '../select.ts';
import { readSource } from '../source.ts';
import { findPeers, interruption, makeClient, progressOf, report, telling } from './network.ts';
import { type NetworkOptions, withNetwork } from './switches.ts';

interface DownloadOptions extends NetworkOptions {
  readonly out: string;
  readonly select?: readonly string[];
  readonly sequential?: boolean;
  readonly seed?: boolean;
  readonly timeout?: string;
}

export function download(): Command {
  return withNetwork(
    new Command('download')
      .description('download a torrent; the same command goes on where it stopped')
      .argument('<torrent>', 'a .torrent file or a magnet link')
      .requiredOption('--out <folder>', 'where to put it')
      .option('--select <glob...>', 'only files whose path matches')
      .option('--sequential', 'pieces in order')
      .option('--seed', 'go on serving when everything is here')
      .option('--timeout <seconds>', 'give up after so long'),
  )
    .addHelpText(
      'after',
      `
Examples:
  ferro download debian.torrent --out ~/Downloads
  ferro download debian.torrent --out . --select '*.iso' --limit-down 2M
  ferro download debian.torrent --out . --peer 192.0.2.7:6881 --no-trackers --json

Exit codes: 0 everything wanted is verified, 1 failed, 2 wrong usage, 130 interrupted (and saved).`,
    )
    .action(run);
}

async function run(source: string, options: DownloadOptions): Promise<void> {
  const output = new Output(options.json === true);
  await telling(output, () => transfer(source, options, output));
}

async function transfer(source: string, options: DownloadOptions, output: Output): Promise<void> {
  const timeout = timeoutOf(options.timeout);
  await using host = nodeHost();
  const torrentSource = await readSource(host, source);
  const peers = await findPeers(host, options.peer);
  await using client = makeClient(host, options);
  using _metrics = await startMetrics(host, client, output, options.metrics);
  let broken: (error: Error) => void = () => {};
  const trouble = new Promise<never>((_, reject) => {
    broken = reject;
  });
  client.subscribe((events) => {
    try {
      report(output, events);
    } catch (error) {
      broken(error as Error);
    }
  });
  const torrent = client.add(torrentSource, {
    path: options.out,
    peers,
    ...(options.select === undefined ? {} : { select: selectByGlob(options.select) }),
    ...(options.sequential === undefined ? {} : { sequential: options.sequential }),
  });
  const status = new StatusLine(output, [torrent]);
  const interrupted = interruption();
  try {
    const others = [trouble, interrupted, timeout];
    const begin = await Promise.race([torrent.ready, ...others]);
    if (begin === undefined) {
      output.emit({ type: 'ready', port: client.port, ...progressOf(torrent) });
    }
    const end = begin ?? (await Promise.race([torrent.finished, ...others]));
    if (end === 'interrupted') return leave(status, torrent);
    if (end === 'timeout') throw new Failure(`not finished in ${options.timeout} seconds`);
    status.finish();
    output.emit({ type: 'finished', ...progressOf(torrent) });
    if (options.seed === true && (await interrupted) === 'interrupted') status.finish();
  } finally {
    status.stop();
  }
}

/** What is verified is saved when the client closes. */
function leave(status: StatusLine, torrent: Torrent): void {
  status.stop();
  process.stderr.write(`stopped at ${(100 * torrent.progress).toFixed(1)} %; the same command goes on from here\n`);
  process.exitCode = 130;
}

function timeoutOf(seconds: string | undefined): Promise<'timeout'> {
  if (seconds !== undefined && !(Number(seconds) > 0)) throw new UsageError(`${seconds} is no number of seconds`);
  return new Promise((resolve) => {
    if (seconds === undefined) return;
    setTimeout(() => resolve('timeout'), Math.min(Number(seconds) * 1000, 2 ** 31 - 1)).unref();
  });
}
