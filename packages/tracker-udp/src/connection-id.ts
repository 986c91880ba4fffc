/**
 * The connection ids that a tracker gives out (BEP 15, UDP connections / spoofing): a keyed hash of the sender's address, so
 * the tracker keeps no table and proves with every packet that the sender can receive there. Time comes in through the key:
 * the secret changes, and the one before stays valid for as long again.
 */
import type { Environment, Instant } from '@ferro/core';
import { readU32, writeU32 } from '@ferro/core';
import { SipHash } from './sip-hash.ts';

export class ConnectionIds {
  readonly #env: Environment;
  readonly #lifeMs: number;
  readonly #text: Uint8Array = new Uint8Array(64);
  #current: SipHash;
  #previous: SipHash;
  #since: Instant;

  constructor(env: Environment, lifeMs: number) {
    this.#env = env;
    this.#lifeMs = lifeMs;
    this.#current = this.#fresh();
    this.#previous = this.#fresh();
    this.#since = env.now();
  }

  /** Writes the id for this address. The port is left out: what is proved is who receives there, and NATs change ports. */
  write(ip: string, into: Uint8Array, at: number): void {
    this.#rotate();
    this.#current.hash(this.#text, this.#spell(ip));
    writeU32(into, at, this.#current.high);
    writeU32(into, at + 4, this.#current.low);
  }

  /** Whether the id at `at` was given to this address, under the current secret or the one before. */
  proves(ip: string, bytes: Uint8Array, at: number): boolean {
    this.#rotate();
    const length = this.#spell(ip);
    const high = readU32(bytes, at);
    const low = readU32(bytes, at + 4);
    for (let secret = this.#current; ; secret = this.#previous) {
      secret.hash(this.#text, length);
      if (secret.high === high && secret.low === low) return true;
      if (secret === this.#previous) return false;
    }
  }

  #rotate(): void {
    const now = this.#env.now();
    const age = now - this.#since;
    if (age < this.#lifeMs) return;
    this.#previous = age < 2 * this.#lifeMs ? this.#current : this.#fresh();
    this.#current = this.#fresh();
    this.#since = age < 2 * this.#lifeMs ? this.#since + this.#lifeMs : now;
  }

  #spell(ip: string): number {
    const length = Math.min(ip.length, this.#text.length);
    for (let i = 0; i < length; i++) this.#text[i] = ip.charCodeAt(i);
    return length;
  }

  #fresh(): SipHash {
    const key = new Uint8Array(16);
    this.#env.random(key);
    return new SipHash(key);
  }
}
