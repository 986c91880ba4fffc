/** ferro info: what a torrent file or a magnet link says, or what the link stands for. */
import { parseMagnet, parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { describeMagnet, describeTorrent, magnetText, torrentText } from '../describe.ts';
import { Failure, Output, UsageError } from '../output.ts';
import { readSource } from '../source.ts';
import type { NodeHost } from './network.ts';
import { type NetworkOptions, withNetwork } from './switches.ts';

interface InfoOptions extends NetworkOptions {
  readonly fetch?: boolean;
  readonly timeout: string;
}

export function info(): Command {
  return withNetwork(
    new Command('info')
      .description('show what a torrent file or a magnet link says')
      .argument('<torrent>', 'a .torrent file or a magnet link')
      .option('--fetch', 'of a magnet link: ask peers for the torrent that it stands for')
      .option('--timeout <seconds>', 'with --fetch: give up after so long', '120'),
  )
    .addHelpText(
      'after',
      `
Examples:
  ferro info debian.torrent
  ferro info "magnet:?xt=urn:btih:…" --json
  ferro info "magnet:?xt=urn:btih:…" --fetch`,
    )
    .action(run);
}

async function run(source: string, options: InfoOptions): Promise<void> {
  const output = new Output(options.json === true);
  await using host = nodeHost();
  const read = await readSource(host, source);
  if (typeof read === 'string' && options.fetch !== true) {
    const magnet = parseMagnet(read);
    output.result(describeMagnet(magnet), () => magnetText(magnet));
    return;
  }
  const torrent = typeof read === 'string' ? await fetched(host, read, options) : parseTorrent(read);
  output.result(describeTorrent(torrent), () => torrentText(torrent));
}

/** Only this needs the client, which takes a while to load. */
async function fetched(host: NodeHost, magnet: string, options: InfoOptions) {
  const seconds = Number(options.timeout);
  if (!(seconds > 0)) throw new UsageError(`${options.timeout} is no number of seconds`);
  const { findPeers, makeClient } = await import('./network.ts');
  const peers = await findPeers(host, options.peer);
  await using client = makeClient(host, options);
  const signal = AbortSignal.timeout(Math.min(1000 * seconds, 2 ** 31 - 1));
  try {
    return await client.fetchMetadata(magnet, { peers, signal });
  } catch (error) {
    if (signal.aborted) throw new Failure(`nobody had it in ${seconds} seconds`);
    throw error;
  }
}
