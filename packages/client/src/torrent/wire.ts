/** The core of a connection of this torrent, in either direction, with the extensions that we speak (BEP 3; BEP 5; BEP 10). */
import type { Address } from '@ferro/core';
import { MetadataExtension } from '@ferro/ext-metadata';
import { DontHaveExtension, PeerConnection, type PeerConnectionOptions } from '@ferro/wire';
import type { Wire, WireExtension } from '../peer.ts';
import { mayUseDht } from './dht.ts';
import type { Swarm } from './swarm.ts';

export function wireFor(swarm: Swarm, remote: Address): Wire {
  const { engine, content } = swarm;
  const dontHave = new DontHaveExtension();
  const metadata = new MetadataExtension(engine.host, swarm.isPrivate ? undefined : content?.metainfo.infoBytes);
  const exchange = swarm.exchange?.extensions(remote);
  const options: PeerConnectionOptions<WireExtension> = {
    infoHash: swarm.infoHash,
    peerId: swarm.peerId,
    client: engine.settings.agent,
    remoteIp: remote.ip,
    uploadOnly: swarm.complete,
    dht: mayUseDht(swarm),
    extensions: [dontHave, metadata, ...(exchange === undefined ? [] : [exchange.pex, exchange.holepunch])],
    ...(engine.port === 0 ? {} : { port: engine.port }),
    ...(content === undefined ? {} : { geometry: content.geometry }),
  };
  return { connection: new PeerConnection(engine.host, options), dontHave, metadata, exchange };
}
