/** What clients read in magnet links: BEP 9, magnet URI format; BEP 52, info-hash; BEP 53. What their trackers see of it is in the family announce. */
import type { Context } from '../../context.ts';
import type { Family } from '../../family.ts';
import { HttpSpy } from '../../probe/announce/http-spy.ts';
import { Session } from '../../probe/announce/session.ts';
import { makeFixture } from '../../probe/wire/fixture.ts';
import { magnetBugs } from '../../reference/peer/magnet-bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { alive } from '../announce/define.ts';
import { linkTo, trackedBy } from './define.ts';
import { peers } from './peers.ts';
import { selections } from './selection.ts';
import { topics } from './topics.ts';
import { versions } from './versions.ts';

export const magnet: Family = {
  name: 'magnet',
  title: 'Magnet links',
  cases: [...topics, ...peers, ...selections, ...versions],
  reference: peerReference('magnet links', magnetBugs),
  canary,
  control,
};

/** Every client that takes links announces to the tracker of one. */
async function canary(context: Context): Promise<void> {
  const tracker = await HttpSpy.open(context);
  await Session.start(context, { magnet: `${linkTo(makeFixture(context.random))}${trackedBy(tracker)}` });
  await tracker.asked.next();
}

/** Do the programs that this case started still run? */
async function control(context: Context): Promise<void> {
  for (const session of Session.of(context)) await alive(session);
}
