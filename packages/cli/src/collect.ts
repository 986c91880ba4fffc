/** Files and folders that the user named, as the source of a torrent. */
import { isJunk, type SourceFile, type TorrentSource } from '@ferro/metainfo';
import { listFiles } from '@ferro/node';
import { Failure, UsageError } from './output.ts';

export interface CollectOptions {
  readonly hidden?: boolean;
  readonly junk?: boolean;
  readonly name?: string;
}

/** One file, or one folder with everything in it; hidden and junk files stay out unless asked for. */
export async function collect(path: string, options: CollectOptions = {}): Promise<TorrentSource> {
  const clean = path.replace(/(?<=.)\/+$/, '');
  const { folder, name } = split(clean);
  if (name === '' || name === '.' || name === '..') throw new UsageError(`${path}: name the folder itself, not "."`);
  const listed = await listFiles(clean).catch((error: Error) => {
    throw new Failure(error.message);
  });
  const only = listed[0];
  if (listed.length === 1 && only?.path.length === 1 && only.path[0] === name && only.link === undefined) {
    return { name: options.name ?? name, root: folder, single: true, files: [{ ...only, path: [name] }] };
  }
  const files = listed.filter((file) => isWanted(file.path, options)).map(asSource);
  if (files.length === 0) throw new Failure(`${path} holds no files to share`);
  return { name: options.name ?? name, root: clean, files };
}

function split(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/');
  return slash === -1
    ? { folder: '.', name: path }
    : { folder: path.slice(0, slash) || '/', name: path.slice(slash + 1) };
}

function isWanted(path: readonly string[], { hidden, junk }: CollectOptions): boolean {
  if (junk !== true && path.some(isJunk)) return false;
  return hidden === true || !path.some((name) => name.startsWith('.'));
}

function asSource({ path, length, executable, link }: Awaited<ReturnType<typeof listFiles>>[number]): SourceFile {
  return { path, length, executable, ...(link === undefined ? {} : { link }) };
}
