/** UDP trackers, judged at an address: BEP 15 and BEP 41. */
import type { Context } from '../../context.ts';
import type { Family } from '../../family.ts';
import { freshInfoHashes } from '../../probe/info-hash.ts';
import { writeConnect } from '../../probe/udp-tracker/packets.ts';
import { UdpTracker } from '../../probe/udp-tracker/probe.ts';
import { udpTrackerReference } from '../../reference/tracker/udp.ts';
import { announce } from './announce.ts';
import { connect } from './connect.ts';
import { connectionId } from './connection-id.ts';
import { ipv6 } from './ipv6.ts';
import { options } from './options.ts';
import { scrape } from './scrape.ts';
import { tolerance } from './tolerance.ts';

export const trackerUdp: Family = {
  name: 'tracker-udp',
  title: 'UDP trackers',
  cases: [...connect, ...connectionId, ...announce, ...tolerance, ...scrape, ...options, ...ipv6],
  reference: udpTrackerReference,
  canary: async (context): Promise<void> => {
    for (const means of ['udp', 'udp6'] as const) {
      if (context.target.endpoints[means] === undefined) continue;
      await (await new UdpTracker(context, means).peer()).announce(freshInfoHashes(context)());
    }
  },
  // Any answer is a sign of life; whether it is a right one is what the cases are for.
  control: async (context): Promise<void> => {
    const link = await trackerOf(context).link();
    link.datagrams.send(writeConnect(link.transaction()));
    await link.datagrams.next('the control, a connect request');
  },
};

function trackerOf(context: Context): UdpTracker {
  return new UdpTracker(context, context.target.endpoints.udp === undefined ? 'udp6' : 'udp');
}
