/** Outgoing connections, within the limits: to known addresses that are due, the most promising first (BEP 3; BEP 40). */
import type { Address } from '@ferro/core';
import type { Engine } from '../engine.ts';
import { Attempt } from './attempt.ts';
import type { Swarm } from './swarm.ts';

/** Connects while there is room, and comes back when the next address is due. */
export function connectMore(swarm: Swarm): void {
  const { engine, peerList, now } = swarm;
  if (!swarm.isActive) return;
  while (engine.canConnect() && swarm.peers.size + swarm.connecting.size < engine.settings.maxPeersPerTorrent) {
    const known = peerList.next(now, swarm.complete);
    if (known === undefined) break;
    if (isSelf(engine, known.address)) peerList.forget(known.address);
    // It may have called us. When it goes, it is worth a call again.
    else if (swarm.hasPeerAt(known.address)) peerList.ended(known, now);
    else new Attempt(swarm, known, () => connectMore(swarm)).start();
  }
  swarm.schedule('connect', peerList.nextAt(now));
}

function isSelf(engine: Engine, { ip, port }: Address): boolean {
  return engine.ready.some((local) => local.ip === ip && local.port === port);
}
