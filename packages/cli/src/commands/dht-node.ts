/** ferro dht node: a node of the DHT that stays until it is stopped, and says how full its tables are (BEP 5). */
import { formatAddress } from '@ferro/core';
import { type OpenDht, openDht } from '@ferro/dht';
import { nodeHost } from '@ferro/node';
import { Command } from 'commander';
import { limits } from '../limits.ts';
import { MetricsText, serveText } from '../metrics.ts';
import { Output, visible } from '../output.ts';
import { readSmallFile, writeFile } from '../source.ts';
import { parseEndpoint } from '../units.ts';
import { type NodeOptions, settingsOf } from './dht-network.ts';
import { interruption, type NodeHost, stateFolder } from './network.ts';

interface NodeCommandOptions extends Pick<NodeOptions, 'listen' | 'json'> {
  readonly bootstrap?: readonly string[] | false;
  readonly state?: string;
  readonly metrics?: string;
}

export function nodeCommand(): Command {
  return new Command('node')
    .description('run a node of the DHT until it is stopped')
    .option('--bootstrap <host:port...>', 'nodes to enter the network by (default: well-known routers)')
    .option('--no-bootstrap', 'be the first of a network: ask nobody to be let in')
    .option('--listen <[host:]port>', 'the UDP port (default: any free one)')
    .option('--state <folder>', 'where it is kept from one run to the next (default: ~/.local/state/ferro)')
    .option('--metrics <[host:]port>', 'serve statistics for Prometheus there (default host: 127.0.0.1)')
    .option('--json', 'one JSON object a line on stdout')
    .action(run);
}

async function run(options: NodeCommandOptions): Promise<void> {
  const output = new Output(options.json === true);
  const { bootstrap, ...rest } = options;
  const settings = settingsOf({ ...rest, ...(bootstrap === undefined ? {} : { bootstrap: bootstrap || [] }) });
  await using host = nodeHost();
  const folder = options.state ?? stateFolder();
  const file = folder === undefined ? undefined : `${folder}/dht-node`;
  await using dht = await open(host, settings, file);
  using metrics = options.metrics === undefined ? undefined : await serve(host, dht, options.metrics);
  if (metrics !== undefined) output.note(`statistics at http://${formatAddress(metrics.local)}/metrics`);
  output.emit({ type: 'ready', port: dht.local.port, ids: idsOf(dht) });
  output.print(`node ${dht.core.id(4).hex} at port ${dht.local.port}`);
  const isTerminal = !output.json && process.stderr.isTTY === true;
  const timer = setInterval(() => {
    output.emit({ type: 'progress', ...statusOf(dht) });
    if (isTerminal) process.stderr.write(`\r\x1b[2K${visible(lineOf(dht))}`);
  }, limits.nodeStatusMs);
  await interruption();
  clearInterval(timer);
  if (isTerminal) process.stderr.write('\n');
  if (file !== undefined && sum(dht.core.occupancy(4)) + sum(dht.core.occupancy(6)) > 0) {
    await writeFile(host, file, dht.snapshot());
  }
}

function serve(host: NodeHost, dht: OpenDht, place: string) {
  return serveText(host, parseEndpoint(place), () => metricsOf(dht));
}

/** A file that is no snapshot is no reason not to run. */
async function open(host: NodeHost, settings: ReturnType<typeof settingsOf>, file: string | undefined) {
  const saved = file === undefined ? undefined : await readSmallFile(host, file, limits.snapshotLength);
  try {
    return await openDht(host, saved === undefined ? settings : { ...settings, saved });
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'dht/bad-snapshot') throw error;
    return await openDht(host, settings);
  }
}

function idsOf({ core }: OpenDht): Readonly<Record<string, string>> {
  return { v4: core.id(4).hex, v6: core.id(6).hex };
}

function statusOf({ core }: OpenDht) {
  return {
    nodes: { v4: sum(core.occupancy(4)), v6: sum(core.occupancy(6)) },
    occupancy: { v4: core.occupancy(4), v6: core.occupancy(6) },
    externalIp: { v4: core.externalIp(4) ?? null, v6: core.externalIp(6) ?? null },
    stored: core.stored,
    traffic: core.traffic,
  };
}

function lineOf(dht: OpenDht): string {
  const { nodes, stored, traffic } = statusOf(dht);
  const buckets = dht.core.occupancy(4).join(' ');
  return `${nodes.v4} nodes over IPv4 [${buckets}], ${nodes.v6} over IPv6  ${stored.peers} peers, ${stored.items} items kept  ${traffic.questions} questions answered, ${traffic.asked} asked`;
}

function metricsOf(dht: OpenDht): string {
  const text = new MetricsText();
  const { nodes, stored, traffic } = statusOf(dht);
  for (const network of ['v4', 'v6'] as const) {
    text.add('gauge', 'dht_nodes', 'Nodes in the routing table.', { network }, nodes[network]);
  }
  for (const [network, family] of [
    ['v4', 4],
    ['v6', 6],
  ] as const) {
    for (const [bucket, count] of dht.core.occupancy(family).entries()) {
      text.add(
        'gauge',
        'dht_bucket_nodes',
        'Nodes in a bucket, 0 the farthest.',
        { network, bucket: `${bucket}` },
        count,
      );
    }
  }
  text.add('gauge', 'dht_stored_peers', 'Peers kept for others.', {}, stored.peers);
  text.add('gauge', 'dht_stored_torrents', 'Torrents that peers are kept of.', {}, stored.torrents);
  text.add('gauge', 'dht_stored_items', 'Items kept for others.', {}, stored.items);
  const counter = (name: string, help: string, value: number) =>
    text.add('counter', `dht_${name}_total`, help, {}, value);
  counter('questions', 'Questions that we were asked.', traffic.questions);
  counter('questions_refused', 'Those among them that were too many to be answered.', traffic.refused);
  counter('asked', 'Questions that we asked.', traffic.asked);
  counter('answered', 'Those among them that were answered.', traffic.answered);
  counter('unanswered', 'Those among them that were not answered in time.', traffic.unanswered);
  return text.toString();
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
