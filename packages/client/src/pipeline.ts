/**
 * How many requests to keep outstanding at one peer: enough to cover its rate for a while, grown from little as blocks
 * arrive, halved when it goes silent. BEP 3 only says that several requests should be under way.
 */
import type { Instant } from '@ferro/core';
import { limits } from './limits.ts';
import { BLOCK_LENGTH } from './pieces.ts';

export class Pipeline {
  /** Requests that should be outstanding now. */
  depth: number = limits.pipelineStart;
  #most: number = limits.requestsUnsaid;
  #windowStart: Instant;
  #windowBlocks = 0;
  #lastRate = 0;
  #growing = true;

  constructor(now: Instant) {
    this.#windowStart = now;
  }

  /** The peer said how many requests it takes (BEP 10, reqq). */
  limit(reqq: number): void {
    this.#most = Math.max(1, Math.min(reqq, limits.pipelineMax));
    this.depth = Math.min(this.depth, this.#most);
  }

  /** A block has arrived. While the rate still grows, each block makes room for one more, so depth doubles each round trip. */
  arrived(now: Instant): void {
    this.#windowBlocks++;
    if (this.#growing) this.depth = Math.min(this.depth + 1, this.#most, limits.pipelineMax);
    if (now - this.#windowStart < 500) return;
    const rate = (this.#windowBlocks * BLOCK_LENGTH * 1000) / (now - this.#windowStart);
    this.#growing = rate > this.#lastRate * 1.1;
    this.#lastRate = Math.max(rate, this.#lastRate * 0.8);
    this.#windowStart = now;
    this.#windowBlocks = 0;
    if (this.#growing) return;
    const enough = Math.ceil((rate * limits.pipelineMs) / 1000 / BLOCK_LENGTH);
    this.depth = Math.max(limits.pipelineStart, Math.min(enough, this.#most, limits.pipelineMax));
  }

  /** Nothing came for too long. */
  stalled(): void {
    this.depth = Math.max(1, this.depth >> 1);
    this.#growing = true;
    this.#lastRate = 0;
  }
}
