/** Clients that speak extended messages, judged at the wire: BEP 10; BEP 21, extension header. */
import type { Family } from '../../family.ts';
import { extensionBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { handshake } from './handshake.ts';
import { names } from './names.ts';
import { tolerance } from './tolerance.ts';
import { uploadOnly } from './upload-only.ts';

export const wireExtension: Family = {
  name: 'wire-extension',
  title: 'Extended messages',
  cases: [...handshake, ...names, ...tolerance, ...uploadOnly],
  reference: peerReference('BEP 10', extensionBugs),
  canary: control,
  control,
};
