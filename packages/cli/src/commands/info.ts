/** ferro info: what a torrent file or a magnet link says. */

import { parseMagnet, parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { describeMagnet, describeTorrent, magnetText, torrentText } from '../describe.ts';
import { Output } from '../output.ts';
import { readSource } from '../source.ts';

export function info(): Command {
  return new Command('info')
    .description('show what a torrent file or a magnet link says')
    .argument('<torrent>', 'a .torrent file or a magnet link')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  ferro info debian.torrent\n  ferro info "magnet:?xt=urn:btih:…" --json')
    .action(async (source: string, options: { json?: boolean }) => {
      const output = new Output(options.json === true);
      await using host = nodeHost();
      const read = await readSource(host, source);
      if (typeof read === 'string') {
        const magnet = parseMagnet(read);
        output.result(describeMagnet(magnet), () => magnetText(magnet));
      } else {
        const torrent = parseTorrent(read);
        output.result(describeTorrent(torrent), () => torrentText(torrent));
      }
    });
}
