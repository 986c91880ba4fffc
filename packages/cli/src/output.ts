/**
 * What a command says: results on stdout, everything else on stderr; for people or, with --json, one JSON object a line.
 * Names from torrents and peers are strangers' words: control characters and marks that turn the direction of text are
 * shown as escapes, so that they cannot write over the screen.
 */

export type Line = { readonly type: string; readonly [key: string]: unknown };

export class Output {
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** A line for people. */
  print(text: string): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** A line for programs. */
  emit(line: Line): void {
    if (this.json) process.stdout.write(`${JSON.stringify(line)}\n`);
  }

  /** The one result of a command: an object for programs, text for people. */
  result(value: unknown, text: () => string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value, undefined, 2)}\n` : `${text()}\n`);
  }

  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}

/** A command that could not do what it was asked to: exit code 1 and one line, no stack. */
export class Failure extends Error {}

/** Used the wrong way: exit code 2. */
export class UsageError extends Error {}

/** Text from strangers, made harmless for a terminal. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
