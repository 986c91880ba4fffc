/**
 * Peers that have sent a SYN and have not yet proved that they live at their address (BEP 29, connection setup). Anyone can write
 * any address on a packet, so until the random number of our answer comes back nothing is kept but this small entry, and nothing
 * is sent but the answer, which is as small as the question. Bounded for each address and in total.
 */
import { type Address, formatAddress, type Instant } from '@ferro/core';
import { limits } from './limits.ts';

export interface HalfOpen {
  readonly address: Address;
  /** The id in the SYN: what we send with. */
  readonly id: number;
  readonly peerSequence: number;
  /** The number of our answer, random: who knows it has received it. */
  readonly firstSequence: number;
  readonly since: Instant;
}

export class HalfOpenTable {
  /** In the order of arrival. */
  readonly #entries = new Map<string, HalfOpen>();
  readonly #perAddress = new Map<string, number>();

  get deadline(): Instant {
    for (const entry of this.#entries.values()) return entry.since + limits.halfOpenMs;
    return Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `id`: that of the SYN. */
  find(address: Address, id: number): HalfOpen | undefined {
    return this.#entries.get(keyOf(address, id));
  }

  /** False: this address has too many already. When all are too many, the oldest makes room. */
  add(entry: HalfOpen): boolean {
    const count = this.#perAddress.get(entry.address.ip) ?? 0;
    if (count >= limits.halfOpenPerAddress) return false;
    if (this.#entries.size >= limits.halfOpen) {
      for (const oldest of this.#entries.values()) {
        this.delete(oldest);
        break;
      }
    }
    this.#entries.set(keyOf(entry.address, entry.id), entry);
    this.#perAddress.set(entry.address.ip, count + 1);
    return true;
  }

  delete(entry: HalfOpen): void {
    if (!this.#entries.delete(keyOf(entry.address, entry.id))) return;
    const left = this.#perAddress.get(entry.address.ip)! - 1;
    if (left === 0) this.#perAddress.delete(entry.address.ip);
    else this.#perAddress.set(entry.address.ip, left);
  }

  expire(now: Instant): void {
    for (const entry of this.#entries.values()) {
      if (entry.since + limits.halfOpenMs > now) return;
      this.delete(entry);
    }
  }
}

function keyOf(address: Address, id: number): string {
  return `${formatAddress(address)}/${id}`;
}
