/** Clients that exchange peers, judged at the wire: BEP 11; BEP 27, peer exchange. */
import type { Family } from '../../family.ts';
import { pexBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { consuming } from './consuming.ts';
import { pace } from './pace.ts';
import { telling } from './telling.ts';

export const wirePex: Family = {
  name: 'wire-pex',
  title: 'Peer exchange',
  cases: [...telling, ...pace, ...consuming],
  reference: peerReference('BEP 11', pexBugs),
  canary: control,
  control,
};
