/** A program that runs beside a test: its lines as they come, its end, and its end at the latest when the test ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const POLL_MS = 20;
const FAREWELL_MS = 2000;
const MAIN = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));

/** Those that run now. A test that is cut short does not end them itself. */
const running = new Set<Program>();
process.once('exit', () => {
  for (const program of running) program.kill('SIGKILL');
});

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Program implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly exited: Promise<ProgramEnd>;
  errors = '';
  ended = false;
  readonly #child: ChildProcess;
  readonly #name: string;
  #rest = '';

  constructor(
    command: string,
    parameters: readonly string[],
    options: { readonly cwd?: string; readonly home?: string } = {},
  ) {
    this.#name = command;
    const home = options.home === undefined ? {} : { HOME: options.home };
    this.#child = spawn(command, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TERM: 'dumb', ...home },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    running.add(this);
    this.#child.stdout!.on('data', (bytes: Uint8Array) => this.#read(String(bytes)));
    this.#child.stderr!.on('data', (bytes: Uint8Array) => {
      this.errors += String(bytes);
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        this.ended = true;
        running.delete(this);
        resolve({ code, signal });
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.ended) this.#child.kill(signal);
  }

  /** The first line that passes, whether it has come already or comes later. */
  async line(passes: (line: string) => boolean): Promise<string> {
    await until(() => this.ended || this.lines.some(passes), `a line of ${this.#name}`);
    const line = this.lines.find(passes);
    if (line === undefined) throw new Error(`${this.#name} ended without the line: ${this.#story()}`);
    return line;
  }

  /** Lets it live for so long, or until it ends by itself. */
  async lives(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([over, this.exited]);
    clearTimeout(timer);
  }

  /** Waits for something that the program does, and fails if it ends before. */
  async waitFor(check: () => boolean | Promise<boolean>): Promise<void> {
    let good = false;
    await until(async () => {
      good = await check();
      return good || this.ended;
    }, `what ${this.#name} should do`);
    if (!good) throw new Error(`${this.#name} ended: ${this.#story()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGTERM');
    const force = setTimeout(() => this.kill('SIGKILL'), FAREWELL_MS);
    await this.exited;
    clearTimeout(force);
  }

  #read(text: string): void {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop()!;
    this.lines.push(...parts);
  }

  #story(): string {
    return [...this.lines, this.errors].join('\n').slice(-800);
  }
}

/** What ferro says with --json. */
export interface FerroLine {
  readonly type: string;
  readonly port: number;
  readonly done: number;
  readonly wanted: number;
  readonly infoHash: string;
  readonly magnet: string;
  readonly message: string;
  readonly state: string;
}

/** The ferro command, from its source. */
export class Ferro extends Program {
  constructor(...parameters: readonly string[]) {
    super(process.execPath, ['--conditions=@ferro/source', MAIN, ...parameters]);
  }

  get events(): FerroLine[] {
    return this.lines.map((line) => JSON.parse(line));
  }

  async event(type: string): Promise<FerroLine> {
    return JSON.parse(await this.line((line) => line.startsWith(`{"type":"${type}"`)));
  }
}

/** Only TCP, only those peers that are named: nothing leaves this machine. */
export const ALONE = ['--no-dht', '--no-lsd', '--no-pex', '--no-utp', '--no-trackers', '--json'];

export async function until(check: () => boolean | Promise<boolean>, what: string, ms = 30_000): Promise<void> {
  for (const end = Date.now() + ms; !(await check()); ) {
    if (Date.now() > end) throw new Error(`${what} did not come in ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What is waited for, or an error: so that a test that waits in vain still tidies up after itself. */
export async function within(ms: number, what: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not in ${ms} ms`)), ms);
  });
  try {
    await Promise.race([what, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A port of 127.0.0.1 that nobody listens on, for programs that cannot choose one and say which. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export function works(command: string, ...parameters: readonly string[]): boolean {
  return spawnSync(command, parameters, { stdio: 'ignore' }).error === undefined;
}

export function succeeds(command: string, ...parameters: readonly string[]): boolean {
  return spawnSync(command, parameters, { stdio: 'ignore' }).status === 0;
}
