/** A peer leaves, or is made to: what it held is given back, what it owed is asked of others, and a liar is not let in again. */
import { limits } from '../limits.ts';
import { type Peer, unpin } from '../peer.ts';
import type { KnownPeer } from '../peer-list.ts';
import { giveUpMetadata } from './ask-metadata.ts';
import { tellNoMoreOf } from './exchange.ts';
import { uncountPieces } from './inventory.ts';
import { giveUpAll } from './request.ts';
import type { Swarm } from './swarm.ts';

/** Reasons that are nobody's fault. */
export const CONNECTED_TWICE = 'connected twice';
export const BOTH_SEEDS = 'both are seeds';

export function closePeer(peer: Peer, reason: string): void {
  if (peer.closed) return;
  peer.closed = true;
  const { engine, swarm } = peer;
  engine.dirty.delete(peer);
  engine.throttled.delete(peer);
  engine.deadlines.clear(peer);
  // What the core has to say about the end (BEP 3 has no goodbye, BEP 10 neither) is not waited for.
  peer.stream.close();
  for (const pinned of peer.inFlight) unpin(pinned);
  unpin(peer.pinned);
  peer.inFlight.clear();
  peer.pinned = [];
  peer.requests.length = 0;
  if (swarm === undefined || !swarm.peers.delete(peer)) return;
  engine.peerCount--;
  swarm.thirsty.delete(peer);
  tellNoMoreOf(swarm, peer, reason === CONNECTED_TWICE || reason === BOTH_SEEDS);
  swarm.content?.pieces.disown(peer.key);
  uncountPieces(swarm, peer);
  giveUpAll(swarm, peer);
  giveUpMetadata(swarm, peer);
  swarm.layers?.giveUp(peer.key);
  if (peer.known !== undefined) {
    if (peer.handshaken) swarm.peerList.ended(peer.known, swarm.now);
    else distrust(swarm, peer, peer.known);
  }
  engine.events.push({ type: 'peer-closed', torrent: swarm.torrent, address: peer.address, reason });
  if (swarm.isActive) swarm.schedule('connect', swarm.now + limits.reconnectMs);
}

/** It opened, and said nothing of use: some answer over a transport that they do not want. The other one is next, the first time at once. */
function distrust(swarm: Swarm, { transport }: Peer, known: KnownPeer): void {
  const other = transport === 'tcp' ? 'utp' : 'tcp';
  const isFirst = known.transport === undefined && swarm.engine.settings[other];
  known.transport = other;
  if (isFirst) swarm.peerList.again(known, swarm.now);
  else swarm.peerList.failed(known, swarm.now);
}

/** The peers at this address have lied about a piece. */
export function banIp(swarm: Swarm, ip: string): void {
  swarm.peerList.ban(ip, swarm.now);
  swarm.engine.events.push({ type: 'peer-banned', torrent: swarm.torrent, ip });
  for (const peer of [...swarm.peers]) if (peer.address.ip === ip) closePeer(peer, 'banned: sent corrupt data');
}
