/**
 * What the peers of one torrent tell each other of: other peers (BEP 11), and how to meet those behind routers (BEP 55). A private
 * torrent has none of it (BEP 27).
 */
import { type Address, formatAddress, scopeOf } from '@ferro/core';
import {
  contactOf,
  type HolepunchEvent,
  HolepunchExtension,
  HolepunchRelay,
  type PexEvent,
  PexExtension,
  PexRoster,
} from '@ferro/ext-pex';
import type { Engine } from '../engine.ts';
import { limits } from '../limits.ts';
import type { Peer } from '../peer.ts';
import type { Swarm } from './swarm.ts';

/** The extensions of one connection. */
export interface PeerExchange {
  readonly pex: PexExtension;
  readonly holepunch: HolepunchExtension;
}

/** Of one torrent. */
export class Exchange {
  readonly roster: PexRoster = new PexRoster();
  readonly relay: HolepunchRelay<Peer>;
  /** Who told of a peer that can be reached by an introduction. */
  readonly #tellers = new Map<string, Peer>();
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.relay = new HolepunchRelay(engine.own);
  }

  /** For a new connection. */
  extensions(remote: Address): PeerExchange {
    const { host, own } = this.#engine;
    return {
      pex: new PexExtension(host, this.roster, own, remote.ip),
      holepunch: new HolepunchExtension(host, own, remote.ip),
    };
  }

  remember(address: Address, teller: Peer): void {
    if (this.#tellers.size >= limits.tellers) this.#tellers.delete(this.#tellers.keys().next().value!);
    this.#tellers.set(formatAddress(address), teller);
  }

  /** The address could not be reached: whoever told of it is asked to introduce us. */
  askIntroduction(address: Address): void {
    const teller = this.#tellers.get(formatAddress(address));
    this.#tellers.delete(formatAddress(address));
    if (teller?.closed === false && teller.exchange?.holepunch.rendezvous(address) === true) teller.touch();
  }
}

/** Others may hear of this peer from now on, or something new about it. */
export function tellOf(swarm: Swarm, peer: Peer): void {
  const { exchange } = peer;
  if (exchange === undefined || swarm.exchange === undefined || !peer.handshaken || peer.closed) return;
  const { address: remote, transport, incoming, listensAt: port } = peer;
  const { holepunch, pex } = exchange;
  const seed = peer.seed || peer.uploadOnly;
  const contact = contactOf({ remote, transport, incoming, port, seed, holepunch: holepunch.supported });
  if (contact === undefined) return;
  pex.join(contact);
  swarm.exchange.relay.join(peer, contact.address, holepunch);
}

/** `stillThere`: nothing was wrong with it, and others may go on to hear of it. */
export function tellNoMoreOf(swarm: Swarm, peer: Peer, stillThere: boolean): void {
  peer.exchange?.pex.leave(stillThere);
  swarm.exchange?.relay.leave(peer);
}

export function hearPex(swarm: Swarm, peer: Peer, event: PexEvent): void {
  if (event.type !== 'peers' || swarm.exchange === undefined) return;
  const { engine, peerList, now } = swarm;
  for (const { address, flags } of event.added) {
    if (!engine.settings.anyPeer && scopeOf(address.ip) !== 'global') continue;
    const isNew = peerList.get(address) === undefined;
    peerList.add(address, 'pex', now);
    const known = peerList.get(address);
    if (known === undefined) continue;
    // Believed of new addresses alone: a liar could call all others seeds, and other seeds would not connect to them.
    if (flags.seed && isNew) known.seed = true;
    if (flags.holepunch) swarm.exchange.remember(address, peer);
  }
  swarm.schedule('connect', now);
}

export function hearHolepunch(swarm: Swarm, peer: Peer, event: HolepunchEvent): void {
  if (swarm.exchange === undefined || peer.exchange === undefined) return;
  if (event.type === 'rendezvous') {
    swarm.exchange.relay.introduce(peer, peer.exchange.holepunch, event.target)?.touch();
    peer.touch();
  } else if (event.type === 'connect') {
    swarm.introduced.push(event.address);
    swarm.schedule('punch', swarm.now);
  }
}
