/** How long to leave a server alone: as long as it says, or twice as long after each failure (BEP 17, protocol; BEP 19). */
import type { Environment, Instant } from '@ferro/core';
import { limits } from './limits.ts';

const WAIT_MIN_MS = 1_000;

export class Patience {
  /** Undefined: it may be asked. */
  until: Instant | undefined;
  readonly #env: Environment;
  readonly #retryMs: number;
  #failures = 0;

  constructor(env: Environment, retryMs: number) {
    this.#env = env;
    this.#retryMs = retryMs;
  }

  /** It could not serve. False: what was under way before it failed has failed too, which tells nothing new. */
  failed(afterMs?: number): boolean {
    if (this.until !== undefined) return false;
    const doubled = this.#retryMs * 2 ** Math.min(this.#failures++, 20);
    // Many clients that were sent away together should not come back together.
    const spread = 1 + this.#fraction() / 4;
    this.until = this.#env.now() + Math.min(Math.max(afterMs ?? doubled * spread, WAIT_MIN_MS), limits.retryMaxMs);
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Whether a wait has ended just now. */
  isOver(now: Instant): boolean {
    if (this.until === undefined || now < this.until) return false;
    this.until = undefined;
    return true;
  }

  #fraction(): number {
    const scratch = new Uint8Array(1);
    this.#env.random(scratch);
    return scratch[0]! / 256;
  }
}
