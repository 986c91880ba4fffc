/** What a user may set, and what holds when nothing is set. */
import type { Endpoint, SlotPool, Storage, StorageLayout } from '@ferro/core';
import type { NameSafety } from '@ferro/metainfo';
import { limits } from './limits.ts';

export interface ClientOptions {
  /** Where to accept peers. Default: any free port, on all addresses. An empty list: nowhere. */
  readonly listen?: readonly Endpoint[];
  /** Bytes of payload held in memory at most. */
  readonly memory?: number;
  /** Bytes a second, of all torrents together. Default: no limit. */
  readonly downloadRate?: number;
  readonly uploadRate?: number;
  readonly maxPeers?: number;
  readonly maxPeersPerTorrent?: number;
  readonly uploadSlots?: number;
  /** Default: true. */
  readonly tcp?: boolean;
  /** Connections over UDP that yield to others (BEP 29). Default: true. */
  readonly utp?: boolean;
  readonly trackers?: boolean;
  /** The distributed hash table (BEP 5), for torrents that are not private. Default: true. */
  readonly dht?: boolean;
  /** Peers from peers (BEP 11), and introductions to those behind routers (BEP 55). Default: true. */
  readonly pex?: boolean;
  /** Peers on the same network by multicast (BEP 14). Default: false, as a library should not speak up where nobody asked it to. */
  readonly lsd?: boolean;
  /** Web servers that torrents and magnet links name (BEP 17, 19). Default: true. */
  readonly webSeeds?: boolean;
  /** Nodes to enter the DHT by, as `host:port`. Default: none but those of torrents and peers. */
  readonly bootstrap?: readonly string[];
  /** The same for well-known nodes that are asked only while hardly any other is known. Default: none. */
  readonly routers?: readonly string[];
  /** A file in which our DHT node is kept from one run to the next. Default: none. */
  readonly dhtFile?: string | undefined;
  /** What we call ourselves (BEP 10, v). */
  readonly agent?: string;
  /** Trackers, the DHT and peers may name peers at loopback and private addresses. Default: true, as many swarms live in one network. */
  readonly anyPeer?: boolean;
  /** Which file names are left as they are: `portable` ones are good on every system, `posix` ones on all but Windows. Default: portable. */
  readonly names?: NameSafety;
  /** Where pieces are kept. Default: the host's files. */
  readonly storage?: ((layout: StorageLayout, slots: SlotPool) => Storage) | undefined;
}

export type Settings = Required<ClientOptions>;

export function settingsOf(options: ClientOptions): Settings {
  const settings: Settings = {
    listen: options.listen ?? [{ port: 0 }],
    memory: options.memory ?? limits.memory,
    downloadRate: options.downloadRate ?? Number.POSITIVE_INFINITY,
    uploadRate: options.uploadRate ?? Number.POSITIVE_INFINITY,
    maxPeers: options.maxPeers ?? limits.peers,
    maxPeersPerTorrent: options.maxPeersPerTorrent ?? limits.peersPerTorrent,
    uploadSlots: options.uploadSlots ?? limits.uploadSlots,
    tcp: options.tcp ?? true,
    utp: options.utp ?? true,
    trackers: options.trackers ?? true,
    dht: options.dht ?? true,
    pex: options.pex ?? true,
    lsd: options.lsd ?? false,
    webSeeds: options.webSeeds ?? true,
    bootstrap: options.bootstrap ?? [],
    routers: options.routers ?? [],
    dhtFile: options.dhtFile,
    agent: options.agent ?? 'Ferro 0.1.0',
    anyPeer: options.anyPeer ?? true,
    names: options.names ?? 'portable',
    storage: options.storage,
  };
  for (const rate of [settings.downloadRate, settings.uploadRate]) {
    if (!(rate > 0)) throw new RangeError('a rate is a number of bytes a second greater than 0');
  }
  for (const node of [...settings.bootstrap, ...settings.routers]) parsePlace(node);
  return settings;
}

/** A name or an address, and a port. Throws a RangeError for anything else. */
export function parsePlace(text: string): { readonly host: string; readonly port: number } {
  const [, six, other, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? other;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) throw new RangeError(`${text} is no host:port`);
  return { host, port: Number(port) };
}

export interface AddOptions {
  /** The folder that the torrent's own folder or file is put in. */
  readonly path: string;
  /** Peers to connect to at once. */
  readonly peers?: readonly { readonly ip: string; readonly port: number }[];
  /** Which files are wanted, by index. Default: all. */
  readonly select?: (file: { readonly path: readonly string[]; readonly length: number }, index: number) => boolean;
  readonly sequential?: boolean;
  readonly paused?: boolean;
  readonly downloadRate?: number;
  readonly uploadRate?: number;
  /** Show pieces one by one, so that others spread them (BEP 16). For first seeders. */
  readonly superSeed?: boolean;
  /** Of a magnet link: only the info dictionary is fetched, and then everything rests. */
  readonly metadataOnly?: boolean;
  /** Where resume data is kept: a file. Default: below `path`, in a folder named .ferro. False: nowhere. */
  readonly resumeFile?: string | false;
}

export interface FetchMetadataOptions extends Pick<AddOptions, 'peers'> {
  readonly signal?: AbortSignal | undefined;
}
