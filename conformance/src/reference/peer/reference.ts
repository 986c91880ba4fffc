/** The reference peer as a target: seeds, leeches, and takes magnet links, one node a launch. */
import type { Reference } from '../../family.ts';
import type { Job, Target } from '../../target/target.ts';
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
          const jobs = switched.has('two-torrents') ? oneEach(job) : oneForEachTorrent(job);
          const launched = await Promise.all(jobs.map((each) => PeerNode.launch(switched, each, withUtp)));
          nodes.push(...launched.map(({ node }) => node));
          launched[0]!.node.beside.push(...launched.slice(1).map(({ node }) => node));
          return launched[0]!.running;
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

function oneForEachTorrent({ also, ...job }: Job): readonly Job[] {
  return also === undefined ? [job] : [job, { ...job, torrent: also }];
}

/** A magnet link with info-hashes of both versions, as one link for each. */
function oneEach(job: Job): readonly Job[] {
  const { magnet = '' } = job;
  const topics = magnet.match(/xt=urn:bt[im]h:\w+/g) ?? [];
  if (topics.length < 2) return [job];
  return topics.map((topic) => ({ ...job, magnet: magnet.replaceAll(/&?xt=[^&]*/g, '').replace('?', `?${topic}`) }));
}
