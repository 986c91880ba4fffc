/**
 * One torrent and the DHT (BEP 5): it looks for peers and announces itself while it runs, soon again if it finds nobody, and
 * hands on the nodes that it names. A private torrent has nothing to do with it (BEP 27).
 */
import { type Address, scopeOf } from '@ferro/core';
import { limits } from '../limits.ts';
import type { Swarm } from './swarm.ts';

/** Whether the torrent may be told of in the DHT. A magnet link does not say; its info dictionary will. */
export function mayUseDht(swarm: Swarm): boolean {
  return swarm.engine.dht !== undefined && !swarm.isPrivate;
}

/** The torrent's time to search has come, or may have. */
export function searchDht(swarm: Swarm): void {
  const { engine, now } = swarm;
  if (!mayUseDht(swarm) || !swarm.isActive) return;
  if (now < swarm.dhtAt) swarm.schedule('dht', swarm.dhtAt);
  else engine.dht!.want(swarm);
}

/** The nodes that the torrent names (BEP 5, torrent file extensions). */
export function takeNodes(swarm: Swarm): void {
  const nodes = swarm.content?.metainfo.nodes ?? [];
  if (nodes.length > 0 && mayUseDht(swarm)) swarm.engine.dht!.addNamed(nodes);
}

export function foundPeers(swarm: Swarm, peers: readonly Address[]): void {
  const { engine } = swarm;
  for (const address of peers) {
    if (engine.settings.anyPeer || scopeOf(address.ip) === 'global') swarm.peerList.add(address, 'dht', engine.now);
  }
  swarm.schedule('connect', engine.now);
}

/** A search is over. What it has found may be ourselves, or gone: who is connected counts. */
export function searched(swarm: Swarm): void {
  const isAlone = swarm.peers.size === 0 && !swarm.complete;
  const retry = Math.min(limits.dhtRetryMs * 2 ** swarm.dhtInVain, limits.dhtSearchMs);
  swarm.dhtInVain = isAlone ? swarm.dhtInVain + 1 : 0;
  swarm.dhtAt = swarm.now + (isAlone ? retry : swarm.complete ? limits.dhtAnnounceMs : limits.dhtSearchMs);
  swarm.schedule('dht', swarm.dhtAt);
}
