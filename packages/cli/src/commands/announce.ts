/** ferro announce and ferro scrape: one question to a tracker, over HTTP or UDP. */
import { formatAddress, type Host, Id20 } from '@ferro/core';
import { nodeHost } from '@ferro/node';
import { announceHttp, scrapeHttp } from '@ferro/tracker-http';
import { openUdpTracker } from '@ferro/tracker-udp';
import { makePeerId } from '@ferro/wire';
import { Command } from 'commander';
import { table } from '../describe.ts';
import { Failure, Output, UsageError } from '../output.ts';

interface AnnounceOptions {
  readonly port: string;
  readonly left: string;
  readonly event?: string;
  readonly want?: string;
  readonly json?: boolean;
}

export function announce(): Command {
  return new Command('announce')
    .description('announce to a tracker and show what it answers')
    .argument('<url>', 'http, https or udp')
    .argument('<info-hash>', '40 hexadecimal digits')
    .option('--port <port>', 'the port to announce', '6881')
    .option('--left <bytes>', 'bytes that are still missing', '1')
    .option('--event <event>', 'started, completed or stopped')
    .option('--want <count>', 'how many peers to ask for')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  ferro announce udp://tracker.example:6969 0123456789abcdef0123456789abcdef01234567',
    )
    .action(runAnnounce);
}

export function scrape(): Command {
  return new Command('scrape')
    .description('ask a tracker how many peers torrents have')
    .argument('<url>', 'http, https or udp; the announce URL')
    .argument('<info-hash...>', '40 hexadecimal digits each')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  ferro scrape http://tracker.example/announce 0123456789abcdef0123456789abcdef01234567',
    )
    .action(runScrape);
}

async function runAnnounce(url: string, hash: string, options: AnnounceOptions): Promise<void> {
  if (options.event !== undefined && !['started', 'completed', 'stopped'].includes(options.event)) {
    throw new UsageError(`${options.event} is not started, completed or stopped`);
  }
  await using host = nodeHost();
  const request = {
    infoHash: hashOf(hash),
    peerId: makePeerId(host),
    port: Number(options.port),
    uploaded: 0,
    downloaded: 0,
    left: Number(options.left),
    event: options.event as 'started' | 'completed' | 'stopped' | undefined,
    numWant: options.want === undefined ? undefined : Number(options.want),
  };
  const answer = isUdp(url) ? await announceUdp(host, url, request) : await announceHttp(host, url, request);
  if ('type' in answer && answer.type === 'failure') throw new Failure(`the tracker says: ${answer.reason}`);
  const peers = answer.peers.map(formatAddress);
  const seeders = 'seeders' in answer ? answer.seeders : answer.complete;
  const leechers = 'leechers' in answer ? answer.leechers : answer.incomplete;
  const result = { interval: answer.interval ?? null, seeders: seeders ?? null, leechers: leechers ?? null, peers };
  new Output(options.json === true).result(result, () =>
    table([
      ['interval', answer.interval === undefined ? undefined : `${answer.interval} s`],
      ['seeders', seeders?.toString()],
      ['leechers', leechers?.toString()],
      ...peers.map((peer) => ['peer', peer] as const),
    ]),
  );
}

async function announceUdp(host: Host, url: string, request: Parameters<typeof announceHttp>[2]) {
  await using tracker = await openUdpTracker(host);
  return await tracker.announce(url, request);
}

async function runScrape(url: string, hashes: readonly string[], options: { json?: boolean }): Promise<void> {
  await using host = nodeHost();
  const ids = hashes.map(hashOf);
  const counts = isUdp(url) ? await scrapeUdp(host, url, ids) : await scrapeByHttp(host, url, ids);
  const rows = ids.map((id, i) => ({
    infoHash: id.hex,
    ...(counts[i] ?? { seeders: null, completed: null, leechers: null }),
  }));
  new Output(options.json === true).result(rows, () =>
    rows
      .map(
        (row) =>
          `${row.infoHash}  ${row.seeders ?? '–'} seeders  ${row.leechers ?? '–'} leechers  ${row.completed ?? '–'} completed`,
      )
      .join('\n'),
  );
}

type Counts = { readonly seeders: number; readonly completed: number; readonly leechers: number } | undefined;

async function scrapeUdp(host: Host, url: string, ids: readonly Id20[]): Promise<readonly Counts[]> {
  await using tracker = await openUdpTracker(host);
  return await tracker.scrape(url, ids);
}

async function scrapeByHttp(host: Host, url: string, ids: readonly Id20[]): Promise<readonly Counts[]> {
  const answer = await scrapeHttp(host, url, ids);
  if (answer.type === 'failure') throw new Failure(`the tracker says: ${answer.reason}`);
  return ids.map(({ hex }) => {
    const file = answer.files.get(hex);
    return file && { seeders: file.complete, completed: file.downloaded, leechers: file.incomplete };
  });
}

function isUdp(url: string): boolean {
  if (!/^(https?|udp):\/\//i.test(url)) throw new UsageError(`${url} is not an http, https or udp URL`);
  return /^udp:/i.test(url);
}

function hashOf(text: string): Id20 {
  if (!/^[0-9a-f]{40}$/i.test(text)) throw new UsageError(`${text} is not 40 hexadecimal digits`);
  return Id20.from(text);
}
