/**
 * Waits beside a run and clears up after it, however it ends: its input is a pipe from the run, which closes when the run is
 * gone, even by SIGKILL. In a session of its own, so that Ctrl-C does not reach it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { removeRun } from './engine.ts';

const FILE = fileURLToPath(import.meta.url);
/** A container may just be on its way in when the run ends. */
const LOOKS = 3;
const BETWEEN_MS = 700;

export function startSweeper(run: string, folder: string): ChildProcess {
  const sweeper = spawn(process.execPath, [FILE, run, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  sweeper.unref();
  (sweeper.stdin as unknown as { unref?(): void }).unref?.();
  return sweeper;
}

if (process.argv[1] === FILE) {
  const [run, folder] = process.argv.slice(2) as [string, string];
  let tidy = false;
  process.stdin.on('data', () => {
    tidy = true;
  });
  process.stdin.on('end', async () => {
    for (let look = 0; !tidy && look < LOOKS; look++) {
      await removeRun(run).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
    rmSync(folder, { recursive: true, force: true });
  });
}
