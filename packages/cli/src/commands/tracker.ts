/** ferro tracker: a tracker over HTTP and UDP, with its swarms in memory or in Valkey, in one process or several. */
import { type Endpoint, formatAddress, type Host } from '@ferro/core';
import { nodeHost, startWorkers } from '@ferro/node';
import { limits, openTracker, type SwarmStore, type TrackerEvent } from '@ferro/tracker';
import { ValkeyStore } from '@ferro/tracker/valkey';
import { Command } from 'commander';
import { Output, UsageError } from '../output.ts';
import { parseEndpoint } from '../units.ts';
import { interruption } from './network.ts';

interface TrackerSettings {
  readonly http?: string;
  readonly udp?: string;
  readonly store: string;
  readonly workers: string;
  readonly interval: string;
  readonly allow?: string;
  readonly deny?: string;
  readonly share?: boolean;
  readonly json?: boolean;
}

type Event = TrackerEvent | { readonly type: 'store-away'; readonly reason: string } | { readonly type: 'store-back' };

export function tracker(): Command {
  return new Command('tracker')
    .description('run a tracker')
    .option('--http <[host:]port>', 'announces over HTTP; statistics at /stats, /stats.json and /metrics')
    .option('--udp <[host:]port>', 'announces over UDP')
    .option('--store <store>', 'memory, or redis://host:port to share swarms with other trackers', 'memory')
    .option('--workers <count>', 'processes that share the ports; more than one needs a store to share', '1')
    .option('--interval <seconds>', 'how often clients shall announce', String(limits.interval))
    .option('--allow <file>', 'serve only the info-hashes in this file, one a line')
    .option('--deny <file>', 'do not serve the info-hashes in this file')
    .option('--share', 'let other processes listen on the same ports')
    .option('--json', 'one JSON object a line on stdout')
    .addHelpText(
      'after',
      '\nBoth lists are read again when they change. SIGHUP reads them at once.\n' +
        '\nExamples:\n  ferro tracker --http 6969 --udp 6969' +
        '\n  ferro tracker --udp 6969 --store redis://127.0.0.1:6379 --workers 4',
    )
    .action(run);
}

async function run(settings: TrackerSettings): Promise<void> {
  const workers = countOf(settings.workers, 'workers', 64);
  const interval = countOf(settings.interval, 'interval', 86_400);
  if (settings.http === undefined && settings.udp === undefined) throw new UsageError('say --http, --udp or both');
  if (settings.store !== 'memory' && !/^(redis|rediss|valkey):\/\//.test(settings.store)) {
    throw new UsageError(`${settings.store} is neither memory nor redis://host:port`);
  }
  const share = workers > 1 || settings.share === true;
  const http = endpointOf(settings.http, share);
  const udp = endpointOf(settings.udp, share);
  const output = new Output(settings.json === true);
  if (workers > 1) return await runWorkers(settings, workers, output);
  await using host = nodeHost();
  const on = (event: Event) => tell(output, event);
  await using running = await openTracker(host, {
    interval,
    on,
    ...(settings.store !== 'memory' && { store: sharedStore(host, settings.store, interval, on) }),
    ...(http !== undefined && { http }),
    ...(udp !== undefined && { udp }),
    ...(settings.allow !== undefined && { allow: settings.allow }),
    ...(settings.deny !== undefined && { deny: settings.deny }),
  });
  const reload = () => running.reload();
  process.on('SIGHUP', reload);
  await interruption();
  process.off('SIGHUP', reload);
}

async function runWorkers(settings: TrackerSettings, count: number, output: Output): Promise<void> {
  if (settings.store === 'memory') throw new UsageError('several workers need a store to share: --store redis://…');
  if ([settings.http, settings.udp].some((at) => at !== undefined && /(^|:)0$/.test(at))) {
    throw new UsageError('several workers need a port that they know');
  }
  const args = ['tracker', '--share', '--store', settings.store, '--interval', settings.interval];
  for (const name of ['http', 'udp', 'allow', 'deny'] as const) {
    const value = settings[name];
    if (value !== undefined) args.push(`--${name}`, value);
  }
  if (settings.json === true) args.push('--json');
  const workers = startWorkers(count, args, (worker, code, again) => {
    output.emit({ type: 'worker-ended', worker, code, again });
    output.note(`worker ${worker} has ended${again ? ' and is started again' : ' at once'}`);
  });
  await interruption();
  await workers.stop();
}

function sharedStore(host: Host, store: string, interval: number, on: (event: Event) => void): SwarmStore {
  return new ValkeyStore(host, {
    url: store.replace(/^valkey:/, 'redis:'),
    lifeMs: 1000 * interval * limits.lifeIntervals,
    changed: (reason) => on(reason === undefined ? { type: 'store-back' } : { type: 'store-away', reason }),
  });
}

function tell(output: Output, event: Event): void {
  output.emit({ time: new Date().toISOString(), ...event });
  if (event.type === 'listening') output.print(`listening for ${event.protocol} at ${formatAddress(event.local)}`);
  else if (event.type === 'list-loaded') output.print(`the ${event.list} list has ${event.entries} info-hashes`);
  else if (event.type === 'list-failed') output.note(`the ${event.list} list stays as it was: ${event.reason}`);
  else if (event.type === 'store-away') output.note(`the store is away: ${event.reason}`);
  else if (event.type === 'store-back') output.note('the store is back');
}

function endpointOf(text: string | undefined, share: boolean): Endpoint | undefined {
  return text === undefined ? undefined : { ...parseEndpoint(text), share };
}

function countOf(text: string, what: string, max: number): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > max) throw new UsageError(`--${what} takes 1 to ${max}, not ${text}`);
  return count;
}
