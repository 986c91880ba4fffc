/** Clients that take torrents of version 2, judged at the wire: BEP 52. */
import type { Family } from '../../family.ts';
import { version2Bugs } from '../../reference/peer/bugs-version2.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { downloading } from './downloading.ts';
import { fetching } from './fetching.ts';
import { hashRequests } from './hash-requests.ts';
import { hybrid } from './hybrid.ts';
import { layout } from './layout.ts';
import { oddRequests } from './odd-requests.ts';
import { talking } from './talking.ts';

export const wireV2: Family = {
  name: 'wire-v2',
  title: 'Version 2',
  cases: [...talking, ...hashRequests, ...oddRequests, ...downloading, ...fetching, ...hybrid, ...layout],
  reference: peerReference('BEP 52', version2Bugs),
  canary: control,
  control,
};
