/**
 * From a magnet link to a torrent (BEP 9): every peer that has the info dictionary is asked, the first whole that fits the
 * info-hash counts, and who sent another is let go.
 */
import type { MetadataEvent, MetadataOutcome } from '@ferro/ext-metadata';
import type { Peer } from '../peer.ts';
import { askForMetadata } from './ask-metadata.ts';
import { closePeer } from './leave.ts';
import type { Swarm } from './swarm.ts';

export function receiveMetadata(swarm: Swarm, peer: Peer, event: MetadataEvent): void {
  const download = swarm.metadata;
  if (download === undefined || swarm.content !== undefined) return;
  const name = String(peer.key);
  if (event.type === 'size') download.join(name, event.length);
  else if (event.type === 'refused') download.refused(name, event.index);
  else settle(swarm, download.add(name, event.index, event.data));
  askForMetadata(swarm);
}

function settle(swarm: Swarm, outcome: MetadataOutcome | undefined): void {
  if (outcome?.type === 'done') {
    swarm.foundInfo = outcome.info;
    swarm.schedule('metadata', swarm.now);
  } else if (outcome?.type === 'liars') {
    for (const peer of [...swarm.peers])
      if (outcome.peers.includes(String(peer.key))) closePeer(peer, 'sent wrong metadata');
  }
}
