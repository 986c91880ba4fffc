/** Clients as seeders and leechers, judged at the wire: BEP 3, peer protocol and peer messages; BEP 20. */
import type { Family } from '../../family.ts';
import { wireBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { calling } from './calling.ts';
import { control } from './control.ts';
import { framing } from './framing.ts';
import { handshake } from './handshake.ts';
import { interest } from './interest.ts';
import { pieces } from './pieces.ts';
import { requests } from './requests.ts';
import { seederState } from './seeder-state.ts';
import { serving } from './serving.ts';

export const wire: Family = {
  name: 'wire',
  title: 'The peer wire protocol',
  cases: [...handshake, ...calling, ...framing, ...seederState, ...interest, ...requests, ...serving, ...pieces],
  reference: peerReference('BEP 3', wireBugs),
  canary: control,
  control,
};
