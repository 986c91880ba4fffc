/** What all questions to the DHT share: their switches, a node of our own that only asks (BEP 43), and a time limit. */
import { type Address, Id20 } from '@ferro/core';
import { type OpenDht, openDht } from '@ferro/dht';
import { parseMagnet } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import type { Command } from 'commander';
import { limits } from '../limits.ts';
import { Failure, UsageError } from '../output.ts';
import { parseEndpoint, parseHostPort } from '../units.ts';
import { findPeers, type NodeHost } from './network.ts';

export interface NodeOptions {
  readonly bootstrap?: readonly string[];
  readonly listen?: string;
  readonly timeout?: string;
  readonly json?: boolean;
}

export function withNode(command: Command): Command {
  return command
    .option('--bootstrap <host:port...>', 'nodes to enter the network by (default: well-known routers)')
    .option('--listen <[host:]port>', 'the UDP port to ask from (default: any free one)')
    .option('--timeout <seconds>', 'give up after so long', String(limits.dhtSeconds))
    .option('--json', 'as JSON');
}

/** What the switches say to a node. */
export function settingsOf({ bootstrap, listen }: NodeOptions): Parameters<typeof openDht>[1] & object {
  for (const node of bootstrap ?? []) parseHostPort(node);
  return {
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(listen === undefined ? {} : parseEndpoint(listen)),
  };
}

interface Asking {
  readonly host: NodeHost;
  readonly dht: OpenDht;
  readonly signal: AbortSignal;
}

/** Runs a question with a node that is there for it alone. */
export async function within(options: NodeOptions, ask: (asking: Asking) => Promise<void>): Promise<void> {
  const seconds = Number(options.timeout ?? limits.dhtSeconds);
  if (!(seconds > 0)) throw new UsageError(`${options.timeout} is no number of seconds`);
  const settings = settingsOf(options);
  const signal = AbortSignal.timeout(Math.min(1000 * seconds, 2 ** 31 - 1));
  await using host = nodeHost();
  await using dht = await openDht(host, { readOnly: true, ...settings });
  try {
    await ask({ host, dht, signal });
  } catch (error) {
    if (signal.aborted) throw new Failure(`not finished in ${seconds} seconds`);
    throw error;
  }
}

/** An info-hash or another target, by itself or in a magnet link. */
export function targetOf(text: string): Id20 {
  if (/^magnet:/i.test(text)) {
    const { infoHashV1, infoHashV2 } = parseMagnet(text);
    return infoHashV1 ?? Id20.from(infoHashV2!.subarray(0, 20));
  }
  if (!/^[0-9a-f]{40}$/i.test(text)) throw new UsageError(`${text} is not 40 hexadecimal digits`);
  return Id20.from(text);
}

export async function addressNamed(host: NodeHost, place: string): Promise<Address> {
  const [address] = await findPeers(host, [place]);
  return address!;
}
