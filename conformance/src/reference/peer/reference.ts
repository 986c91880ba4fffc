/** The reference peer as a target: seeds, leeches, and takes magnet links, one node a launch. */
import type { Reference } from '../../family.ts';
import type { Target } from '../../target/target.ts';
import { PeerNode } from './node.ts';

/** One for each family, with the bugs that the family is about. */
export function peerReference(name: string, bugs: Readonly<Record<string, string>>, withUtp = false): Reference {
  return {
    name: `reference peer, ${name}`,
    bugs: { 'no-op': 'nothing', ...bugs },
    open: async (switched) => {
      const nodes: PeerNode[] = [];
      const target: Target = {
        name: 'reference peer',
        endpoints: {},
        roles: ['seeder', 'leecher', 'magnet'],
        launch: async (job) => {
          const { node, running } = await PeerNode.launch(switched, job, withUtp);
          nodes.push(node);
          return running;
        },
        advance: (ms) => {
          for (const node of nodes) node.advance(ms);
        },
        close: async () => {
          await Promise.all(nodes.map((node) => node.stop('the end')));
        },
      };
      return target;
    },
  };
}
