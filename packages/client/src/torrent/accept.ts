/**
 * A stream that somebody opened to us. It is nobody until the first 48 bytes of its handshake (BEP 3, peer protocol) have named
 * a torrent of ours; only then does it get a connection core, with that torrent's own peer id.
 */
import { concatBytes, equalBytes, Id20, type Stream, type StreamHandler } from '@ferro/core';
import { encodeHandshake } from '@ferro/wire';
import type { Due, Engine } from '../engine.ts';
import { limits } from '../limits.ts';
import { flushPeer, Peer, type Transport } from '../peer.ts';
import { closePeer } from './leave.ts';
import { enter, roomAgain } from './meet.ts';
import type { Swarm } from './swarm.ts';
import { wireFor } from './wire.ts';

export function acceptPeer(engine: Engine, stream: Stream, transport: Transport): StreamHandler {
  return new Caller(engine, stream, transport);
}

class Caller implements StreamHandler, Due {
  readonly #engine: Engine;
  readonly #stream: Stream;
  readonly #transport: Transport;
  readonly #prefix = new HandshakePrefix();
  #peer: Peer | undefined;
  #pending = true;

  constructor(engine: Engine, stream: Stream, transport: Transport) {
    this.#engine = engine;
    this.#stream = stream;
    this.#transport = transport;
    engine.pending.add(this);
    engine.deadlines.set(this, engine.host.now() + limits.connectMs);
  }

  opened(): void {
    this.#engine.step(() => {
      if (this.#engine.pending.size > limits.pendingHandshakes) this.close();
    });
  }

  receive(bytes: Uint8Array): void {
    this.#engine.step(() => {
      if (this.#peer !== undefined) this.#peer.receive(bytes);
      else if (this.#pending) this.#listen(bytes);
    });
  }

  writable(): void {
    this.#engine.step(() => this.#peer !== undefined && roomAgain(this.#peer));
  }

  closed(error?: Error): void {
    this.#engine.step(() => {
      this.#settle();
      if (this.#peer !== undefined) closePeer(this.#peer, error?.message ?? 'the peer left');
    });
  }

  /** No handshake in time. */
  due(): void {
    this.close();
  }

  close(): void {
    this.#settle();
    this.#stream.close();
  }

  #settle(): void {
    this.#pending = false;
    this.#engine.pending.delete(this);
    this.#engine.deadlines.clear(this);
  }

  #listen(bytes: Uint8Array): void {
    const infoHash = this.#prefix.push(bytes);
    if (infoHash === undefined) return;
    const swarm = infoHash === false ? undefined : this.#engine.swarmOf(infoHash);
    if (swarm === undefined || !mayJoin(this.#engine, swarm, this.#stream)) {
      this.close();
      return;
    }
    this.#settle();
    const wire = wireFor(swarm, this.#stream.remote);
    this.#peer = new Peer(this.#engine, this.#stream, wire, undefined, swarm, this.#transport);
    enter(this.#peer);
    // Transmission 3 reads no further in a datagram than the handshake, until the next one comes: it gets one of its own.
    if (this.#transport === 'utp') flushPeer(this.#peer);
    this.#peer.receive(this.#prefix.bytes);
  }
}

function mayJoin(engine: Engine, swarm: Swarm, { remote }: Stream): boolean {
  if (!swarm.isActive) return false;
  if (swarm.peerList.isBanned(remote.ip, engine.now)) return false;
  return engine.peerCount < engine.settings.maxPeers && swarm.peers.size < engine.settings.maxPeersPerTorrent;
}

const ZEROS = Id20.from(new Uint8Array(20));
/** A length byte and the name of the protocol: what every handshake begins with. */
const PROTOCOL = encodeHandshake({ reserved: new Uint8Array(8), infoHash: ZEROS, peerId: ZEROS }).subarray(0, 20);
/** Up to and with the info-hash. */
const PREFIX_LENGTH = 48;

/** Collects the bytes of a caller until they name a torrent. */
class HandshakePrefix {
  bytes: Uint8Array = new Uint8Array(0);

  /** The info-hash once it has come; false as soon as this cannot be a handshake. */
  push(chunk: Uint8Array): Id20 | undefined | false {
    this.bytes = concatBytes([this.bytes, chunk]);
    const begun = Math.min(this.bytes.length, PROTOCOL.length);
    if (!equalBytes(this.bytes.subarray(0, begun), PROTOCOL.subarray(0, begun))) return false;
    return this.bytes.length < PREFIX_LENGTH ? undefined : Id20.from(this.bytes.subarray(28, PREFIX_LENGTH));
  }
}
