/**
 * Who waits for which block, both ways (BEP 3, request and cancel; BEP 6, reject). Two compact records: what we asked, so
 * that nothing comes that nobody wanted, and what the peer asked, so that each request gets one answer and no more wait
 * than we said. Whom to serve and what to ask next is the client's choice.
 */
import { ProtocolError } from '@ferro/core';
import { BlockSet } from './block-set.ts';
import type { WireLimits } from './limits.ts';
import type { Block } from './message.ts';

/** Requests that we have sent. */
export class AskedBlocks {
  readonly #limits: WireLimits;
  readonly #waiting: BlockSet;
  /** Given up by us or by a choke, and perhaps on the way all the same. */
  readonly #givenUp: BlockSet;
  #unrequested = 0;

  constructor(limits: WireLimits, seed: number) {
    this.#limits = limits;
    this.#waiting = new BlockSet(seed);
    this.#givenUp = new BlockSet(seed);
  }

  /** Requests without an answer, those given up not counted. */
  get size(): number {
    return this.#waiting.size;
  }

  /** False if it waits already. */
  add(block: Block): boolean {
    return this.#waiting.add(block.piece, block.begin, block.length);
  }

  /** The request is answered, or was until lately waited for; false: nobody wanted that. */
  answer(piece: number, begin: number, length: number): boolean {
    return this.#waiting.delete(piece, begin, length) || this.#givenUp.delete(piece, begin, length);
  }

  /** True if a reject concerns a request that still waited. One that nobody needs any more is no news. */
  reject(block: Block): boolean {
    const { piece, begin, length } = block;
    if (this.#waiting.delete(piece, begin, length)) return true;
    if (!this.#givenUp.delete(piece, begin, length)) this.unrequested('BEP 6, reject request', 'a reject');
    return false;
  }

  giveUp(block: Block): boolean {
    if (!this.#waiting.delete(block.piece, block.begin, block.length)) return false;
    if (this.#givenUp.size >= this.#limits.requestsCancelled) this.#givenUp.clear();
    this.#givenUp.add(block.piece, block.begin, block.length);
    return true;
  }

  /** A choke without the fast extension answers nothing and forgets everything (BEP 3). */
  giveUpAll(): void {
    for (const block of this.#waiting.list()) this.giveUp(block);
  }

  /** Something came that was never asked for. Throws when it is more than races explain. */
  unrequested(spec: string, what: string): void {
    if (++this.#unrequested > this.#limits.unrequested) {
      throw new ProtocolError('wire/unrequested', spec, `${what} for what was never requested, again and again`);
    }
  }
}

/** Requests of the peer. */
export class WaitingRequests {
  readonly #blocks: BlockSet;

  constructor(seed: number) {
    this.#blocks = new BlockSet(seed);
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** False if the same request waits already: one answer serves both. */
  add(block: Block): boolean {
    return this.#blocks.add(block.piece, block.begin, block.length);
  }

  /** The request is answered or taken back; false if it does not wait. */
  remove(piece: number, begin: number, length: number): boolean {
    return this.#blocks.delete(piece, begin, length);
  }

  /** Removes all requests but those for the given pieces, and returns them. */
  removeAllBut(pieces: ReadonlySet<number>): readonly Block[] {
    const removed = this.#blocks.list().filter((block) => !pieces.has(block.piece));
    for (const { piece, begin, length } of removed) this.#blocks.delete(piece, begin, length);
    return removed;
  }
}
