/** The reference reader and maker of torrent files as a target: functions of this process, for which a path is a path. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Reference } from '../../family.ts';
import { fileBugs } from './bugs.ts';
import { madeTorrent } from './maker.ts';
import { readTorrent } from './reader.ts';

export const files: Reference = {
  name: 'reference reader and maker',
  bugs: fileBugs,
  open: async (bugs) => ({
    name: 'reference reader and maker',
    endpoints: {},
    roles: [],
    read: async (torrent) => readTorrent(readFileSync(torrent), bugs),
    make: async (order) => {
      writeFileSync(order.out, madeTorrent(order, bugs));
      return { accepted: true, output: '', ms: 1 };
    },
    advance: () => {},
    close: async () => {},
  }),
};
