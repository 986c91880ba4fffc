/**
 * The peers of one swarm that share a role and an address family, in one block of memory: addresses side by side for picking,
 * the order of their last announces for expiry, and an index once they are many. One PeerList object is a lens that is
 * pointed at one block after the other.
 *
 * Block, in words: capacity, count, oldest, newest, next list of the wheel; for each place the place that is older and the one
 * that is newer; the index. Then, in bytes: for each place the step of its last announce; the addresses.
 */
import { type Block, type Blocks, pageOf, wordOf } from './blocks.ts';
import { limits } from './limits.ts';

const HEAD_WORDS = 5;
const NONE = -1;

export class PeerList {
  /** 0: there is none, because there is no peer. */
  block: Block = 0;
  count = 0;
  /** Where the addresses are: `size` bytes each from `at` on, which is even: copying by halves of words costs half. */
  bytes: Uint8Array = new Uint8Array(0);
  halves: Uint16Array = new Uint16Array(0);
  at = 0;
  readonly size: 6 | 18;
  readonly #blocks: Blocks;
  readonly #secret: number;
  #words: Int32Array = new Int32Array(0);
  #head = 0;
  #capacity = 0;
  #index = 0;
  /** One less than the places of the index; -1: no index. */
  #mask = -1;
  #ages = 0;

  /** `secret`: keeps strangers from choosing addresses that collide. */
  constructor(blocks: Blocks, size: 6 | 18, secret: number) {
    this.#blocks = blocks;
    this.size = size;
    this.#secret = secret;
  }

  /** Points the lens at a block, or at none. */
  open(block: Block): this {
    this.block = block;
    if (block === 0) {
      this.count = 0;
      this.#capacity = 0;
      return this;
    }
    const page = pageOf(block);
    this.#words = this.#blocks.words[page]!;
    this.bytes = this.#blocks.bytes[page]!;
    this.halves = this.#blocks.halves[page]!;
    this.#head = wordOf(block);
    this.#capacity = this.#words[this.#head]!;
    this.count = this.#words[this.#head + 1]!;
    this.#index = this.#head + HEAD_WORDS + 2 * this.#capacity;
    const indexed = indexLength(this.#capacity);
    this.#mask = indexed - 1;
    this.#ages = 4 * (this.#index + indexed);
    this.at = this.#ages + this.#capacity + (this.#capacity & 1);
    return this;
  }

  /** The list that follows in the wheel. */
  get next(): number {
    return this.#words[this.#head + 4]!;
  }

  set next(list: number) {
    this.#words[this.#head + 4] = list;
  }

  /** The place of an address, or -1. */
  find(address: Uint8Array): number {
    if (this.count === 0) return NONE;
    if (this.#mask < 0) {
      for (let place = 0; place < this.count; place++) if (this.holds(place, address)) return place;
      return NONE;
    }
    for (let slot = this.#hash(address, 0); ; slot++) {
      const place = this.#words[this.#index + (slot & this.#mask)]! - 1;
      if (place < 0 || this.holds(place, address)) return place;
    }
  }

  /** Whether that address is at that place. From the end, where they differ most. */
  holds(place: number, address: Uint8Array): boolean {
    const { bytes, size } = this;
    const at = this.at + place * size;
    for (let i = size - 1; i >= 0; i--) if (bytes[at + i] !== address[i]) return false;
    return true;
  }

  /** It has announced again. */
  touch(place: number, step: number): void {
    this.bytes[this.#ages + place] = step;
    if (this.#words[this.#head + 3] === place) return;
    this.#unlink(place);
    this.#link(place);
  }

  /** Adds an address that is not there. The block may be another one afterwards. */
  add(address: Uint8Array, step: number): void {
    if (this.count === this.#capacity) this.#resize(nextCapacity(this.#capacity));
    const place = this.count++;
    this.#words[this.#head + 1] = this.count;
    this.bytes[this.#ages + place] = step;
    this.bytes.set(address, this.at + place * this.size);
    this.#link(place);
    if (this.#mask >= 0) this.#enter(place);
  }

  /** Takes a peer out; the last one moves to its place. */
  remove(place: number): void {
    const last = this.count - 1;
    this.#unlink(place);
    if (this.#mask >= 0) this.#withdraw(this.#slotOf(place));
    if (place !== last) this.#move(last, place);
    this.count = last;
    this.#words[this.#head + 1] = last;
  }

  /** The place of the one that has been silent longest, or -1. */
  get oldest(): number {
    return this.count === 0 ? NONE : this.#words[this.#head + 2]!;
  }

  /** The step of its last announce, modulo 256. */
  ageOf(place: number): number {
    return this.bytes[this.#ages + place]!;
  }

  /** Gives memory back when much is unused, all of it when there is no peer. */
  shrink(): void {
    if (this.count === 0) {
      this.#blocks.free(this.block, wordsFor(this.#capacity, this.size));
      this.open(0);
    } else if (4 * this.count < this.#capacity) {
      let capacity = 1;
      while (capacity < 2 * this.count) capacity = nextCapacity(capacity);
      this.#resize(capacity);
    }
  }

  #move(from: number, to: number): void {
    const words = this.#words;
    const slot = this.#mask >= 0 ? this.#slotOf(from) : 0;
    if (this.#mask >= 0) words[slot] = to + 1;
    this.bytes.copyWithin(this.at + to * this.size, this.at + from * this.size, this.at + (from + 1) * this.size);
    this.bytes[this.#ages + to] = this.bytes[this.#ages + from]!;
    const older = words[this.#older(from)]!;
    const newer = words[this.#newer(from)]!;
    words[this.#older(to)] = older;
    words[this.#newer(to)] = newer;
    words[older === NONE ? this.#head + 2 : this.#newer(older)] = to;
    words[newer === NONE ? this.#head + 3 : this.#older(newer)] = to;
  }

  #older(place: number): number {
    return this.#head + HEAD_WORDS + 2 * place;
  }

  #newer(place: number): number {
    return this.#head + HEAD_WORDS + 2 * place + 1;
  }

  #link(place: number): void {
    const words = this.#words;
    const newest = words[this.#head + 3]!;
    words[this.#older(place)] = newest;
    words[this.#newer(place)] = NONE;
    words[newest === NONE ? this.#head + 2 : this.#newer(newest)] = place;
    words[this.#head + 3] = place;
  }

  #unlink(place: number): void {
    const words = this.#words;
    const older = words[this.#older(place)]!;
    const newer = words[this.#newer(place)]!;
    words[older === NONE ? this.#head + 2 : this.#newer(older)] = newer;
    words[newer === NONE ? this.#head + 3 : this.#older(newer)] = older;
  }

  #hash(bytes: Uint8Array, at: number): number {
    let hash = this.#secret;
    for (let i = 0; i < this.size; i += 2) {
      hash = Math.imul(hash ^ (bytes[at + i]! << 8) ^ bytes[at + i + 1]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return Math.imul(hash, 0x85ebca6b) >>> 8;
  }

  #enter(place: number): void {
    let slot = this.#hash(this.bytes, this.at + place * this.size);
    while (this.#words[this.#index + (slot & this.#mask)] !== 0) slot++;
    this.#words[this.#index + (slot & this.#mask)] = place + 1;
  }

  /** The word of the index that names this place. */
  #slotOf(place: number): number {
    let slot = this.#hash(this.bytes, this.at + place * this.size);
    while (this.#words[this.#index + (slot & this.#mask)] !== place + 1) slot++;
    return this.#index + (slot & this.#mask);
  }

  /** Empties a word of the index and closes the gap, so that no search ends too early. */
  #withdraw(word: number): void {
    const words = this.#words;
    let gap = word - this.#index;
    words[word] = 0;
    for (let slot = (gap + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = words[this.#index + slot]!;
      if (entry === 0) return;
      const home = this.#hash(this.bytes, this.at + (entry - 1) * this.size) & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - gap) & this.#mask)) continue;
      words[this.#index + gap] = entry;
      words[this.#index + slot] = 0;
      gap = slot;
    }
  }

  /** To a block of another capacity: oldest first, so that links and index are made anew. */
  #resize(capacity: number): void {
    const from = new PeerList(this.#blocks, this.size, this.#secret).open(this.block);
    const words = wordsFor(capacity, this.size);
    const block = this.#blocks.allocate(words);
    const page = this.#blocks.words[pageOf(block)]!;
    const head = wordOf(block);
    page.fill(0, head, head + words);
    page[head] = capacity;
    page[head + 2] = NONE;
    page[head + 3] = NONE;
    page[head + 4] = from.block === 0 ? 0 : from.next;
    this.open(block);
    for (let place = from.oldest; place !== NONE; place = from.#words[from.#newer(place)]!) {
      const at = from.at + place * from.size;
      this.add(from.bytes.subarray(at, at + from.size), from.ageOf(place));
    }
    if (from.block !== 0) this.#blocks.free(from.block, wordsFor(from.#capacity, from.size));
  }
}

function wordsFor(capacity: number, size: number): number {
  return HEAD_WORDS + 2 * capacity + indexLength(capacity) + Math.ceil((capacity * (1 + size) + (capacity & 1)) / 4);
}

/** At most half of the index is used. */
function indexLength(capacity: number): number {
  return capacity <= limits.scannedPeers ? 0 : 2 ** (33 - Math.clz32(capacity - 1));
}

/** 1, 2, 4, 6, 8, 12, 16, 24, …: few different lengths, so that freed blocks are used again, and little unused room. */
function nextCapacity(capacity: number): number {
  if (capacity === 0) return 1;
  if (capacity < 4) return 2 * capacity;
  return (capacity & (capacity - 1)) === 0 ? 1.5 * capacity : (4 * capacity) / 3;
}
