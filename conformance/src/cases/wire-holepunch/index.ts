/** Clients that help others through their routers, judged at the wire: BEP 55. */
import type { Family } from '../../family.ts';
import { holepunchBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { relaying } from './relaying.ts';

export const wireHolepunch: Family = {
  name: 'wire-holepunch',
  title: 'Holepunch',
  cases: relaying,
  reference: peerReference('BEP 55', holepunchBugs),
  canary: control,
  control,
};
