/** What the command says: results on stdout, everything else on stderr. */

/** Used the wrong way: exit code 2. */
export class UsageError extends Error {}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Words of a target, made harmless for a terminal. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

const colours = {
  pass: 32,
  'non-strict': 33,
  fail: 31,
  crash: 41,
  info: 36,
  unimplemented: 90,
  flaky: 35,
  'harness-error': 45,
} as const;

/** A whole number from 1 on, as an option gives it. */
export function countOf(text: string, option: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`${option} takes a number from 1 on, not ${text}`);
  return Number(text);
}

/** The outcome, in its colour where the reader is a terminal. */
export function coloured(outcome: keyof typeof colours, text: string = outcome): string {
  return process.stdout.hasColors?.() === true ? `\u001b[${colours[outcome]}m${text}\u001b[0m` : text;
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
