/** The reference client of trackers as a target, one node a launch. */
import type { Reference } from '../../family.ts';
import { announcerBugs } from './bugs.ts';
import { AnnouncerNode } from './node.ts';

export const announcer: Reference = {
  name: 'reference client of trackers',
  bugs: announcerBugs,
  open: async (bugs) => {
    const nodes: AnnouncerNode[] = [];
    return {
      name: 'reference client of trackers',
      endpoints: {},
      roles: ['seeder', 'leecher', 'magnet'],
      launch: async (job) => {
        const node = new AnnouncerNode((bug) => bugs.has(bug), job);
        nodes.push(node);
        return node.start();
      },
      advance: (ms) => {
        for (const node of nodes) node.advance(ms);
      },
      close: async () => {
        await Promise.all(nodes.map((node) => node.stop()));
      },
    };
  },
};
