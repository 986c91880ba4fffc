/**
 * For people who only want to talk to a peer (BEP 3, peer protocol): connect, read blocks, listen. A facade over the core and
 * any host; there is no protocol in it. What crosses a promise is copied first, since the core lends its events only.
 */
import { type Address, AsyncQueue, type Driven, driveStream, type Host, type Id20 } from '@ferro/core';
import { PeerConnection, type PeerConnectionOptions } from './connection.ts';
import type { PeerEvent } from './events.ts';
import type { Extension } from './extension.ts';
import type { Handshake } from './handshake.ts';
import type { Block } from './message.ts';
import { makePeerId } from './peer-id.ts';
import { BlockReader } from './reader.ts';

export interface ConnectPeerOptions<X extends Extension = never> extends Omit<PeerConnectionOptions<X>, 'peerId'> {
  readonly infoHash: Id20;
  /** Default: a new one. */
  readonly peerId?: Id20;
  readonly signal?: AbortSignal;
}

/** A connected peer. Commands go to `wire`, then flush() sends them; iterating gives what the peer says. */
export class Peer<X extends Extension = never> implements AsyncIterable<PeerEvent<X>> {
  readonly wire: PeerConnection<X>;
  readonly #driven: Driven;
  readonly #events: AsyncQueue<PeerEvent<X>>;
  readonly #reader: BlockReader;

  /** Use connectPeer(). */
  constructor(wire: PeerConnection<X>, driven: Driven, events: AsyncQueue<PeerEvent<X>>, reader: BlockReader) {
    this.wire = wire;
    this.#driven = driven;
    this.#events = events;
    this.#reader = reader;
  }

  /** Who they are. */
  get remote(): Handshake {
    return this.wire.remote!;
  }

  /** Sends what commands to `wire` have made ready. */
  flush(): void {
    this.#driven.flush();
  }

  /** One block, as soon as the peer lets us have it. Rejects if it refuses, or when the connection ends. */
  read(block: Block): Promise<Uint8Array> {
    const bytes = new Promise<Uint8Array>((resolve, reject) => this.#reader.add(block, resolve, reject));
    this.#reader.ask(this.wire);
    this.flush();
    return bytes;
  }

  /** What the peer says, from the moment of connecting; blocks that read() waits for are left out. */
  [Symbol.asyncIterator](): AsyncIterator<PeerEvent<X>> {
    return this.#events;
  }

  close(): void {
    this.#driven.close();
    this.wire.close();
    this.#events.end();
    this.#reader.end(new Error('the connection was closed here'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** Resolves when both handshakes are done; rejects with what went wrong, and with the signal's reason if it aborts. */
export function connectPeer<X extends Extension = never>(
  host: Host,
  address: Address,
  options: ConnectPeerOptions<X>,
): Promise<Peer<X>> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const events = new AsyncQueue<PeerEvent<X>>();
    const reader = new BlockReader();
    const wire = new PeerConnection<X>(host, { ...options, peerId: options.peerId ?? makePeerId(host) });
    const driven = driveStream(host, wire, (batch) => batch.forEach(take), { closed: finish });
    const peer = new Peer(wire, driven, events, reader);
    const abort = () => finish(signal?.reason);
    // Until the stream is open nobody looks at the core's deadline.
    const late = host.at(wire.deadline, () => finish(new Error('no connection in time')));
    signal?.addEventListener('abort', abort);
    host.connect(address, driven);

    function take(event: PeerEvent<X>): void {
      if (event.type === 'handshake') {
        late.close();
        resolve(peer);
      }
      if (event.type === 'closed') finish(event.reason);
      else if (!reader.take(event, wire)) events.push(copyOf(event));
      if (!wire.closed) reader.ask(wire);
    }
    function finish(error: unknown = new Error('the peer closed the connection')): void {
      late.close();
      signal?.removeEventListener('abort', abort);
      reject(error);
      events.end(error);
      reader.end(error);
      peer.close();
    }
  });
}

/** The same with bytes of its own. */
function copyOf<Value>(value: Value): Value {
  if (value instanceof Uint8Array) return value.slice() as Value;
  if (Array.isArray(value)) return value.map(copyOf) as Value;
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, field]) => [key, copyOf(field)])) as Value;
}
