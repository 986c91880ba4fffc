/** What clients write: names, places, padding and links (BEP 3, info dictionary; BEP 47). */
import type { Family } from '../../family.ts';
import { diskBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { layout } from './layout.ts';
import { padding } from './padding.ts';
import { paths } from './paths.ts';

export const disk: Family = {
  name: 'disk',
  title: 'Files on disk',
  cases: [...layout, ...paths, ...padding],
  reference: peerReference('files on disk', diskBugs),
  canary: control,
  control,
};
