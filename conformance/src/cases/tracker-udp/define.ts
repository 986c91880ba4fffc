/** What the bodies of this family's cases are given: a UDP tracker to ask, and fresh info-hashes. */
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import type { Context } from '../../context.ts';
import { freshInfoHashes, type InfoHashes } from '../../probe/info-hash.ts';
import { UdpTracker } from '../../probe/udp-tracker/probe.ts';

export interface UdpTools {
  readonly tracker: UdpTracker;
  readonly infoHash: InfoHashes;
}

export const defineCase: (declaration: Declaration<Context & UdpTools>) => Case = caseMaker('udp', toolsOver('udp'));

/** The same over IPv6. */
export const defineCase6: (declaration: Declaration<Context & UdpTools>) => Case = caseMaker('udp6', toolsOver('udp6'));

function toolsOver(means: 'udp' | 'udp6'): (context: Context) => UdpTools {
  return (context) => ({ tracker: new UdpTracker(context, means), infoHash: freshInfoHashes(context) });
}
