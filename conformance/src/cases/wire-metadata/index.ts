/** Clients that give and take metadata, judged at the wire: BEP 9. */
import type { Family } from '../../family.ts';
import { metadataBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { fetching } from './fetching.ts';
import { serving } from './serving.ts';
import { trouble } from './trouble.ts';

export const wireMetadata: Family = {
  name: 'wire-metadata',
  title: 'Metadata from peers',
  cases: [...serving, ...fetching, ...trouble],
  reference: peerReference('BEP 9', metadataBugs),
  canary: control,
  control,
};
