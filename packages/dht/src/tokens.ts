/**
 * Write tokens (BEP 5, overview): who shows one has received a datagram at its address not long ago. Nothing is stored per
 * token: it is a keyed hash of the address. The secret changes every five minutes, the one before stays good as long.
 */
import { type Environment, equalBytes, type Instant, sha1, utf8 } from '@ferro/core';
import { limits } from './limits.ts';

const TOKEN_BYTES = 8;
const SECRET_BYTES = 20;

export class Tokens {
  readonly #environment: Environment;
  #current: Uint8Array;
  #previous: Uint8Array;
  #rotateAt: Instant;
  /** Changes with the secret: a token kept by anybody is still the current one while this is the same. */
  era = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#current = this.#newSecret();
    this.#previous = this.#newSecret();
    this.#rotateAt = environment.now() + limits.secretMs;
  }

  /** Looks at the clock; to be called before `era` is relied on. */
  rotate(now: Instant): void {
    if (now < this.#rotateAt) return;
    // After a long silence both secrets are too old.
    const tooOld = now >= this.#rotateAt + limits.secretMs;
    this.#previous = tooOld ? this.#newSecret() : this.#current;
    this.#current = this.#newSecret();
    this.#rotateAt = (tooOld ? now : this.#rotateAt) + limits.secretMs;
    this.era++;
  }

  tokenFor(ip: string, now: Instant): Uint8Array {
    this.rotate(now);
    return tokenOf(this.#current, ip);
  }

  accepts(token: Uint8Array, ip: string, now: Instant): boolean {
    this.rotate(now);
    if (token.length !== TOKEN_BYTES) return false;
    return equalBytes(token, tokenOf(this.#current, ip)) || equalBytes(token, tokenOf(this.#previous, ip));
  }

  #newSecret(): Uint8Array {
    const secret = new Uint8Array(SECRET_BYTES);
    this.#environment.random(secret);
    return secret;
  }
}

function tokenOf(secret: Uint8Array, ip: string): Uint8Array {
  const text = utf8(ip);
  const input = new Uint8Array(SECRET_BYTES + text.length);
  input.set(secret);
  input.set(text, SECRET_BYTES);
  return sha1(input).slice(0, TOKEN_BYTES);
}
