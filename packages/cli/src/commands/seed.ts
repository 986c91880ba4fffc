/** ferro seed: serves torrents whose data is here, all at one port; given a file or folder, it makes the torrent first. */

import type { Client, Torrent } from '@ferro/client';
import { parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { magnetFor } from '../describe.ts';
import { startMetrics } from '../metrics.ts';
import { Failure, Output } from '../output.ts';
import { StatusLine } from '../progress.ts';
import { type SeedSource, torrentToSeed } from '../source.ts';
import { findPeers, interruption, makeClient, progressOf, report, telling } from './network.ts';
import { type NetworkOptions, withNetwork } from './switches.ts';

interface SeedOptions extends NetworkOptions {
  readonly data?: string;
  readonly tracker?: readonly string[];
  readonly superSeed?: boolean;
}

export function seed(): Command {
  return withNetwork(
    new Command('seed')
      .description('serve torrents, or files or folders, until stopped')
      .argument('<path...>', 'a .torrent file, or the file or folder to share')
      .option('--data <folder>', 'the folder that holds the data of .torrent files (default: the folder of each)')
      .option('--tracker <url...>', 'trackers to announce to, for what is made into a torrent here')
      .option('--super-seed', 'show pieces one by one, so that others spread them'),
  )
    .addHelpText(
      'after',
      `
Examples:
  ferro seed ~/Pictures/holiday --tracker http://tracker.example/announce
  ferro seed debian.torrent --data ~/Downloads --listen 6881
  ferro seed *.torrent --data ~/Downloads`,
    )
    .action(run);
}

async function run(paths: readonly string[], options: SeedOptions): Promise<void> {
  const output = new Output(options.json === true);
  await telling(output, () => serve(paths, options, output));
}

async function serve(paths: readonly string[], options: SeedOptions, output: Output): Promise<void> {
  await using host = nodeHost();
  // One after the other: a torrent that is made here reads all of its data.
  const sources: SeedSource[] = [];
  for (const path of paths) sources.push(await torrentToSeed(host, path, options));
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
  const superSeed = options.superSeed === true ? { superSeed: true } : {};
  const torrents = sources.map(({ source, data }) => client.add(source, { path: data, peers, ...superSeed }));
  const status = new StatusLine(output, torrents);
  const interrupted = interruption();
  try {
    for (const [at, torrent] of torrents.entries()) {
      if ((await Promise.race([torrent.ready, trouble, interrupted])) === 'interrupted') return;
      tellReady(output, client, torrent, sources[at]!);
    }
    await Promise.race([trouble, interrupted]);
  } finally {
    status.stop();
  }
}

function tellReady(output: Output, { port }: Client, torrent: Torrent, { source, data }: SeedSource): void {
  const { done, wanted } = torrent.stats();
  if (done === 0 && wanted > 0) throw new Failure(`nothing of ${torrent.name} is in ${data}`);
  const magnet = magnetFor(parseTorrent(source));
  output.emit({ type: 'ready', port, magnet, ...progressOf(torrent) });
  output.print(magnet);
}
