/** Clients that fetch from web servers: BEP 19, and web servers in magnet links. */
import type { Family } from '../../family.ts';
import { webSeedBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { answers } from './answers.ts';
import { urls } from './urls.ts';

export const webSeed: Family = {
  name: 'web-seed',
  title: 'Web seeds',
  cases: [...urls, ...answers],
  reference: peerReference('BEP 19', webSeedBugs),
  canary: control,
  control,
};
