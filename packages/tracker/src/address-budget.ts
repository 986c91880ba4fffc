/**
 * How many peers each address has put into the store, so that one cannot fill it. Addresses share a fixed number of counters
 * by a keyed hash: no table grows, and a few unlucky ones are held a little shorter. An IPv6 address counts as its /64, which is
 * what one household has.
 */
import { limits } from './limits.ts';

export class AddressBudget {
  readonly #counts = new Int32Array(limits.addressCounters);
  readonly #max: number;
  readonly #secret: number;

  constructor(max: number, secret: number) {
    this.#max = max;
    this.#secret = secret;
  }

  /** False: this address has its share. */
  take(address: Uint8Array, at: number, size: number): boolean {
    const counter = this.#counter(address, at, size);
    if (this.#counts[counter]! >= this.#max) return false;
    this.#counts[counter]!++;
    return true;
  }

  giveBack(address: Uint8Array, at: number, size: number): void {
    this.#counts[this.#counter(address, at, size)]!--;
  }

  #counter(address: Uint8Array, at: number, size: number): number {
    let hash = this.#secret;
    const end = at + (size === 6 ? 4 : 8);
    for (let i = at; i < end; i++) {
      hash = Math.imul(hash ^ address[i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return (hash >>> 0) % this.#counts.length;
  }
}
