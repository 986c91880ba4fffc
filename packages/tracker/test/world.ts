/** A clock that tests turn by hand, chance that repeats, and short ways to write a question. */
import type { Environment } from '../../core/src/index.ts';
import { roles, type StoreAnnounce } from '../src/index.ts';

export class World implements Environment {
  time = 0;
  #state = 1;

  now(): number {
    return this.time;
  }

  random(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
      bytes[i] = this.#state >>> 24;
    }
  }
}

export function hashOf(torrent: number): Uint8Array {
  const hash = new Uint8Array(20);
  new DataView(hash.buffer).setUint32(3, torrent + 1);
  return hash;
}

/** The address of peer 1, 2, …: different hosts, one port. */
export function addressOf(peer: number, length: 6 | 18 = 6): Uint8Array {
  const address = new Uint8Array(length);
  address[0] = 0x20;
  new DataView(address.buffer).setUint32(length === 6 ? 0 : 4, 0x0a00_0000 + peer);
  address.set([0x1a, 0xe1], length - 2);
  return address;
}

export function announceOf(torrent: number, peer: number, more: Partial<StoreAnnounce> = {}): StoreAnnounce {
  return {
    infoHash: hashOf(torrent),
    address: addressOf(peer),
    role: roles.leecher,
    completed: false,
    listed: true,
    want: 50,
    bothFamilies: false,
    ...more,
  };
}
