/** One running peer: started, watched until it says that it is done, measured from /proc, ended by its own pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type PeerContext, type Program, programs } from './programs.ts';

/** Clock ticks a second in /proc (USER_HZ): the same on every Linux. */
const TICKS = 100;

export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #context: PeerContext;
  readonly #program: Program;
  #output = '';
  #exited = false;

  constructor(name: string, role: 'seed' | 'leech', context: PeerContext) {
    this.#program = programs[name]!;
    this.#context = context;
    mkdirSync(context.scratch, { recursive: true });
    mkdirSync(context.folder, { recursive: true });
    const [command, ...args] = this.#program.command(context, role);
    const environment = { ...process.env, HOME: context.scratch, TERM: 'dumb' };
    this.#child = spawn(command!, args, {
      cwd: context.scratch,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: environment,
    });
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      this.#output = (this.#output + bytes.toString()).slice(-4096);
    });
    this.#child.on('exit', () => {
      this.#exited = true;
    });
  }

  async done(seconds: number): Promise<void> {
    const until = performance.now() + 1000 * seconds;
    while (!this.#isDone()) {
      if (this.#exited) throw new Error('the program ended before it was done');
      if (performance.now() > until) throw new Error(`not done after ${seconds} s`);
      await pause(3);
    }
  }

  #isDone(): boolean {
    const { done } = this.#program;
    return 'line' in done ? done.line.test(this.#output) : existsSync(join(this.#context.scratch, done.file));
  }

  /** User and system time of all its threads, in seconds. */
  get cpu(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }

  /** Peak resident memory, in MiB. */
  get memory(): number {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1]) / 1024;
  }

  async end(): Promise<void> {
    if (this.#exited) return;
    this.#child.kill('SIGKILL');
    while (!this.#exited) await pause(5);
  }
}
