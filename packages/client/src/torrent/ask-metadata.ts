/** Asks peers for pieces of the info dictionary (BEP 9): each for what it should bring now. */
import type { Peer } from '../peer.ts';
import type { Swarm } from './swarm.ts';

export function askForMetadata(swarm: Swarm): void {
  const download = swarm.metadata;
  if (download === undefined || swarm.content !== undefined) return;
  for (const peer of swarm.peers) {
    for (let index = nextFor(swarm, peer); index !== undefined; index = nextFor(swarm, peer)) {
      if (peer.metadata.request(index)) peer.touch();
      else {
        download.refused(String(peer.key), index);
        break;
      }
    }
  }
}

/** What it was asked for is asked of others: they may have had nothing to do, and no word of theirs would come to wake us. */
export function giveUpMetadata(swarm: Swarm, peer: Peer): void {
  swarm.metadata?.leave(String(peer.key));
  askForMetadata(swarm);
}

function nextFor({ metadata }: Swarm, peer: Peer): number | undefined {
  return peer.handshaken && peer.metadata.outstanding < 2 ? metadata?.next(String(peer.key)) : undefined;
}
