/** More processes of the program that runs: for servers that share a port among them. No protocol knows of it. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Workers {
  readonly pids: readonly number[];
  /** Asks all of them to end, and resolves when they have. */
  stop(): Promise<void>;
}

/**
 * Starts the running program again, `count` times, with other arguments and this one's outputs. One that ends by itself is told of,
 * with its place, and started again after a second, unless it ended at once: then it would only do so again.
 */
export function startWorkers(
  count: number,
  args: readonly string[],
  ended: (place: number, code: number | null, again: boolean) => void,
): Workers {
  const children: ChildProcess[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;
  const start = (place: number): void => {
    const since = performance.now();
    const command = [...process.execArgv, process.argv[1]!, ...args];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'inherit', 'inherit'] });
    children[place] = child;
    child.once('exit', (code) => {
      if (stopping) return;
      const again = performance.now() - since > 1000;
      ended(place, code, again);
      if (!again) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        start(place);
      }, 1000);
      timers.add(timer);
    });
  };
  for (let place = 0; place < count; place++) start(place);
  return {
    get pids() {
      return children.map((child) => child.pid ?? 0);
    },
    async stop() {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(children.map(stopped));
    },
  };
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
