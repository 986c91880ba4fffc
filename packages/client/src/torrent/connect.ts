/** Outgoing connections, within the limits: to known addresses that are due, the most promising first (BEP 3; BEP 40). */
import type { Address, Stream } from '@ferro/core';
import { MetadataExtension } from '@ferro/ext-metadata';
import { DontHaveExtension, PeerConnection, type PeerConnectionOptions } from '@ferro/wire';
import type { Due, Engine } from '../engine.ts';
import { limits } from '../limits.ts';
import { Peer, type Wire, type WireExtension } from '../peer.ts';
import type { KnownPeer } from '../peer-list.ts';
import { closePeer } from './leave.ts';
import { enter, roomAgain } from './meet.ts';
import type { Swarm } from './swarm.ts';

/** Connects while there is room, and comes back when the next address is due. */
export function connectMore(swarm: Swarm): void {
  const { engine, peerList, now } = swarm;
  if (!swarm.running && swarm.state !== 'metadata') return;
  while (engine.canConnect() && swarm.peers.size + swarm.connecting.size < engine.settings.maxPeersPerTorrent) {
    const known = peerList.next(now, swarm.complete);
    if (known === undefined) break;
    if (swarm.hasPeerAt(known.address) || isSelf(engine, known.address)) peerList.forget(known.address);
    else new Attempt(swarm, known).start();
  }
  swarm.schedule('connect', peerList.nextAt(now));
}

function isSelf(engine: Engine, { ip, port }: Address): boolean {
  return engine.ready.some((local) => local.ip === ip && local.port === port);
}

/** A connection that is not open yet. */
class Attempt implements Due {
  readonly #swarm: Swarm;
  readonly #known: KnownPeer;
  #stream: Stream | undefined;
  #peer: Peer | undefined;

  constructor(swarm: Swarm, known: KnownPeer) {
    this.#swarm = swarm;
    this.#known = known;
  }

  start(): void {
    const { engine } = this.#swarm;
    this.#known.connected = true;
    engine.connectingCount++;
    this.#swarm.connecting.add(this);
    engine.deadlines.set(this, engine.now + limits.connectMs);
    this.#stream = engine.host.connect(this.#known.address, {
      opened: (stream) => engine.step(() => this.#opened(stream)),
      receive: (bytes) => engine.step(() => this.#peer?.receive(bytes)),
      writable: () => engine.step(() => this.#peer !== undefined && roomAgain(this.#peer)),
      closed: (error) => engine.step(() => this.#closed(error)),
    });
  }

  /** It has taken too long. */
  due(): void {
    this.close();
    this.#failed();
  }

  close(): void {
    this.#stream?.close();
    this.#over();
    this.#known.connected = false;
  }

  #opened(stream: Stream): void {
    this.#over();
    const swarm = this.#swarm;
    this.#peer = new Peer(swarm.engine, stream, wireFor(swarm, stream.remote), this.#known, swarm);
    enter(this.#peer);
  }

  #closed(error: Error | undefined): void {
    if (this.#peer !== undefined) {
      closePeer(this.#peer, error?.message ?? 'the peer left');
    } else {
      this.#over();
      this.#failed();
    }
  }

  #failed(): void {
    this.#swarm.peerList.failed(this.#known, this.#swarm.now);
    connectMore(this.#swarm);
  }

  #over(): void {
    if (!this.#swarm.connecting.delete(this)) return;
    this.#swarm.engine.connectingCount--;
    this.#swarm.engine.deadlines.clear(this);
  }
}

/** The core of a connection of this torrent, in either direction. */
export function wireFor(swarm: Swarm, remote: Address): Wire {
  const { engine, content } = swarm;
  const dontHave = new DontHaveExtension();
  const metadata = new MetadataExtension(engine.host, swarm.isPrivate ? undefined : content?.metainfo.infoBytes);
  const options: PeerConnectionOptions<WireExtension> = {
    infoHash: swarm.infoHash,
    peerId: swarm.peerId,
    client: engine.settings.agent,
    remoteIp: remote.ip,
    uploadOnly: swarm.complete,
    extensions: [dontHave, metadata],
    ...(engine.port === 0 ? {} : { port: engine.port }),
    ...(content === undefined ? {} : { geometry: content.geometry }),
  };
  return { connection: new PeerConnection(engine.host, options), dontHave, metadata };
}
