/** What the user named: a .torrent file, a magnet link, or data to make a torrent of. */
import type { Torrent } from '@ferro/client';
import { parseTorrent } from '@ferro/metainfo';
import type { NodeHost } from './commands/network.ts';
import { limits } from './limits.ts';
import { Failure } from './output.ts';

/** A magnet link as it is, or the bytes of a file. */
export async function readSource(host: NodeHost, source: string): Promise<string | Uint8Array> {
  return /^magnet:/i.test(source) ? source : readTorrent(host, source);
}

export function readTorrent(host: NodeHost, path: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    host.readFile(path, limits.torrentLength, (answer) => {
      if (answer instanceof Uint8Array) resolve(answer);
      else reject(new Failure(answer?.message ?? `${path} does not exist`));
    });
  });
}

interface SeedSource {
  readonly source: Uint8Array;
  /** The folder that holds the torrent's own file or folder. */
  readonly data: string;
}

export async function torrentToSeed(
  host: NodeHost,
  path: string,
  options: { readonly data?: string },
): Promise<SeedSource> {
  const bytes = await readTorrent(host, path);
  parseTorrent(bytes);
  return { source: bytes, data: options.data ?? path.replace(/[^/]*$/, '') };
}

export function magnetOf(torrent: Torrent): string {
  return `magnet:?xt=urn:btih:${torrent.infoHash.hex}&dn=${encodeURIComponent(torrent.name)}`;
}
