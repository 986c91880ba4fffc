/** What the bodies of this family's cases are given: an HTTP tracker to ask, and fresh info-hashes. */
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import type { Context } from '../../context.ts';
import { HttpTracker } from '../../probe/http-tracker/probe.ts';

export interface HttpTools {
  readonly tracker: HttpTracker;
  /** An info-hash that no other case uses. */
  infoHash(): Uint8Array;
}

export const defineCase: (declaration: Declaration<Context & HttpTools>) => Case = caseMaker('http', toolsOver('http'));

/** The same over IPv6. */
export const defineCase6: (declaration: Declaration<Context & HttpTools>) => Case = caseMaker(
  'http6',
  toolsOver('http6'),
);

function toolsOver(means: 'http' | 'http6'): (context: Context) => HttpTools {
  return (context) => ({ tracker: new HttpTracker(context, means), infoHash: () => context.random.bytes(20) });
}
