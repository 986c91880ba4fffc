/**
 * What the network says our address is (BEP 42, bootstrapping): every answer may tell. One voice per network counts, and
 * several must agree, so that a single liar cannot give us an address, and with it an id, of his choice.
 */
import { type AddressFamily, formatIp, scopeOf } from '@ferro/core';
import { limits } from './limits.ts';
import { networkOf } from './node-id.ts';

export class ExternalAddress {
  readonly #family: AddressFamily;
  /** By network of the voter, the oldest vote first. */
  readonly #votes = new Map<string, string>();
  #agreed: string | undefined;

  constructor(family: AddressFamily) {
    this.#family = family;
  }

  /** What was last agreed on. */
  get ip(): string | undefined {
    return this.#agreed;
  }

  /** `compact` is the address and port that `voter` saw. Returns our address when it is newly agreed on. */
  vote(voter: string, compact: Uint8Array): string | undefined {
    if (compact.length !== (this.#family === 4 ? 6 : 18)) return undefined;
    const ip = formatIp(compact.subarray(0, compact.length - 2));
    if (scopeOf(ip) !== 'global') return undefined;
    const network = networkOf(voter);
    this.#votes.delete(network);
    this.#votes.set(network, ip);
    if (this.#votes.size > limits.addressVoters) this.#votes.delete(this.#votes.keys().next().value!);
    if (ip === this.#agreed) return undefined;
    let count = 0;
    for (const other of this.#votes.values()) if (other === ip) count++;
    // More than half as well: a minority of liars must not move us back and forth.
    if (count < limits.addressVotes || 2 * count <= this.#votes.size) return undefined;
    this.#agreed = ip;
    return ip;
  }
}
