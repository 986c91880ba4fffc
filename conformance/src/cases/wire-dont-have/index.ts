/** Clients that understand lt_donthave, judged at the wire: BEP 54. */
import type { Family } from '../../family.ts';
import { dontHaveBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { dontHave } from './dont-have.ts';

export const wireDontHave: Family = {
  name: 'wire-dont-have',
  title: 'Pieces that are gone',
  cases: dontHave,
  reference: peerReference('BEP 54', dontHaveBugs),
  canary: control,
  control,
};
