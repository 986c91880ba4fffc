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
  readonly trackers?: boolean;
  /** What we call ourselves (BEP 10, v). */
  readonly agent?: string;
  /** Peers at loopback and private addresses may be named by trackers. Default: only if the tracker is there too. */
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
    trackers: options.trackers ?? true,
    agent: options.agent ?? 'Ferro 0.1.0',
    anyPeer: options.anyPeer ?? true,
    names: options.names ?? 'portable',
    storage: options.storage,
  };
  for (const rate of [settings.downloadRate, settings.uploadRate]) {
    if (!(rate > 0)) throw new RangeError('a rate is a number of bytes a second greater than 0');
  }
  return settings;
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
  /** Where resume data is kept: a file. Default: below `path`, in a folder named .ferro. False: nowhere. */
  readonly resumeFile?: string | false;
}
