/** What the bodies of this family's cases are given: a UDP tracker to ask, and fresh info-hashes. */
import { type Case, caseMaker, type Declaration } from '../../case.ts';
import type { Context } from '../../context.ts';
import { UdpTracker } from '../../probe/udp-tracker/probe.ts';

export interface UdpTools {
  readonly tracker: UdpTracker;
  /** An info-hash that no other case uses. */
  infoHash(): Uint8Array;
}

export const defineCase: (declaration: Declaration<Context & UdpTools>) => Case = caseMaker('udp', toolsOver('udp'));

/** The same over IPv6. */
export const defineCase6: (declaration: Declaration<Context & UdpTools>) => Case = caseMaker('udp6', toolsOver('udp6'));

function toolsOver(means: 'udp' | 'udp6'): (context: Context) => UdpTools {
  return (context) => ({ tracker: new UdpTracker(context, means), infoHash: () => context.random.bytes(20) });
}
