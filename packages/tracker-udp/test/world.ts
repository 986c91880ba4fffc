/** A clock that tests turn by hand, chance that repeats, and a network between two cores that loses, doubles and reorders. */
import { type Address, type Datagram, type DatagramCore, type Environment, Id20 } from '../../core/src/index.ts';

export class World implements Environment {
  time = 0;
  #state: number;

  constructor(seed = 1) {
    this.#state = seed >>> 0;
  }

  now(): number {
    return this.time;
  }

  random(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.below(256);
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor(((this.#state >>> 8) / 0x100_0000) * limit);
  }
}

export const CLIENT: Address = { ip: '198.51.100.7', port: 6881 };
export const TRACKER: Address = { ip: '203.0.113.1', port: 6969 };
export const CLIENT6: Address = { ip: '2001:db8::7', port: 6881 };
export const TRACKER6: Address = { ip: '2001:db8::1', port: 6969 };

export const hash = (byte: number): Id20 => Id20.from(new Uint8Array(20).fill(byte));

export const request = {
  infoHash: hash(1),
  peerId: hash(2),
  port: 6881,
  uploaded: 10,
  downloaded: 20,
  left: 30,
};

/** Feeds one core's output to the other, as if it came from `from`. */
export function carry<E>(from: DatagramCore<unknown>, sender: Address, to: DatagramCore<E>): E[] {
  return from.flush().flatMap(({ bytes }) => [...to.receive({ bytes, address: sender })]);
}

/** A datagram on its way. */
export interface Flight {
  readonly at: number;
  readonly order: number;
  readonly toServer: boolean;
  readonly datagram: Datagram;
}
