/** A clock that is moved by hand, contacts by number, and one connection's extension with its roster. */
import type { Address, Environment } from '@ferro/core';
import {
  decodePexFlags,
  decodePexMessage,
  encodePexMessage,
  OwnAddresses,
  type PexEvent,
  PexExtension,
  type PexMessage,
  type PexPeer,
  PexRoster,
} from '../src/index.ts';

export class Clock implements Environment {
  time = 0;

  now(): number {
    return this.time;
  }

  random(bytes: Uint8Array): void {
    bytes.fill(9);
  }
}

/** Public addresses, a new one for each number. */
export function address(number: number, port = 6_881): Address {
  return { ip: `8.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`, port };
}

export function address6(number: number): Address {
  return { ip: `2a00::${(number + 1).toString(16)}`, port: 6_881 };
}

export function peerAt(at: Address, flags = 0): PexPeer {
  return { address: at, flags: decodePexFlags(flags) };
}

export function peers(count: number, from = 1): PexPeer[] {
  return Array.from({ length: count }, (_, index) => peerAt(address(from + index)));
}

/** Any peer whose connection is no matter: what joins the roster by itself. */
export function join(roster: PexRoster, peer: PexPeer): { leave(stillThere?: boolean): void } {
  roster.add(peer);
  return { leave: (stillThere = false) => roster.remove(peer, stillThere) };
}

export class Connection {
  readonly clock: Clock;
  readonly own: OwnAddresses = new OwnAddresses();
  readonly roster: PexRoster;
  readonly extension: PexExtension;

  constructor(ip = '9.9.9.9', clock: Clock = new Clock(), roster: PexRoster = new PexRoster()) {
    this.clock = clock;
    this.roster = roster;
    this.extension = new PexExtension(clock, roster, this.own, ip);
    this.extension.accept();
  }

  /** What is sent until that time, with the time of each. */
  until(time: number): { readonly at: number; readonly message: PexMessage }[] {
    const sent: { at: number; message: PexMessage }[] = [];
    while (this.extension.deadline <= time) {
      this.clock.time = Math.max(this.clock.time, this.extension.deadline);
      this.extension.tick();
      for (const payload of this.extension.flush())
        sent.push({ at: this.clock.time, message: decodePexMessage(payload) });
    }
    this.clock.time = time;
    return sent;
  }

  /** The peer says this, a minute after what it said before. */
  hear(message: Partial<PexMessage>, afterMs = 60_000): readonly PexEvent[] {
    this.clock.time += afterMs;
    return this.extension.receive(encodePexMessage({ added: [], dropped: [], ...message }));
  }
}

export function addresses(list: readonly PexPeer[]): Address[] {
  return list.map(({ address: at }) => at);
}
