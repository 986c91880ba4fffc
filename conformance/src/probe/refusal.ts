/** What the end of a program at its start says: it refuses what it was given, or it has crashed. */
import type { Context } from '../context.ts';
import { Finding } from '../finding.ts';
import { UnsupportedRole } from '../target/target.ts';

/** By a signal, or as the shell of a manifest tells of one. */
export function isCrash(end: string): boolean {
  return /\bSIG[A-Z]+\b|\bexit code 13[2-9]\b/.test(end);
}

/** Undefined where the program refuses; anything else that went wrong goes on. */
export function refusal({ timeline }: Context, what: string, error: unknown): undefined {
  if (error instanceof Finding || error instanceof UnsupportedRole || !(error instanceof Error)) throw error;
  timeline.note('target', `it does not take the ${what}: ${error.message}`);
  if (!isCrash(error.message)) return undefined;
  throw new Finding('the program', `that it takes the ${what} or refuses it`, error.message, 'unsafe');
}
