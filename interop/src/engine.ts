/** The container engine, by its own command: whatever runs containers has one that takes these words. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { hostname } from 'node:os';

/** Everything of a run carries its name, so that all of it is found again. */
export const LABEL = 'org.ferro.interop.run';

// The classic builder needs no plug-in, and Debian packages none.
const environment = { ...process.env, DOCKER_BUILDKIT: '0' };

/** Nothing if an engine answers, otherwise why not. */
export function engineTrouble(): string | undefined {
  const asked = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
  if (asked.error !== undefined) return 'there is no docker command';
  return asked.status === 0 ? undefined : (asked.stderr.trim().split('\n').at(-1) ?? 'it does not say why');
}

/** Runs a command of the engine and gives what it printed. */
export function docker(...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('docker', words, { env: environment, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new Error(`docker ${words[0]}: ${(stderr || stdout || error.message).trim().slice(-2000)}`));
    });
  });
}

/** A container in the foreground: it ends when its program does, with the program's exit code, and leaves nothing. */
export function startContainer(words: readonly string[]): ChildProcess {
  return spawn('docker', ['run', '--rm', ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** `host/pid/…`: whose things these are, and whether that process still lives. */
export function runName(): string {
  return `${hostname()}/${process.pid}`;
}

/** Removes every container and network of a run. */
export async function removeRun(run: string): Promise<void> {
  const filter = ['--filter', `label=${LABEL}=${run}`];
  const containers = await docker('ps', '-aq', ...filter);
  if (containers !== '') await docker('rm', '-f', ...containers.split('\n')).catch(() => '');
  const networks = await docker('network', 'ls', '-q', ...filter);
  for (const network of networks.split('\n').filter(Boolean)) await docker('network', 'rm', network).catch(() => '');
}

/** Runs whose process is gone: a machine that was switched off has not tidied up. */
export async function removeAbandoned(): Promise<void> {
  const format = ['--filter', `label=${LABEL}`, '--format', `{{.Label "${LABEL}"}}`];
  const labels = await Promise.all([docker('ps', '-a', ...format), docker('network', 'ls', ...format)]);
  for (const run of new Set(labels.flatMap((lines) => lines.split('\n')).filter(Boolean))) {
    const [machine, pid] = run.split('/');
    if (machine === hostname() && !lives(Number(pid))) await removeRun(run);
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
