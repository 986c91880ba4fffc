/** DHT nodes, judged at an address and, where they can be started, as they start: BEP 5, 32, 33, 42, 43, 44, 51. */
import type { Context } from '../../context.ts';
import type { Family } from '../../family.ts';
import { Dht } from '../../probe/dht/probe.ts';
import { dhtReference } from '../../reference/dht/node.ts';
import { announce } from './announce.ts';
import { errands } from './errands.ts';
import { findNode } from './find-node.ts';
import { getPeers } from './get-peers.ts';
import { ipv6 } from './ipv6.ts';
import { items } from './items.ts';
import { krpc } from './krpc.ts';
import { lookup } from './lookup.ts';
import { malformed } from './malformed.ts';
import { mutable } from './mutable.ts';
import { ownPlace } from './own-place.ts';
import { routing } from './routing.ts';
import { samples } from './samples.ts';
import { scrape } from './scrape.ts';
import { security } from './security.ts';
import { answering } from './start.ts';
import { versions } from './versions.ts';

export const dht: Family = {
  name: 'dht',
  title: 'DHT nodes',
  cases: [
    ...krpc,
    ...malformed,
    ...findNode,
    ...getPeers,
    ...announce,
    ...routing,
    ...lookup,
    ...ipv6,
    ...scrape,
    ...security,
    ...ownPlace,
    ...items,
    ...mutable,
    ...versions,
    ...errands,
    ...samples,
  ],
  reference: dhtReference,
  // Programs that were just started may take a moment before they answer.
  canary: async (context): Promise<void> => {
    const node = nodeOf(context);
    await answering(node);
    await (await node.asker()).ask('find_node', { target: context.random.bytes(20) });
  },
  // Any answer is a sign of life; whether it is a right one is what the cases are for.
  control: (context) => answering(nodeOf(context), context.patience.replyMs),
};

function nodeOf(context: Context): Dht {
  return new Dht(context, context.target.endpoints.dht === undefined ? 'dht6' : 'dht');
}
