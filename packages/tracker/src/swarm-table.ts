/**
 * From info-hashes to swarm numbers, and the few words that a swarm has: its six lists of peers and how often it was completed.
 * Typed arrays that double; a keyed hash, because strangers choose the info-hashes.
 */

/** Lists of a swarm: three roles of IPv4, then three of IPv6. */
export const LISTS = 6;
const FIELDS = LISTS + 1;

export class SwarmTable {
  /** Swarms in use. */
  size = 0;
  readonly #secret: number;
  #hashes = new Uint8Array(20 * 64);
  #fields = new Int32Array(FIELDS * 64);
  /** Swarm numbers plus one, by hash. */
  #index = new Int32Array(128);
  readonly #unused: number[] = [];
  #next = 0;

  constructor(secret: number) {
    this.#secret = secret;
  }

  /** The number of a swarm, or -1. */
  find(hashes: Uint8Array, at: number): number {
    const mask = this.#index.length - 1;
    for (let slot = this.#hash(hashes, at); ; slot++) {
      const swarm = this.#index[slot & mask]! - 1;
      if (swarm < 0 || this.#is(swarm, hashes, at)) return swarm;
    }
  }

  /** Adds a swarm that is not there. */
  add(infoHash: Uint8Array): number {
    const swarm = this.#unused.pop() ?? this.#next++;
    if (20 * swarm === this.#hashes.length) this.#grow();
    this.#hashes.set(infoHash, 20 * swarm);
    this.#fields.fill(0, FIELDS * swarm, FIELDS * (swarm + 1));
    this.size++;
    this.#enter(swarm);
    return swarm;
  }

  remove(swarm: number): void {
    const mask = this.#index.length - 1;
    let gap = this.#hash(this.#hashes, 20 * swarm) & mask;
    while (this.#index[gap] !== swarm + 1) gap = (gap + 1) & mask;
    this.#index[gap] = 0;
    for (let slot = (gap + 1) & mask; this.#index[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hash(this.#hashes, 20 * (this.#index[slot]! - 1)) & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      this.#index[gap] = this.#index[slot]!;
      this.#index[slot] = 0;
      gap = slot;
    }
    this.size--;
    this.#unused.push(swarm);
  }

  /** The block of a list; lists are numbered through all swarms, six each. */
  blockOf(list: number): number {
    return this.#fields[list + Math.floor(list / LISTS)]!;
  }

  setBlock(list: number, block: number): void {
    this.#fields[list + Math.floor(list / LISTS)] = block;
  }

  completedOf(swarm: number): number {
    return this.#fields[FIELDS * swarm + LISTS]!;
  }

  countCompleted(swarm: number): void {
    this.#fields[FIELDS * swarm + LISTS]!++;
  }

  isEmpty(swarm: number): boolean {
    for (let list = 0; list < LISTS; list++) if (this.#fields[FIELDS * swarm + list] !== 0) return false;
    return true;
  }

  #grow(): void {
    const hashes = new Uint8Array(2 * this.#hashes.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const fields = new Int32Array(2 * this.#fields.length);
    fields.set(this.#fields);
    this.#fields = fields;
    const swarms = this.#index.filter((entry) => entry !== 0);
    this.#index = new Int32Array(2 * this.#index.length);
    for (const entry of swarms) this.#enter(entry - 1);
  }

  #enter(swarm: number): void {
    const mask = this.#index.length - 1;
    let slot = this.#hash(this.#hashes, 20 * swarm);
    while (this.#index[slot & mask] !== 0) slot++;
    this.#index[slot & mask] = swarm + 1;
  }

  #is(swarm: number, hashes: Uint8Array, at: number): boolean {
    const own = 20 * swarm;
    for (let i = 0; i < 20; i++) if (this.#hashes[own + i] !== hashes[at + i]) return false;
    return true;
  }

  #hash(hashes: Uint8Array, at: number): number {
    let hash = this.#secret;
    for (let i = at; i < at + 20; i += 4) {
      const word = (hashes[i]! << 24) | (hashes[i + 1]! << 16) | (hashes[i + 2]! << 8) | hashes[i + 3]!;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return Math.imul(hash, 0x85ebca6b) >>> 4;
  }
}
