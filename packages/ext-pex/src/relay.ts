/**
 * The peer in the middle (BEP 55, protocol extension): introduces two peers of one torrent, both connected to us, to each other.
 * It sends nobody to a third place: both addresses are the far ends of connections of ours.
 */
import { type Address, familyOf, formatAddress } from '@ferro/core';
import type { HolepunchError } from '@ferro/wire';
import type { HolepunchExtension } from './holepunch.ts';
import type { OwnAddresses } from './own-addresses.ts';
import { isPossible, mayPass } from './reach.ts';

interface Party<Peer> {
  readonly peer: Peer;
  readonly address: Address;
  readonly extension: HolepunchExtension;
}

/** One for each torrent. `Peer` is whatever stands for a connection with its owner. */
export class HolepunchRelay<Peer> {
  readonly #own: OwnAddresses;
  readonly #byPeer = new Map<Peer, Party<Peer>>();
  readonly #byAddress = new Map<string, Party<Peer>>();

  constructor(own: OwnAddresses) {
    this.#own = own;
  }

  /** The address is the one under which peer exchange tells of the peer. */
  join(peer: Peer, address: Address, extension: HolepunchExtension): void {
    this.leave(peer);
    const party = { peer, address, extension };
    this.#byPeer.set(peer, party);
    this.#byAddress.set(formatAddress(address), party);
  }

  leave(peer: Peer): void {
    const party = this.#byPeer.get(peer);
    if (party === undefined) return;
    this.#byPeer.delete(peer);
    const key = formatAddress(party.address);
    if (this.#byAddress.get(key) === party) this.#byAddress.delete(key);
  }

  /**
   * Answers a `rendezvous` event of `initiator`. Returns the other peer if it now has something to hear: its connection is to be
   * flushed, too. `extension` is the initiator's.
   */
  introduce(initiator: Peer, extension: HolepunchExtension, target: Address): Peer | undefined {
    const from = this.#byPeer.get(initiator);
    const to = this.#byAddress.get(formatAddress(target));
    const error = this.#obstacle(from, to, target);
    if (error !== undefined) {
      extension.refuse(target, error);
      return undefined;
    }
    // To be silent is all that is left where an answer would be a lie: the target is there, but has had enough.
    if (!to!.extension.mayBeIntroduced()) return undefined;
    extension.introduce(to!.address);
    to!.extension.introduce(from!.address);
    return to!.peer;
  }

  #obstacle(from: Party<Peer> | undefined, to: Party<Peer> | undefined, target: Address): HolepunchError | undefined {
    if (this.#own.has(target)) return 'no-self';
    if (!isPossible(target)) return 'no-such-peer';
    if (to === undefined) return 'not-connected';
    if (!to.extension.supported) return 'no-support';
    // Also where the initiator has no address of its own, or the two live in networks that do not meet.
    return from === undefined || from === to || !canMeet(from.address, to.address) ? 'no-such-peer' : undefined;
  }
}

function canMeet(a: Address, b: Address): boolean {
  return familyOf(a.ip) === familyOf(b.ip) && mayPass(a, b.ip) && mayPass(b, a.ip);
}
