/**
 * What a torrent's files look like from outside, asked in Node's thread pool. A disk worker takes longer to start than a
 * download from there to its first request, so the first torrent of a program does not wait for one.
 */
import { lstat } from 'node:fs/promises';
import { sep } from 'node:path';
import type { FileStamp } from '@ferro/core';
import { faultOf } from './disk-fault.ts';
import type { DiskLayout } from './disk-job.ts';

/** Undefined: there is no such file; what lies behind a link is none of ours. */
export function fileStamps({ root, files }: DiskLayout): Promise<(FileStamp | undefined)[]> {
  return Promise.all(files.map(async ({ path, padding }) => (padding === true ? undefined : stampOf(root, path))));
}

async function stampOf(root: string, path: readonly string[]): Promise<FileStamp | undefined> {
  try {
    let folder = root;
    for (const name of path.slice(0, -1)) {
      folder += sep + name;
      if (!(await lstat(folder)).isDirectory()) return undefined;
    }
    const stat = await lstat(folder + sep + path.at(-1)!);
    return stat.isFile() ? { length: stat.size, modified: stat.mtimeMs } : undefined;
  } catch (error) {
    if (['missing', 'denied'].includes(faultOf(error))) return undefined;
    throw error;
  }
}
