/**
 * A peer that is being connected to, over TCP or uTP (BEP 29). The transport that worked last goes first; to strangers uTP, which
 * yields to what else the line is used for, and to neighbours TCP, which costs less. If it has not opened after a head start, the
 * other one is tried beside it, and the first that opens is the one.
 */
import { type Address, type Instant, type Stream, type StreamHandler, scopeOf } from '@ferro/core';
import type { Due } from '../engine.ts';
import { limits } from '../limits.ts';
import { Peer, type Transport } from '../peer.ts';
import type { KnownPeer } from '../peer-list.ts';
import { closePeer } from './leave.ts';
import { enter, roomAgain } from './meet.ts';
import type { Swarm } from './swarm.ts';
import { wireFor } from './wire.ts';

export class Attempt implements Due {
  readonly #swarm: Swarm;
  readonly #known: KnownPeer;
  readonly #whenFailed: () => void;
  /** Not tried yet. */
  readonly #left: Transport[];
  readonly #streams = new Map<Transport, Stream>();
  readonly #until: Instant;
  #peer: Peer | undefined;

  constructor(
    swarm: Swarm,
    known: KnownPeer,
    whenFailed: () => void,
    transports: readonly Transport[] = transportsTo(swarm, known),
  ) {
    this.#swarm = swarm;
    this.#known = known;
    this.#whenFailed = whenFailed;
    this.#left = [...transports];
    this.#until = swarm.now + limits.connectMs;
  }

  start(): void {
    this.#known.connected = true;
    this.#swarm.engine.connectingCount++;
    this.#swarm.connecting.add(this);
    this.#tryNext();
  }

  /** The head start is over, or all the time there was. */
  due(): void {
    if (this.#left.length > 0) {
      this.#tryNext();
      return;
    }
    this.close();
    this.#failed();
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#over();
    this.#known.connected = false;
  }

  #tryNext(): void {
    const { engine } = this.#swarm;
    const transport = this.#left.shift()!;
    const next = this.#left.length > 0 ? engine.now + limits.headStartMs : this.#until;
    engine.deadlines.set(this, Math.min(next, this.#until));
    const { address } = this.#known;
    const handler = this.#handler(transport);
    const stream = transport === 'utp' ? engine.utp!.connect(address, handler) : engine.host.connect(address, handler);
    this.#streams.set(transport, stream);
  }

  #handler(transport: Transport): StreamHandler {
    const { engine } = this.#swarm;
    return {
      opened: (stream) => engine.step(() => this.#opened(transport, stream)),
      receive: (bytes) => engine.step(() => this.#peer?.receive(bytes)),
      writable: () => engine.step(() => this.#peer !== undefined && roomAgain(this.#peer)),
      closed: (error) => engine.step(() => this.#closed(transport, error)),
    };
  }

  #opened(transport: Transport, stream: Stream): void {
    for (const [other, slower] of this.#streams) if (other !== transport) slower.close();
    this.#over();
    const swarm = this.#swarm;
    this.#peer = new Peer(swarm.engine, stream, wireFor(swarm, stream.remote), this.#known, swarm, transport);
    enter(this.#peer);
  }

  #closed(transport: Transport, error: Error | undefined): void {
    if (this.#peer !== undefined) {
      closePeer(this.#peer, error?.message ?? 'the peer left');
      return;
    }
    this.#streams.delete(transport);
    if (this.#left.length > 0) this.#tryNext();
    else if (this.#streams.size === 0) {
      this.#over();
      this.#failed();
    }
  }

  #failed(): void {
    const { peerList, exchange, now } = this.#swarm;
    peerList.failed(this.#known, now);
    exchange?.askIntroduction(this.#known.address);
    this.#whenFailed();
  }

  #over(): void {
    if (!this.#swarm.connecting.delete(this)) return;
    this.#swarm.engine.connectingCount--;
    this.#swarm.engine.deadlines.clear(this);
  }
}

/** Those that we speak, in the order of trying. */
function transportsTo({ engine }: Swarm, { address, transport }: KnownPeer): Transport[] {
  const first = transport ?? (isNear(address) ? 'tcp' : 'utp');
  const order: readonly Transport[] = first === 'tcp' ? ['tcp', 'utp'] : ['utp', 'tcp'];
  return order.filter((one) => engine.settings[one]);
}

function isNear({ ip }: Address): boolean {
  return scopeOf(ip) !== 'global';
}
