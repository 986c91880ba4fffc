/**
 * Small files that are read and replaced whole (resume data and the like), and the listing of a folder from which a torrent is
 * made: every plain file once, in the order in which BEP 52's file tree has them, links told but not followed.
 */
import { randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, mkdir, open, readdir, readlink, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { compareBytes, utf8 } from '@ferro/core';
import { codeOf } from './disk-fault.ts';
import { limits } from './limits.ts';
import { syncFolder } from './sync.ts';

export interface ListedFile {
  /** Below the listed folder; of a listed file its name alone. */
  readonly path: readonly string[];
  readonly length: number;
  readonly executable: boolean;
  /** What a symbolic link says, element by element; its length is 0. */
  readonly link?: readonly string[];
}

/** Lists a folder, or one file. Sockets, pipes and devices are left out. */
export async function listFiles(root: string): Promise<ListedFile[]> {
  const stat = await lstat(root);
  if (stat.isFile()) return [{ path: [basename(root)], length: stat.size, executable: isExecutable(stat.mode) }];
  const listed: ListedFile[] = [];
  await listFolder(root, [], listed);
  return listed;
}

async function listFolder(root: string, path: readonly string[], listed: ListedFile[]): Promise<void> {
  if (path.length > limits.folderDepth) throw new RangeError(`${join(root, ...path)} is too deep`);
  const entries = await readdir(join(root, ...path), { withFileTypes: true });
  for (const entry of entries.sort(byName)) {
    const below = [...path, entry.name];
    if (entry.isDirectory()) await listFolder(root, below, listed);
    else if (entry.isFile() || entry.isSymbolicLink()) {
      if (listed.length >= limits.listedFiles) throw new RangeError(`${root} has too many files`);
      listed.push(await listFile(join(root, ...below), below));
    }
  }
}

async function listFile(file: string, path: readonly string[]): Promise<ListedFile> {
  const stat = await lstat(file);
  if (!stat.isSymbolicLink()) return { path, length: stat.size, executable: isExecutable(stat.mode) };
  return { path, length: 0, executable: false, link: (await readlink(file)).split(sep) };
}

/** By the bytes of the names: the same on every system, whatever its language is. */
function byName(a: Dirent, b: Dirent): number {
  return compareBytes(utf8(a.name), utf8(b.name));
}

function isExecutable(mode: number): boolean {
  return (mode & 0o100) !== 0;
}

/** Undefined where there is no file. */
export async function readSmallFile(path: string, limit: number): Promise<Uint8Array | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size > limit) throw new RangeError(`${path} has ${size} bytes, more than ${limit}`);
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(bytes, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** Writes a file beside the old one, then puts it in its place: at any moment one of the two is there, whole. */
export async function replaceSmallFile(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}
