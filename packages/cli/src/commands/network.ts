/** From the switches of a command to a client, and from what happens in it to what people and programs read. */
import { Client, type ClientEvent, type ClientOptions, type Torrent } from '@ferro/client';
import type { Address } from '@ferro/core';
import { wellKnownRouters } from '@ferro/dht';
import type { nodeHost } from '@ferro/node';
import { limits } from '../limits.ts';
import { Failure, type Output, visible } from '../output.ts';
import { NAMES } from '../source.ts';
import { addressOf, parseBytes, parseEndpoint, parseHostPort } from '../units.ts';
import type { NetworkOptions } from './switches.ts';

export type NodeHost = ReturnType<typeof nodeHost>;

export function makeClient(host: NodeHost, options: NetworkOptions): Client {
  const state = options.state ?? stateFolder();
  const settings: ClientOptions = {
    trackers: options.trackers,
    names: NAMES,
    tcp: options.tcp,
    utp: options.utp,
    dht: options.dht,
    pex: options.pex,
    lsd: options.lsd,
    webSeeds: options.webSeeds,
    ...nodesOf(options.bootstrap),
    dhtFile: state === undefined ? undefined : `${state}/dht`,
    ...(options.listen === undefined ? {} : { listen: options.listen.map(parseEndpoint) }),
    ...(options.memory === undefined ? {} : { memory: parseBytes(`${options.memory}M`) }),
    ...(options.limitDown === undefined ? {} : { downloadRate: parseBytes(options.limitDown) }),
    ...(options.limitUp === undefined ? {} : { uploadRate: parseBytes(options.limitUp) }),
  };
  return new Client(host, settings);
}

/** The nodes that the user names, or else the well-known ones. */
export function nodesOf(bootstrap: readonly string[] | undefined): Pick<ClientOptions, 'bootstrap' | 'routers'> {
  if (bootstrap === undefined) return { routers: wellKnownRouters };
  for (const node of bootstrap) parseHostPort(node);
  return { bootstrap };
}

/** Where programs keep what they would rather not lose, as the XDG base directories have it. */
export function stateFolder(): string | undefined {
  const { XDG_STATE_HOME, LOCALAPPDATA, HOME } = process.env;
  const base = XDG_STATE_HOME || LOCALAPPDATA || (HOME ? `${HOME}/.local/state` : undefined);
  return base === undefined ? undefined : `${base}/ferro`;
}

/** Peers given by name are looked up; a name that nobody has is an error of the user. */
export async function findPeers(host: NodeHost, names: readonly string[] = []): Promise<Address[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const { host: peer, port } = parseHostPort(name);
      const literal = addressOf(peer, port);
      if (literal !== undefined) return [literal];
      const answer = await new Promise<readonly string[] | Error>((resolve) => void host.resolve(peer, resolve));
      if (answer instanceof Error) throw new Failure(`${peer}: ${answer.message}`);
      return answer.map((ip) => ({ ip, port }));
    }),
  );
  return found.flat();
}

/** Prints what happens, for programs as JSON, for people only what they can do something about. */
export function report(output: Output, events: readonly ClientEvent[]): void {
  for (const event of events) {
    if (event.type === 'disk-trouble') {
      output.note(`disk: ${event.error.message}; waiting for it to get better`);
      output.emit({ type: 'disk-trouble', fault: event.fault, message: event.error.message });
    } else if (event.type === 'listen-failed') {
      throw new Failure(event.error.message);
    } else if (event.type === 'failed') {
      throw new Failure(`${event.torrent.name} is no torrent: ${event.error.message}`);
    } else if (event.type === 'web-seed-closed') {
      output.note(`web seed ${visible(event.url)}: ${visible(event.reason)}`);
    } else if (event.type === 'udp-failed') {
      output.note(`UDP: ${event.error.message}; others will not find us by uTP`);
    } else if (event.type === 'peer-banned') {
      output.emit({ type: 'peer-banned', ip: event.ip });
    } else if (event.type === 'tracker' && event.error !== undefined) {
      output.note(`tracker ${visible(event.url)}: ${visible(event.error)}`);
    }
  }
}

/** Programs hear of whatever ends a command before it has done its work, at any point. */
export async function telling(output: Output, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    output.emit({ type: 'error', message: (error as Error).message });
    throw error;
  }
}

/** One look at a torrent, as programs read it. */
export function progressOf(torrent: Torrent): Record<string, unknown> {
  const stats = torrent.stats();
  return {
    infoHash: torrent.infoHash.hex,
    state: stats.state,
    progress: stats.wanted === 0 ? 1 : stats.done / stats.wanted,
    done: stats.done,
    wanted: stats.wanted,
    checked: stats.checked,
    pieceCount: stats.pieceCount,
    downloadRate: Math.round(stats.downloadRate),
    uploadRate: Math.round(stats.uploadRate),
    downloaded: stats.downloaded,
    uploaded: stats.uploaded,
    peers: stats.peers,
    seeds: stats.seeds,
    secondsLeft: Number.isFinite(stats.secondsLeft) ? Math.ceil(stats.secondsLeft) : null,
  };
}

/** Settles with 'interrupted' at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function interruption(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    let told = false;
    const stop = () => {
      if (told) process.exit(130);
      told = true;
      setTimeout(() => process.exit(130), limits.closeMs).unref();
      resolve('interrupted');
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
