/** Clients that speak the fast extension, judged at the wire: BEP 6. */
import type { Family } from '../../family.ts';
import { fastBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { allowed } from './allowed.ts';
import { answers } from './answers.ts';
import { choking } from './choking.ts';
import { pieces } from './pieces.ts';
import { unnegotiated } from './unnegotiated.ts';

export const wireFast: Family = {
  name: 'wire-fast',
  title: 'The fast extension',
  cases: [...pieces, ...unnegotiated, ...answers, ...choking, ...allowed],
  reference: peerReference('BEP 6', fastBugs),
  canary: control,
  control,
};
