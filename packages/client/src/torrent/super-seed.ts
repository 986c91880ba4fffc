/**
 * Super-seeding (BEP 16): a first seeder shows each peer one piece at a time, and the next only after somebody else has got
 * the last one from that peer. So what it uploads once is passed on, and few pieces leave it twice.
 */
import type { Peer } from '../peer.ts';
import type { Swarm } from './swarm.ts';

/** First words to a peer: we have nothing; then one piece. */
export function greet(swarm: Swarm, peer: Peer): void {
  peer.connection.haveNone();
  reveal(swarm, peer);
}

/** Somebody has a piece now: whoever was shown it, and is not that somebody, has passed it on and sees another. */
export function spread(swarm: Swarm, by: Peer, piece: number): void {
  const alone = swarm.peers.size === 1;
  for (const peer of swarm.peers) {
    if (peer.shown === piece && (peer !== by || alone)) reveal(swarm, peer);
  }
}

/** Shows the peer the piece that the swarm has least of. */
function reveal(swarm: Swarm, peer: Peer): void {
  const { picker } = swarm.content!;
  let best = -1;
  let bestCount = Number.POSITIVE_INFINITY;
  for (let piece = 0; piece < picker.pieceCount; piece++) {
    if (!picker.has(piece) || peer.has(piece)) continue;
    const count = picker.availability(piece) + (swarm.shownTimes.get(piece) ?? 0);
    if (count < bestCount) {
      best = piece;
      bestCount = count;
    }
  }
  peer.shown = best;
  if (best === -1) return;
  swarm.shownTimes.set(best, (swarm.shownTimes.get(best) ?? 0) + 1);
  peer.connection.have(best);
  peer.touch();
}
