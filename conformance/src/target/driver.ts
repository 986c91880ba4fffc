/**
 * Targets behind a driver: a program that reads one JSON object a line and answers with one, and so can do what a command line cannot.
 * Verbs: `caps` (`roles`, `version`, `several` where a job may have a second torrent, `readOnly` where a DHT node may be one that only asks), `start` (a job), `stop`. An answer repeats the `id` of the question and says `ok`, `unsupported` or `error`. A driver that has
 * ended is started again for the next job, so that its end is the verdict of one case and not of all that follow.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ourAddress } from '../addresses.ts';
import type { Role } from '../catalogue.ts';
import { HarnessError } from '../finding.ts';
import { limits } from '../limits.ts';
import type { DriverProgram, Manifest } from './manifest.ts';
import { keepsAccepting } from './program.ts';
import { type Job, type Running, type Target, UnsupportedRole } from './target.ts';

interface Answer {
  readonly id: number;
  readonly ok?: boolean;
  readonly unsupported?: boolean;
  readonly error?: string;
  readonly [field: string]: unknown;
}

export async function openDriver(manifest: Manifest, driver: DriverProgram, folder: string): Promise<Target> {
  let lines = new DriverLines(driver.command, folder);
  try {
    const { version, roles, several, readOnly } = await lines.ask('caps', {});
    const known = typeof version === 'string' ? version : undefined;
    return {
      name: manifest.name,
      ...(known !== undefined && { version: known }),
      ...(manifest.unsupported !== undefined && { unsupported: manifest.unsupported }),
      ...(manifest.limits?.replyMs !== undefined && { replyMs: manifest.limits.replyMs }),
      endpoints: {},
      roles: Array.isArray(roles) ? (roles as readonly Role[]) : manifest.roles,
      launch: async (job) => {
        if (job.also !== undefined && several !== true)
          throw new UnsupportedRole('the driver says of no second torrent that it takes it');
        if (job.readOnly === true && readOnly !== true)
          throw new UnsupportedRole('the driver says of no DHT node that it can only ask');
        if (lines.hasEnded) lines = new DriverLines(driver.command, folder);
        return lines.start(job);
      },
      close: () => lines.close(),
    };
  } catch (error) {
    await lines.close();
    throw error;
  }
}

class DriverLines {
  readonly #process: ChildProcess;
  readonly #waiting: Map<number, (answer: Answer) => void> = new Map();
  readonly #ended: Promise<string>;
  #asked = 0;
  #hasEnded = false;

  constructor(command: string, cwd: string) {
    this.#process = spawn('/bin/sh', ['-c', `exec ${command}`], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
    // What it was told and did not read when it ended is no news.
    this.#process.stdin!.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => resolve(error.message));
      this.#process.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    void this.#ended.then(() => {
      this.#hasEnded = true;
    });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.#heard(line));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The answer to one line; an error where the driver says so, ends, or says nothing. */
  async ask(verb: string, fields: Readonly<Record<string, unknown>>): Promise<Answer> {
    const id = ++this.#asked;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#process.stdin!.write(`${JSON.stringify({ id, verb, ...fields })}\n`);
    let timer: NodeJS.Timeout | undefined;
    const silent = new Promise<Answer>((resolve) => {
      timer = setTimeout(() => resolve({ id, error: `no answer in ${limits.startMs} ms` }), limits.startMs);
    });
    const gone = this.#ended.then((how): Answer => ({ id, error: `the driver has ended: ${how}` }));
    const answer = await Promise.race([answered, silent, gone]);
    clearTimeout(timer);
    this.#waiting.delete(id);
    if (answer.unsupported === true)
      throw new UnsupportedRole(`the driver does not support ${verb} ${JSON.stringify(fields)}`);
    if (answer.ok !== true)
      throw new HarnessError(`the driver, asked to ${verb}: ${answer.error ?? 'neither ok nor error'}`);
    return answer;
  }

  async start(job: Job): Promise<Running> {
    const { handle, port } = await this.ask('start', { ...job, ip: ourAddress() });
    const at = { ip: ourAddress(), port: typeof port === 'number' ? port : job.port };
    return {
      at,
      ended: this.#ended,
      stop: async () => {
        await this.ask('stop', { handle });
        if (await keepsAccepting(at.port))
          throw new HarnessError(`somebody listens at ${at.port} though the driver has stopped it`);
      },
    };
  }

  /** Its input ends, and so does it. */
  async close(): Promise<void> {
    this.#process.stdin!.end();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), limits.stopMs);
    await this.#ended;
    clearTimeout(timer);
  }

  #heard(line: string): void {
    let answer: Answer;
    try {
      answer = JSON.parse(line) as Answer;
    } catch {
      // Libraries print to stdout too.
      return;
    }
    this.#waiting.get(answer.id)?.(answer);
  }
}
