/** What may end a case early. Anything else that is thrown is the suite's own fault and is graded so. */

/** How bad: by the level of the case, never worse than non-strict, or a failure whatever the level says. */
export type Severity = 'by-level' | 'non-strict' | 'unsafe';

/** The target did what the rule forbids, or did not do what it asks. */
export class Finding extends Error {
  readonly severity: Severity;
  readonly expected: string;
  readonly actual: string;

  constructor(what: string, expected: string, actual: string, severity: Severity = 'by-level') {
    super(`${what}: expected ${expected}, got ${actual}`);
    this.name = 'Finding';
    this.severity = severity;
    this.expected = `${what}: ${expected}`;
    this.actual = actual;
  }
}

/** The target does not have what the case is about, and need not. */
export class Unsupported extends Error {}

/** Something in the case or the probe is wrong; said on purpose, where it is noticed. */
export class HarnessError extends Error {}

/** Any value, short and in one line. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array) return value.length === 0 ? 'no bytes' : `0x${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return (
    JSON.stringify(value, (_key, inner) =>
      inner instanceof Uint8Array ? show(inner) : typeof inner === 'bigint' ? String(inner) : inner,
    ) ?? String(value)
  );
}
