/** A new name is safe when its folder is on the medium. Windows has no such call and needs none. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { codeOf } from './disk-fault.ts';

export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some file systems do not know how to: then nothing better can be done.
    if (codeOf(error) !== 'EINVAL') throw error;
  } finally {
    closeSync(fd);
  }
}
