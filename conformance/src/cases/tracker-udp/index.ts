/** UDP trackers, judged at an address: BEP 15 and BEP 41. */
import type { Context } from '../../context.ts';
import type { Family } from '../../family.ts';
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
  // Any answer is a sign of life; whether it is a right one is what the cases are for.
  control: async (context: Context): Promise<void> => {
    const means = context.target.endpoints.udp === undefined ? 'udp6' : 'udp';
    const link = await new UdpTracker(context, means).link();
    link.datagrams.send(writeConnect(link.transaction()));
    await link.datagrams.next('the control, a connect request');
  },
};
