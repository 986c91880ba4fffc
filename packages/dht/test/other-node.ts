/** A node of another program on loopback, which takes orders one by one: JSON lines in, one answer a line out. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export type Answer = Readonly<Record<string, unknown>>;

const PYTHON = '/usr/bin/python3';
export const LIBTORRENT: readonly string[] = [PYTHON, new URL('./libtorrent-node.py', import.meta.url).pathname];
export const NPM: readonly string[] = [process.execPath, new URL('./npm-node.mjs', import.meta.url).pathname];

export class OtherNode {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor([program, ...args]: readonly string[], listen: string, bootstrap: string) {
    this.#process = spawn(program!, [...args, listen, bootstrap], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async answer(): Promise<Answer> {
    return JSON.parse((await this.#lines.next()).value as string) as Answer;
  }

  do(order: Answer): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    return this.answer();
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** Until the other sees what it needs: real time has no better sign. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100 && !(await condition()); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
