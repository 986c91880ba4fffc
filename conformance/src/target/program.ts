/** A program of somebody else's: started from a command line in a process group of its own, stopped by SIGTERM, then by force. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { ourAddress } from '../addresses.ts';
import { unsupportedExitCode } from '../grading.ts';
import { limits } from '../limits.ts';
import { UnsupportedRole } from './target.ts';

/** Those that run: whatever ends this process, they end with it. */
const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const each of running) signalGroup(each, 'SIGKILL');
});

export class Program {
  readonly command: string;
  /** Fulfilled when it has ended, with how. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  readonly #log: string[] = [];
  #logLength = 0;
  #end: string | undefined;

  readonly #stopSignal: 'SIGTERM' | 'SIGINT';

  constructor(command: string, folder: string, stopSignal: 'SIGTERM' | 'SIGINT' = 'SIGTERM') {
    this.command = command;
    this.#stopSignal = stopSignal;
    // `exec`, so that the signal reaches the program and not the shell that reads the line.
    const line = `exec ${command}`;
    this.#process = spawn('/bin/sh', ['-c', line], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.#process);
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    }
    this.ended = new Promise((resolve) => {
      this.#process.on('error', (error) => this.#ended(error.message, resolve));
      this.#process.on('exit', (code, signal) => this.#ended(signal ?? `exit code ${code}`, resolve));
    });
  }

  get log(): string {
    return this.#log.join('');
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Waits until it takes connections; throws where it ends before. */
  async listening(port: number, startMs: number = limits.startMs): Promise<void> {
    const until = performance.now() + startMs;
    while (!(await accepts(port))) {
      if (this.#end === `exit code ${unsupportedExitCode}`) throw new UnsupportedRole(`${this.command}: exit code 89`);
      if (this.#end !== undefined) throw new Error(`${this.command} ended with ${this.#end}: ${this.log.trim()}`);
      if (performance.now() > until) throw new Error(`${this.command} does not listen on ${port} after ${startMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, limits.lookMs));
    }
  }

  async stop(stopMs: number = limits.stopMs): Promise<void> {
    this.#signal(this.#stopSignal);
    const timer = setTimeout(() => this.#signal('SIGKILL'), stopMs);
    await this.ended;
    clearTimeout(timer);
    this.#signal('SIGKILL');
    running.delete(this.#process);
  }

  #signal(name: NodeJS.Signals): void {
    signalGroup(this.#process, name);
  }

  #keep(text: string): void {
    if (this.#logLength > limits.logLength) return;
    this.#logLength += text.length;
    this.#log.push(text);
  }

  #ended(how: string, resolve: (how: string) => void): void {
    this.#end = how;
    resolve(how);
  }
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The group is gone already.
  }
}

/** Whether somebody takes connections there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, ourAddress());
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** Whether somebody still does some time after its program has ended: one that was killed may hold its sockets for a moment. */
export async function keepsAccepting(port: number): Promise<boolean> {
  const until = performance.now() + limits.releaseMs;
  while (await accepts(port)) {
    if (performance.now() > until) return true;
    await new Promise((resolve) => setTimeout(resolve, limits.lookMs));
  }
  return false;
}

/** A port that nobody listens at now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, ourAddress(), () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
