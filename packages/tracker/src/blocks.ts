/**
 * Memory for many small things without an object each: blocks of 4-byte words from large pages, named by a number. Freed blocks
 * wait, by length, to be used again; blocks longer than a page have a page of their own, which is given back.
 */

/** A block's number: its page and its first word in it. */
export type Block = number;

/** A page has a megabyte: a store grows in small steps, and block numbers reach eight gigabytes. */
const PAGE_BITS = 18;
const PAGE_WORDS = 2 ** PAGE_BITS;
const NO_WORDS = new Int32Array(0);

export class Blocks {
  /** By page: three views of the same memory. */
  readonly words: Int32Array[] = [];
  readonly halves: Uint16Array[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly #free = new Map<number, Block[]>();
  readonly #emptyPages: number[] = [];
  #page = -1;
  #used = PAGE_WORDS;

  /** The number is never 0, and the words are whatever was there before. */
  allocate(words: number): Block {
    if (words > PAGE_WORDS) return this.#newPage(words) * PAGE_WORDS + 1;
    const reused = this.#free.get(words)?.pop();
    if (reused !== undefined) return reused;
    if (this.#used + words > PAGE_WORDS) {
      this.#page = this.#newPage(PAGE_WORDS);
      this.#used = 0;
    }
    const block = this.#page * PAGE_WORDS + this.#used + 1;
    this.#used += words;
    return block;
  }

  free(block: Block, words: number): void {
    if (words > PAGE_WORDS) {
      const page = pageOf(block);
      this.words[page] = NO_WORDS;
      this.halves[page] = new Uint16Array(0);
      this.bytes[page] = new Uint8Array(0);
      this.#emptyPages.push(page);
      return;
    }
    const free = this.#free.get(words);
    if (free === undefined) this.#free.set(words, [block]);
    else free.push(block);
  }

  #newPage(words: number): number {
    const page = this.#emptyPages.pop() ?? this.words.length;
    const bytes = new Uint8Array(4 * words);
    this.bytes[page] = bytes;
    this.words[page] = new Int32Array(bytes.buffer);
    this.halves[page] = new Uint16Array(bytes.buffer);
    return page;
  }
}

export function pageOf(block: Block): number {
  return (block - 1) >>> PAGE_BITS;
}

/** The first word of a block in its page. */
export function wordOf(block: Block): number {
  return (block - 1) & (PAGE_WORDS - 1);
}
