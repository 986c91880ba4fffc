/** What the bodies of this family's cases are given: an HTTP tracker to ask, and fresh info-hashes. */
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import type { Context } from '../../context.ts';
import { HttpTracker } from '../../probe/http-tracker/probe.ts';
import { freshInfoHashes, type InfoHashes } from '../../probe/info-hash.ts';

export interface HttpTools {
  readonly tracker: HttpTracker;
  readonly infoHash: InfoHashes;
}

export const defineCase: (declaration: Declaration<Context & HttpTools>) => Case = caseMaker('http', toolsOver('http'));

/** The same over IPv6. */
export const defineCase6: (declaration: Declaration<Context & HttpTools>) => Case = caseMaker(
  'http6',
  toolsOver('http6'),
);

function toolsOver(means: 'http' | 'http6'): (context: Context) => HttpTools {
  return (context) => ({ tracker: new HttpTracker(context, means), infoHash: freshInfoHashes(context) });
}
