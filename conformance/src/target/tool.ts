/** Programs that read or make torrent files: run to their end for each question, in a process group of their own. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { unsupportedExitCode } from '../grading.ts';
import { limits } from '../limits.ts';
import { UnsupportedRole } from './target.ts';

/** How a program ended that was run to its end. */
export interface Use {
  /** Exit code 0. */
  readonly accepted: boolean;
  /** Set where it did not end by itself: a signal, or out of time. */
  readonly broken?: string;
  /** What it said, on both channels. */
  readonly output: string;
  readonly ms: number;
  /** The most memory that it was seen to hold, where the system tells. */
  readonly peakBytes?: number;
}

export function use(line: string, folder: string): Promise<Use> {
  const began = performance.now();
  // `exec`, so that the end is the one of the program and not of the shell that reads the line.
  const child = spawn('/bin/sh', ['-c', `exec ${line}`], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < limits.toolOutputLength) output += text;
    });
  }
  let late = false;
  let peakBytes: number | undefined;
  const look = setInterval(() => {
    peakBytes = peakOf(child.pid) ?? peakBytes;
  }, limits.lookMs);
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, limits.toolMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(look);
      clearTimeout(timer);
      if (code === unsupportedExitCode) reject(new UnsupportedRole(`${line}: exit code ${code}`));
      const broken = late ? `it runs for more than ${limits.toolMs} ms` : signal === null ? undefined : signal;
      resolve({
        accepted: code === 0,
        output,
        ms: Math.round(performance.now() - began),
        ...(broken !== undefined && { broken }),
        ...(peakBytes !== undefined && { peakBytes }),
      });
    });
  });
}

/** Linux only. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const peak = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return peak === null ? undefined : Number(peak[1]) * 1_024;
  } catch {
    return undefined;
  }
}
