/** ferro seed: serves a torrent whose data is here; given a file or folder, it makes the torrent first. */

import { parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { magnetFor } from '../describe.ts';
import { startMetrics } from '../metrics.ts';
import { Failure, Output } from '../output.ts';
import { StatusLine } from '../progress.ts';
import { torrentToSeed } from '../source.ts';
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
      .description('serve a torrent, or a file or folder, until stopped')
      .argument('<path>', 'a .torrent file, or the file or folder to share')
      .option('--data <folder>', 'the folder that holds the data of a .torrent file (default: its own folder)')
      .option('--tracker <url...>', 'trackers to announce to, for a torrent that is made here')
      .option('--super-seed', 'show pieces one by one, so that others spread them'),
  )
    .addHelpText(
      'after',
      `
Examples:
  ferro seed ~/Pictures/holiday --tracker http://tracker.example/announce
  ferro seed debian.torrent --data ~/Downloads --listen 6881`,
    )
    .action(run);
}

async function run(path: string, options: SeedOptions): Promise<void> {
  const output = new Output(options.json === true);
  await telling(output, () => serve(path, options, output));
}

async function serve(path: string, options: SeedOptions, output: Output): Promise<void> {
  await using host = nodeHost();
  const { source, data } = await torrentToSeed(host, path, options);
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
  const torrent = client.add(source, { path: data, peers, ...(options.superSeed === true ? { superSeed: true } : {}) });
  const status = new StatusLine(output, torrent);
  const interrupted = interruption();
  try {
    if ((await Promise.race([torrent.ready, trouble, interrupted])) === 'interrupted') return;
    if (torrent.stats().done === 0 && torrent.stats().wanted > 0)
      throw new Failure(`nothing of ${torrent.name} is in ${data}`);
    const magnet = magnetFor(parseTorrent(source));
    output.emit({ type: 'ready', port: client.port, infoHash: torrent.infoHash.hex, magnet, ...progressOf(torrent) });
    output.print(magnet);
    await Promise.race([trouble, interrupted]);
  } finally {
    status.stop();
  }
}
