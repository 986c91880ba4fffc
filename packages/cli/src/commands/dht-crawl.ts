/** ferro dht crawl: the info-hashes that are in the network now, by the book (BEP 51), and on demand what they stand for (BEP 9). */
import { Client } from '@ferro/client';
import { formatAddress } from '@ferro/core';
import { type CrawledHash, crawl } from '@ferro/dht';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { limits } from '../limits.ts';
import { Output, UsageError, visible } from '../output.ts';
import { formatBytes } from '../units.ts';
import { type NodeOptions, settingsOf } from './dht-network.ts';
import { interruption, nodesOf } from './network.ts';

interface CrawlOptions extends Pick<NodeOptions, 'bootstrap' | 'listen' | 'json'> {
  readonly rate: string;
  readonly limit?: string;
  readonly again?: boolean;
  readonly metadata?: boolean;
}

export function crawlCommand(): Command {
  return new Command('crawl')
    .description('walk over the network and show the info-hashes that its nodes keep peers for')
    .option('--bootstrap <host:port...>', 'nodes to begin at (default: well-known routers)')
    .option('--listen <[host:]port>', 'the UDP port to ask from (default: any free one)')
    .option('--rate <questions>', 'questions a second', '20')
    .option('--limit <count>', 'stop after so many info-hashes')
    .option('--again', 'ask nodes again that have more than they showed; goes on until it is stopped')
    .option('--metadata', 'fetch what each stands for from its peers')
    .option('--json', 'one JSON object a line on stdout')
    .action(run);
}

async function run(options: CrawlOptions): Promise<void> {
  const output = new Output(options.json === true);
  const rate = countOf(options.rate, 'rate');
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : countOf(options.limit, 'limit');
  const stop = new AbortController();
  void interruption().then(() => stop.abort());
  await using host = nodeHost();
  const client =
    options.metadata === true
      ? new Client(host, { listen: [], webSeeds: false, ...nodesOf(options.bootstrap) })
      : undefined;
  const fetching = new Set<Promise<void>>();
  let count = 0;
  const settings = { ...settingsOf(options), rate, again: options.again === true, signal: stop.signal };
  try {
    for await (const found of crawl(host, settings)) {
      tell(output, found);
      if (client !== undefined) await fetchSome(fetching, () => fetchOne(client, output, found, stop.signal));
      if (++count >= limit) break;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  await Promise.all(fetching);
  await client?.close();
  output.emit({ type: 'done', infoHashes: count });
}

function tell(output: Output, { infoHash, node }: CrawledHash): void {
  output.emit({ type: 'infohash', infoHash: infoHash.hex, node: formatAddress(node) });
  output.print(infoHash.hex);
}

/** So many at a time; the crawl waits while all are busy. */
async function fetchSome(fetching: Set<Promise<void>>, fetch: () => Promise<void>): Promise<void> {
  const one: Promise<void> = fetch().finally(() => fetching.delete(one));
  fetching.add(one);
  if (fetching.size >= limits.metadataFetches) await Promise.race(fetching);
}

async function fetchOne(client: Client, output: Output, { infoHash }: CrawledHash, stop: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(limits.metadataMs)]);
  try {
    const { name, length, files } = await client.fetchMetadata(`magnet:?xt=urn:btih:${infoHash.hex}`, { signal });
    output.emit({ type: 'metadata', infoHash: infoHash.hex, name, length, files: files.length });
    output.print(`${infoHash.hex}  ${formatBytes(length)}  ${visible(name)}`);
  } catch (error) {
    // Most torrents of a crawl have nobody left who would answer.
    const reason = signal.aborted ? 'nobody had it in time' : (error as Error).message;
    output.emit({ type: 'no-metadata', infoHash: infoHash.hex, reason });
  }
}

function countOf(text: string, what: string): number {
  const count = Number(text);
  if (!(count > 0)) throw new UsageError(`--${what} takes a number above 0, not ${text}`);
  return count;
}
