/** Clients as their trackers see them: BEP 3, trackers; BEP 7, 12, 15, 23, 24, 41, 48; magnet links. */
import type { Context } from '../../context.ts';
import type { Family } from '../../family.ts';
import { HttpSpy } from '../../probe/announce/http-spy.ts';
import { Session } from '../../probe/announce/session.ts';
import { announcer as reference } from '../../reference/announcer/reference.ts';
import { answers } from './answer.ts';
import { compact } from './compact.ts';
import { counting } from './counting.ts';
import { alive } from './define.ts';
import { families6 } from './families6.ts';
import { intervals } from './intervals.ts';
import { keys } from './keys.ts';
import { magnets } from './magnet.ts';
import { ownAddress } from './own-address.ts';
import { requests } from './request.ts';
import { scrapes } from './scrapes.ts';
import { tiers } from './tiers.ts';
import { udpRequests } from './udp.ts';
import { udpReplies } from './udp-replies.ts';
import { urlDataCases } from './url-data.ts';

export const announce: Family = {
  name: 'announce',
  title: 'Clients and their trackers',
  cases: [
    ...requests,
    ...answers,
    ...compact,
    ...tiers,
    ...udpRequests,
    ...udpReplies,
    ...magnets,
    ...counting,
    ...ownAddress,
    ...scrapes,
    ...intervals,
    ...keys,
    ...families6,
    ...urlDataCases,
  ],
  reference,
  canary,
  control,
};

/** Every client announces to the tracker of its torrent. */
async function canary(context: Context): Promise<void> {
  const tracker = await HttpSpy.open(context);
  const role = context.target.roles.includes('leecher') ? 'leecher' : 'seeder';
  await Session.start(context, { role, announce: tracker.url });
  await tracker.asked.next();
}

/** Do the programs that this case started still run? */
async function control(context: Context): Promise<void> {
  for (const session of Session.of(context)) await alive(session);
}
