/**
 * Finds a 20-byte hash among many (info-hashes of BEP 5 and 51): numbers them, in flat memory (open addressing, at most half full). Where an entry lies
 * depends on a secret, since strangers choose the hashes and would else choose ones that collide.
 */
import { type Environment, readU32 } from '@ferro/core';

const NONE = -1;
const KEY_BYTES = 20;
const FIRST_CAPACITY = 64;

export class HashIndex {
  readonly #environment: Environment;
  readonly #secret: Uint32Array;
  /** By number: the hash. Numbers of removed entries are used again. */
  #keys: Uint8Array;
  /** Numbers in use, each at a known place, so that one can be drawn at random. */
  #dense: Int32Array;
  #placeInDense: Int32Array;
  /** By place: a number, or NONE. */
  #places: Int32Array;
  #free: number[] = [];
  #used = 0;
  #size = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
    const random = new Uint8Array(24);
    environment.random(random);
    this.#secret = Uint32Array.from({ length: 6 }, (_, i) => readU32(random, 4 * i) | 1);
    this.#keys = new Uint8Array(FIRST_CAPACITY * KEY_BYTES);
    this.#dense = new Int32Array(FIRST_CAPACITY);
    this.#placeInDense = new Int32Array(FIRST_CAPACITY);
    this.#places = new Int32Array(2 * FIRST_CAPACITY).fill(NONE);
  }

  get size(): number {
    return this.#size;
  }

  /** All numbers are below this. */
  get capacity(): number {
    return this.#dense.length;
  }

  get byteLength(): number {
    const { byteLength } = this.#keys;
    return byteLength + this.#dense.byteLength + this.#placeInDense.byteLength + this.#places.byteLength;
  }

  /** The number of a hash, or −1. */
  find(hash: Uint8Array): number {
    if (this.#size === 0) return NONE;
    const mask = this.#places.length - 1;
    for (let place = this.#home(hash, 0); ; place = (place + 1) & mask) {
      const number = this.#places[place]!;
      if (number === NONE || this.#holds(number, hash)) return number;
    }
  }

  /** Numbers a hash that is not there yet. */
  add(hash: Uint8Array): number {
    if (this.#size === this.#dense.length) this.#grow();
    const number = this.#free.pop() ?? this.#used++;
    this.#keys.set(hash, number * KEY_BYTES);
    this.#dense[this.#size] = number;
    this.#placeInDense[number] = this.#size++;
    this.#insert(number);
    return number;
  }

  remove(number: number): void {
    const mask = this.#places.length - 1;
    let hole = this.#home(this.#keys, number * KEY_BYTES);
    while (this.#places[hole] !== number) hole = (hole + 1) & mask;
    // Entries behind the hole move up if the hole cuts them off from their home.
    for (let place = (hole + 1) & mask; this.#places[place] !== NONE; place = (place + 1) & mask) {
      const other = this.#places[place]!;
      const home = this.#home(this.#keys, other * KEY_BYTES);
      if (((place - home) & mask) >= ((place - hole) & mask)) {
        this.#places[hole] = other;
        hole = place;
      }
    }
    this.#places[hole] = NONE;
    const last = this.#dense[--this.#size]!;
    this.#dense[this.#placeInDense[number]!] = last;
    this.#placeInDense[last] = this.#placeInDense[number]!;
    this.#free.push(number);
  }

  /** Up to `count` different hashes, drawn at random, one after the other. */
  sample(count: number): Uint8Array {
    const taken = Math.min(count, this.#size);
    const bytes = new Uint8Array(taken * KEY_BYTES);
    const random = new Uint8Array(4 * taken);
    this.#environment.random(random);
    for (let i = 0; i < taken; i++) {
      // A step of a shuffle: what was drawn goes to the front and is not drawn again.
      const drawn = i + (readU32(random, 4 * i) % (this.#size - i));
      const number = this.#dense[drawn]!;
      this.#swapDense(i, drawn);
      bytes.set(this.#keys.subarray(number * KEY_BYTES, (number + 1) * KEY_BYTES), i * KEY_BYTES);
    }
    return bytes;
  }

  #swapDense(a: number, b: number): void {
    const [first, second] = [this.#dense[a]!, this.#dense[b]!];
    this.#dense[a] = second;
    this.#dense[b] = first;
    this.#placeInDense[second] = a;
    this.#placeInDense[first] = b;
  }

  #home(bytes: Uint8Array, at: number): number {
    const secret = this.#secret;
    let mixed = secret[5]!;
    for (let word = 0; word < 5; word++) {
      mixed = Math.imul(mixed ^ readU32(bytes, at + 4 * word), secret[word]!);
      mixed ^= mixed >>> 15;
    }
    return (mixed >>> 0) & (this.#places.length - 1);
  }

  #holds(number: number, hash: Uint8Array): boolean {
    const at = number * KEY_BYTES;
    for (let i = 0; i < KEY_BYTES; i++) if (this.#keys[at + i] !== hash[i]) return false;
    return true;
  }

  #insert(number: number): void {
    const mask = this.#places.length - 1;
    let place = this.#home(this.#keys, number * KEY_BYTES);
    while (this.#places[place] !== NONE) place = (place + 1) & mask;
    this.#places[place] = number;
  }

  #grow(): void {
    const capacity = 2 * this.#dense.length;
    const keys = new Uint8Array(capacity * KEY_BYTES);
    const dense = new Int32Array(capacity);
    const placeInDense = new Int32Array(capacity);
    keys.set(this.#keys);
    dense.set(this.#dense);
    placeInDense.set(this.#placeInDense);
    this.#keys = keys;
    this.#dense = dense;
    this.#placeInDense = placeInDense;
    this.#places = new Int32Array(2 * capacity).fill(NONE);
    for (let i = 0; i < this.#size; i++) this.#insert(dense[i]!);
  }
}
