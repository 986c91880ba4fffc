/** Connecting to those that a third peer has introduced us to (BEP 55): over uTP and at once, since the other one does the same. */
import type { Address } from '@ferro/core';
import { Attempt } from './attempt.ts';
import type { Swarm } from './swarm.ts';

export function punchHoles(swarm: Swarm): void {
  for (const address of swarm.introduced.splice(0)) meet(swarm, address);
}

function meet(swarm: Swarm, address: Address): void {
  const { engine, peerList, now } = swarm;
  if (engine.utp === undefined || !swarm.isActive || !engine.canConnect() || swarm.hasPeerAt(address)) return;
  if (swarm.peers.size + swarm.connecting.size >= engine.settings.maxPeersPerTorrent) return;
  peerList.add(address, 'pex', now);
  const known = peerList.get(address);
  if (known === undefined || known.connected || peerList.isBanned(address.ip, now)) return;
  new Attempt(swarm, known, () => {}, ['utp']).start();
}
