/**
 * The addresses at which we are reached ourselves. Told by others they are of no use (BEP 11), and a rendezvous with them is
 * one with nobody (BEP 55, error codes). One for a whole client.
 */
import { type Address, formatAddress } from '@ferro/core';

export class OwnAddresses {
  #keys: ReadonlySet<string> = new Set();

  /** Replaces what was known: where we listen, and where others say that they see us. */
  set(addresses: readonly Address[]): void {
    this.#keys = new Set(addresses.map(formatAddress));
  }

  has(address: Address): boolean {
    return this.#keys.has(formatAddress(address));
  }
}
