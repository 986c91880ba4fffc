/** Hashes of pieces, asked of peers and told to them (BEP 52, hash request, hashes, hash reject). */
import type { HashRange } from '@ferro/wire';
import { HashTrees } from '../hash-trees.ts';
import { limits } from '../limits.ts';
import type { Peer } from '../peer.ts';
import { closePeer } from './leave.ts';
import type { Swarm } from './swarm.ts';

export function answerHashRequest(swarm: Swarm, peer: Peer, range: HashRange): void {
  const { content } = swarm;
  if (content !== undefined) content.hashes ??= new HashTrees(content.metainfo);
  const hashes = content?.hashes?.tree(range.piecesRoot)?.answer(range);
  if (hashes === undefined) peer.connection.hashes({ ...range, type: 'hash-reject' });
  else peer.connection.hashes({ ...range, type: 'hashes', hashes });
}

/** Asks every peer for what it should bring, and forgets those that were asked long ago. */
export function askForHashes(swarm: Swarm): void {
  const { layers: search, now } = swarm;
  if (search === undefined) return;
  search.giveUpLate(now - limits.hashesMs);
  for (const peer of swarm.peers) {
    const range = peer.handshaken ? search.take(peer.key, now) : undefined;
    if (range === undefined) continue;
    // What we have comes before any other message (BEP 6): for now that is nothing.
    if (!peer.introduced) peer.connection.haveNone();
    peer.introduced = true;
    peer.saidNone = true;
    peer.connection.hashes({ ...range, type: 'hash-request' });
    peer.touch();
  }
  swarm.schedule('hashes', now + limits.hashesMs);
}

export function receiveHashes(swarm: Swarm, peer: Peer, range: HashRange, hashes: Uint8Array): void {
  const { layers: search } = swarm;
  if (search === undefined) return;
  if (!search.answer(peer.key, range, hashes)) closePeer(peer, 'sent wrong hashes');
  if (search.done) swarm.schedule('layers', swarm.now);
  else askForHashes(swarm);
}

/** A peer refuses. */
export function missHashes(swarm: Swarm, peer: Peer): void {
  swarm.layers?.giveUp(peer.key);
  askForHashes(swarm);
}
