/**
 * Forcing data to the medium. It may take seconds, so it runs in Node's thread pool: neither the event loop nor a disk worker,
 * whose next pieces would pile up behind it, waits for it.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf } from './disk-fault.ts';

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
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
