/** What the user named: a .torrent file, a magnet link, or data to make a torrent of. */
import { createTorrent, parseTorrent } from '@ferro/metainfo';
import { collect } from './collect.ts';
import type { NodeHost } from './commands/network.ts';
import { limits } from './limits.ts';
import { Failure } from './output.ts';

/** Which names of a torrent are kept as they are: what other programs on this system would have written. */
export const NAMES: 'portable' | 'posix' = process.platform === 'win32' ? 'portable' : 'posix';

/** A magnet link as it is, or the bytes of a file. */
export async function readSource(host: NodeHost, source: string): Promise<string | Uint8Array> {
  return /^magnet:/i.test(source) ? source : readTorrent(host, source);
}

/** Undefined where there is no file. */
export function readSmallFile(host: NodeHost, path: string, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    host.readFile(path, limit, (answer) => {
      if (answer instanceof Error) reject(new Failure(answer.message));
      else resolve(answer);
    });
  });
}

export async function readTorrent(host: NodeHost, path: string): Promise<Uint8Array> {
  const bytes = await readSmallFile(host, path, limits.torrentLength);
  if (bytes === undefined) throw new Failure(`${path} does not exist`);
  return bytes;
}

export function writeFile(host: NodeHost, path: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    host.replaceFile(path, bytes, (error) => (error === undefined ? resolve() : reject(new Failure(error.message))));
  });
}

export interface SeedSource {
  readonly source: Uint8Array;
  /** The folder that holds the torrent's own file or folder. */
  readonly data: string;
}

/** A .torrent file as it is; of anything else, a torrent is made. */
export async function torrentToSeed(
  host: NodeHost,
  path: string,
  options: { readonly data?: string; readonly tracker?: readonly string[] },
): Promise<SeedSource> {
  if (path.endsWith('.torrent')) {
    const source = await readTorrent(host, path);
    parseTorrent(source);
    return { source, data: options.data ?? folderOf(path) };
  }
  const collected = await collect(path, { hidden: true });
  const trackers = options.tracker?.map((url) => [url]);
  const source = await createTorrent(host, collected, trackers === undefined ? {} : { trackers });
  return { source, data: folderOf(path.replace(/(?<=.)\/+$/, '')) };
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '.' : path.slice(0, slash) || '/';
}
