/** ferro dht: questions to the distributed hash table, a crawl of it, and a node in it. */
import { formatAddress } from '@ferro/core';
import { Command } from 'commander';
import { Failure, Output, UsageError } from '../output.ts';
import { crawlCommand } from './dht-crawl.ts';
import { getCommand, putCommand } from './dht-items.ts';
import { addressNamed, type NodeOptions, targetOf, within, withNode } from './dht-network.ts';
import { nodeCommand } from './dht-node.ts';

export function dht(): Command {
  const group = new Command('dht').description('ask the distributed hash table, crawl it, or run a node of it');
  for (const make of [ping, find, peers, announce, getCommand, putCommand, sample, crawlCommand, nodeCommand]) {
    group.addCommand(make().exitOverride());
  }
  return group.addHelpText(
    'after',
    `
Examples:
  ferro dht peers 0123456789abcdef0123456789abcdef01234567
  ferro dht ping router.example:6881
  ferro dht node --listen 6881 --metrics 9100`,
  );
}

function ping(): Command {
  return withNode(new Command('ping').description('whether a node is there, and who it is'))
    .argument('<host:port>', 'the node')
    .action(async (place: string, options: NodeOptions) => {
      await within({ bootstrap: [], ...options }, async ({ dht: node, host }) => {
        const address = await addressNamed(host, place);
        const { id, roundTripMs } = await node.ping(address);
        const result = { node: formatAddress(address), id: id.hex, roundTripMs };
        new Output(options.json === true).result(result, () => `${id.hex}  ${roundTripMs.toFixed(1)} ms`);
      });
    });
}

function find(): Command {
  return withNode(new Command('find').description('the nodes nearest to a target'))
    .argument('<target>', '40 hexadecimal digits')
    .action(async (target: string, options: NodeOptions) => {
      const id = targetOf(target);
      await within(options, async ({ dht: node, signal }) => {
        const found = await node.find(id, { signal });
        const nodes = found.map(({ id: { hex }, address }) => ({ id: hex, node: formatAddress(address) }));
        new Output(options.json === true).result(nodes, () => nodes.map((one) => `${one.id}  ${one.node}`).join('\n'));
        if (nodes.length === 0) throw new Failure('no node has answered');
      });
    });
}

interface PeersOptions extends NodeOptions {
  readonly count?: boolean;
}

function peers(): Command {
  return withNode(new Command('peers').description('the peers of a torrent, as they are found'))
    .argument('<torrent>', '40 hexadecimal digits, or a magnet link')
    .option('--count', 'only about how many seeds and others there are')
    .action(async (torrent: string, options: PeersOptions) => {
      const infoHash = targetOf(torrent);
      const output = new Output(options.json === true);
      await within(options, async ({ dht: node, signal }) => {
        if (options.count === true) {
          const { seeds, peers: others } = (await node.scrape(infoHash, { signal })) ?? { seeds: 0, peers: 0 };
          output.result({ seeds, peers: others }, () => `about ${seeds} seeds and ${others} others`);
          return;
        }
        for await (const address of node.peers(infoHash, { signal })) {
          output.emit({ type: 'peer', peer: formatAddress(address) });
          output.print(formatAddress(address));
        }
      });
    });
}

interface AnnounceOptions extends NodeOptions {
  readonly port: string;
  readonly seed?: boolean;
}

function announce(): Command {
  return withNode(new Command('announce').description('say that this machine is a peer of a torrent'))
    .argument('<torrent>', '40 hexadecimal digits, or a magnet link')
    .requiredOption('--port <port>', 'where the peer listens')
    .option('--seed', 'it has everything')
    .action(async (torrent: string, options: AnnounceOptions) => {
      const port = Number(options.port);
      if (!(Number.isInteger(port) && port > 0 && port < 65_536)) throw new UsageError(`${options.port} is no port`);
      const infoHash = targetOf(torrent);
      await within(options, async ({ dht: node, signal }) => {
        const { stored } = await node.announce(infoHash, port, { seed: options.seed === true, signal });
        new Output(options.json === true).result({ stored }, () => `${stored} nodes know of it`);
        if (stored === 0) throw new Failure('no node has taken it');
      });
    });
}

function sample(): Command {
  return withNode(new Command('sample').description('info-hashes that a node keeps peers for'))
    .argument('<host:port>', 'the node')
    .action(async (place: string, options: NodeOptions) => {
      const output = new Output(options.json === true);
      await within({ bootstrap: [], ...options }, async ({ dht: node, host, signal }) => {
        for await (const { hex } of node.sample(await addressNamed(host, place), { signal })) {
          output.emit({ type: 'sample', infoHash: hex });
          output.print(hex);
        }
      });
    });
}
