/**
 * The smallest client that has peers and nothing else: it connects to those that it hears of, tells of those that it has, and
 * asks to be introduced to those that it cannot reach. No pieces, no limits, no back-off.
 */
import {
  type Address,
  type Driven,
  driveDatagrams,
  driveStream,
  type Endpoint,
  formatAddress,
  type Host,
  Id20,
  type Stream,
  type StreamHandler,
  sha1,
} from '@ferro/core';
import { PeerConnection, type PeerEvent } from '@ferro/wire';
import { UtpEndpoint, UtpStreams } from '../../utp/src/index.ts';
import {
  contactOf,
  type HolepunchEvent,
  HolepunchExtension,
  HolepunchRelay,
  OwnAddresses,
  type PexEvent,
  PexExtension,
  type PexPeer,
  PexRoster,
} from '../src/index.ts';

export const PORT = 6_881;
export const INFO_HASH: Id20 = Id20.from(new Uint8Array(20).fill(7));

export interface NodeOptions {
  readonly transport: 'tcp' | 'utp';
  /** Connects to as many of those it hears of. */
  readonly connects: number;
  readonly name: string;
  /** Default: port 6881 of every address. */
  readonly at?: Endpoint;
  /** Is introduced, and does nothing. */
  readonly lazy?: boolean;
}

type Wire = PexExtension | HolepunchExtension;

/** One connection of a node. */
interface Neighbour {
  readonly connection: PeerConnection<Wire>;
  readonly pex: PexExtension;
  readonly holepunch: HolepunchExtension;
  readonly remote: Address;
  readonly incoming: boolean;
  /** Whether it was made after an introduction. */
  readonly introduced: boolean;
  readonly driven: StreamHandler & Driven;
}

export class SwarmNode {
  readonly neighbours = new Set<Neighbour>();
  /** Everyone that it has ever heard of. */
  readonly known = new Map<string, PexPeer>();
  readonly log: string[] = [];
  readonly id: Id20;
  readonly #host: Host;
  readonly #options: NodeOptions;
  readonly #own = new OwnAddresses();
  readonly #roster = new PexRoster();
  readonly #relay = new HolepunchRelay<Neighbour>(this.#own);
  readonly #connect: (to: Address, handler: StreamHandler) => Stream;
  /** Who told of it, and so may introduce. */
  readonly #tellers = new Map<string, Neighbour>();
  /** Where it listens, once it does for uTP: others take two peers of one IP and port for one. */
  port = 0;
  #connecting = 0;

  constructor(host: Host, options: NodeOptions) {
    this.#host = host;
    this.#options = options;
    this.id = Id20.from(sha1(Uint8Array.from(options.name, (letter) => letter.charCodeAt(0))));
    const { at = { port: PORT } } = options;
    const accept = (stream: Stream) => this.#open(stream.remote, true, false);
    if (options.transport === 'tcp') {
      host.listen(at, { accept });
      this.#connect = (to, handler) => host.connect(to, handler);
    } else {
      const endpoint = new UtpEndpoint(host);
      const run = driveDatagrams(host, at, endpoint, (events) => streams.handle(events), {
        ready: (local) => {
          this.port = local.port;
        },
      });
      const streams = new UtpStreams(endpoint, () => run.flush(), accept);
      this.#connect = (to, handler) => streams.connect(to, handler);
    }
  }

  connect(to: Address, introduced = false): void {
    this.#connecting++;
    this.#connect(to, this.#open(to, false, introduced));
  }

  isConnectedTo(other: SwarmNode): boolean {
    return this.with(other) !== undefined;
  }

  with(other: SwarmNode): Neighbour | undefined {
    return [...this.neighbours].find(({ connection }) => connection.remote?.peerId.hex === other.id.hex);
  }

  #open(remote: Address, incoming: boolean, introduced: boolean): StreamHandler {
    const pex = new PexExtension(this.#host, this.#roster, this.#own, remote.ip);
    const holepunch = new HolepunchExtension(this.#host, this.#own, remote.ip);
    const connection = new PeerConnection<Wire>(this.#host, {
      infoHash: INFO_HASH,
      peerId: this.id,
      port: this.port === 0 ? PORT : this.port,
      extensions: [pex, holepunch],
    });
    const driven = driveStream(this.#host, connection, (events) => this.#on(neighbour, events), {
      closed: () => this.#gone(neighbour),
    });
    const neighbour: Neighbour = { connection, pex, holepunch, remote, incoming, introduced, driven };
    return driven;
  }

  #on(neighbour: Neighbour, events: readonly PeerEvent<Wire>[]): void {
    for (const event of events) {
      if (event.type === 'handshake') this.#meet(neighbour);
      else if (event.type === 'extended-handshake') {
        const { remote, incoming } = neighbour;
        const { transport } = this.#options;
        const { port } = event.handshake;
        const holepunch = neighbour.holepunch.supported;
        const contact = contactOf({ remote, transport, incoming, port, holepunch });
        if (contact === undefined || !this.neighbours.has(neighbour)) continue;
        neighbour.pex.join(contact);
        this.#relay.join(neighbour, contact.address, neighbour.holepunch);
      } else if (event.type === 'extension') {
        if (event.name === 'ut_pex') this.#hearPex(neighbour, event.event);
        else this.#hearHolepunch(neighbour, event.event);
      }
    }
  }

  #meet(neighbour: Neighbour): void {
    if (!neighbour.incoming) this.#connecting--;
    const theirs = neighbour.connection.remote!.peerId.hex;
    for (const other of this.neighbours) {
      if (other.connection.remote?.peerId.hex !== theirs) continue;
      // Both connected at once: the one that the lower id opened stays.
      const stays = theirs < this.id.hex === neighbour.incoming ? neighbour : other;
      const extra = stays === other ? neighbour : other;
      extra.connection.close();
      extra.driven.close();
      this.#forget(extra);
      if (extra === neighbour) return;
    }
    this.neighbours.add(neighbour);
  }

  #gone(neighbour: Neighbour): void {
    if (this.neighbours.has(neighbour)) {
      this.#forget(neighbour);
      return;
    }
    if (neighbour.incoming || neighbour.connection.remote !== undefined) return;
    this.#connecting--;
    this.#unreachable(neighbour);
  }

  #forget(neighbour: Neighbour): void {
    this.neighbours.delete(neighbour);
    neighbour.pex.leave();
    this.#relay.leave(neighbour);
  }

  #unreachable({ remote, introduced }: Neighbour): void {
    const key = formatAddress(remote);
    const teller = this.#tellers.get(key);
    if (introduced) this.log.push(`${key} cannot be reached`);
    else if (this.known.get(key)?.flags.holepunch === true && teller?.holepunch.rendezvous(remote) === true) {
      this.log.push(`asked for ${key}`);
      teller.driven.flush();
    }
  }

  #hearPex(neighbour: Neighbour, event: PexEvent): void {
    if (event.type === 'ignored') {
      this.log.push(event.reason.code);
      return;
    }
    for (const peer of event.added) {
      const key = formatAddress(peer.address);
      this.known.set(key, peer);
      this.#tellers.set(key, neighbour);
      if (this.neighbours.size + this.#connecting < this.#options.connects) this.connect(peer.address);
    }
  }

  #hearHolepunch(neighbour: Neighbour, event: HolepunchEvent): void {
    if (event.type === 'rendezvous') {
      this.#relay.introduce(neighbour, neighbour.holepunch, event.target)?.driven.flush();
    } else if (event.type === 'connect') {
      this.log.push(`introduced to ${formatAddress(event.address)}`);
      if (this.#options.lazy !== true) this.connect(event.address, true);
    } else this.log.push(event.type === 'failed' ? `no introduction: ${event.reason}` : event.reason.code);
  }
}
