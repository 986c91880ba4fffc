/** ferro magnet: the magnet link of a torrent file. */

import { parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { magnetFor } from '../describe.ts';
import { Output } from '../output.ts';
import { readTorrent } from '../source.ts';

export function magnet(): Command {
  return new Command('magnet')
    .description('print the magnet link of a torrent file')
    .argument('<torrent>', 'a .torrent file')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  ferro magnet debian.torrent')
    .action(async (path: string, options: { json?: boolean }) => {
      await using host = nodeHost();
      const link = magnetFor(parseTorrent(await readTorrent(host, path)));
      new Output(options.json === true).result({ magnet: link }, () => link);
    });
}
