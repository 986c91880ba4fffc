/** Clients that speak uTP, judged by their packets: BEP 29. */
import type { Family } from '../../family.ts';
import { utpBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { connecting } from './connecting.ts';
import { exchange } from './exchange.ts';
import { numbering } from './numbering.ts';
import { selecting } from './selecting.ts';
import { sending } from './sending.ts';

export const utp: Family = {
  name: 'utp',
  title: 'uTP',
  cases: [...connecting, ...numbering, ...selecting, ...sending, ...exchange],
  reference: peerReference('BEP 29', utpBugs, true),
  canary: control,
  control,
};
