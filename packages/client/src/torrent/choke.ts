/** Choking rounds (BEP 3, choking): every ten seconds the choker decides; between rounds a newcomer gets a slot that is free. */
import { chooseUnchoked } from '../choker.ts';
import { limits } from '../limits.ts';
import type { Peer } from '../peer.ts';
import { randomFraction } from '../rarity.ts';
import type { Swarm } from './swarm.ts';

const scratch = new Uint8Array(4);

export function chokeRound(swarm: Swarm): void {
  const { engine, now } = swarm;
  const seeding = swarm.complete;
  const rotate = now - swarm.optimisticSince >= limits.optimisticMs;
  if (rotate) swarm.optimisticSince = now;
  const candidates = [...swarm.peers].map((peer) => ({
    key: peer.key,
    interested: peer.connection.interesting,
    rate: seeding ? peer.up.rate(now) : peer.down.rate(now),
    snubbed: peer.snubbed,
    choked: peer.connection.choking,
    sentInTurn: peer.sentInTurn,
    rounds: peer.rounds,
  }));
  const { unchoked, optimistic } = chooseUnchoked(candidates, swarm.optimistic, {
    slots: engine.settings.uploadSlots,
    seeding,
    rotate,
    random: randomFraction(engine.host, scratch),
    turn: limits.turnPieces * (swarm.content?.metainfo.pieceLength ?? 0),
  });
  swarm.optimistic = optimistic;
  for (const peer of swarm.peers) {
    peer.rounds++;
    setChoked(peer, !unchoked.has(peer.key));
  }
  if (swarm.peers.size > 0) swarm.schedule('choke', now + limits.chokeMs);
}

/** A peer became interested: it need not wait for the next round while slots are free. */
export function unchokeIfFree(swarm: Swarm, peer: Peer): void {
  if (!swarm.running || !peer.connection.interesting) return;
  let used = 0;
  for (const other of swarm.peers) if (!other.connection.choking && other.connection.interesting) used++;
  if (used < swarm.engine.settings.uploadSlots) setChoked(peer, false);
}

function setChoked(peer: Peer, choked: boolean): void {
  if (peer.connection.choking === choked) return;
  if (choked) {
    // With the fast extension the core rejects each; without it, a choke means the same.
    peer.requests.length = 0;
    peer.connection.choke();
  } else peer.connection.unchoke();
  peer.sentInTurn = 0;
  peer.rounds = 0;
  peer.touch();
}
