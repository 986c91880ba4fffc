/** HTTP trackers, judged at an address: BEP 3, 7, 20, 21, 23, 24 and 48. */
import type { Context } from '../../context.ts';
import type { Family } from '../../family.ts';
import { HttpTracker } from '../../probe/http-tracker/probe.ts';
import { freshInfoHashes } from '../../probe/info-hash.ts';
import { httpTrackerReference } from '../../reference/tracker/http.ts';
import { announce } from './announce.ts';
import { answer } from './answer.ts';
import { connection } from './connection.ts';
import { counting } from './counting.ts';
import { ipv6 } from './ipv6.ts';
import { mistakes } from './mistakes.ts';
import { parameters } from './parameters.ts';
import { scrape } from './scrape.ts';

export const trackerHttp: Family = {
  name: 'tracker-http',
  title: 'HTTP trackers',
  cases: [...announce, ...answer, ...counting, ...mistakes, ...parameters, ...connection, ...scrape, ...ipv6],
  reference: httpTrackerReference,
  canary: async (context): Promise<void> => {
    for (const means of ['http', 'http6'] as const) {
      if (context.target.endpoints[means] === undefined) continue;
      await new HttpTracker(context, means).peer().announce(freshInfoHashes(context)());
    }
  },
  // Any answer is a sign of life; whether it is a right one is what the cases are for.
  control: async (context): Promise<void> => {
    await trackerOf(context).peer().rawAnnounce(context.random.bytes(20));
  },
};

function trackerOf(context: Context): HttpTracker {
  return new HttpTracker(context, context.target.endpoints.http === undefined ? 'http6' : 'http');
}
