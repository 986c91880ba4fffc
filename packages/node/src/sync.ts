/**
 * Forcing data to the medium. It may take seconds, so it runs in Node's thread pool, or for many files in a worker of its own, where
 * each costs a tenth: neither the event loop nor a disk worker, whose next pieces would pile up behind it, waits for it.
 */
import { closeSync, constants, fdatasyncSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf } from './disk-fault.ts';

const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, FLAGS);
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A new name is on the medium once its folder is. Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems do not know how to: then nothing better can be done.
    if (codeOf(error) !== 'EINVAL') throw error;
  } finally {
    await folder.close();
  }
}

/** The same for many, with calls that block. */
export function syncNow(files: readonly string[], folders: readonly string[]): void {
  for (const path of files) syncOne(path, FLAGS, fdatasyncSync);
  if (process.platform === 'win32') return;
  for (const path of folders) syncOne(path, constants.O_RDONLY, syncKnown);
}

function syncOne(path: string, flags: number, sync: (fd: number) => void): void {
  const fd = openSync(path, flags);
  try {
    sync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncKnown(fd: number): void {
  try {
    fsyncSync(fd);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') throw error;
  }
}
