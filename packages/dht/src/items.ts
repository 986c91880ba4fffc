/**
 * The items that we keep for others (BEP 44): what may be stored, over what, and for how long. An item is checked from
 * cheap to dear: sizes, then sequence numbers, then the signature. When there is no room the item that nobody has put again
 * for longest goes.
 */
import { decode } from '@ferro/bencode';
import { equalBytes, type Instant, toHex } from '@ferro/core';
import { limits } from './limits.ts';
import { immutableTarget, mutableTarget, verify } from './signatures.ts';

export interface ImmutableItem {
  readonly type: 'immutable';
  /** Bencoded. */
  readonly value: Uint8Array;
}

export interface MutableItem {
  readonly type: 'mutable';
  /** Bencoded. */
  readonly value: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly seq: bigint;
  readonly salt?: Uint8Array | undefined;
}

export type Item = ImmutableItem | MutableItem;

/** Where an item is kept. */
export function targetOf(item: Item): Uint8Array {
  return item.type === 'immutable' ? immutableTarget(item.value) : mutableTarget(item.publicKey, item.salt);
}

/** Why an item is not stored: a code of BEP 5 or BEP 44, and what it says. */
export interface Refusal {
  readonly code: 202 | 203 | 205 | 206 | 207 | 301 | 302;
  readonly message: string;
}

const MALFORMED: Refusal = { code: 203, message: 'the value is no valid bencoding' };
const TOO_LONG: Refusal = { code: 205, message: 'the value is longer than 1000 bytes' };
const BAD_SIGNATURE: Refusal = { code: 206, message: 'the signature does not fit' };
const LONG_SALT: Refusal = { code: 207, message: 'the salt is longer than 64 bytes' };
const BAD_SEQUENCE: Refusal = { code: 203, message: 'the sequence number is negative' };
const CAS_MISMATCH: Refusal = { code: 301, message: 'another sequence number is stored' };
const OLD_SEQUENCE: Refusal = { code: 302, message: 'the stored item is as new or newer' };
const BUSY: Refusal = { code: 202, message: 'too many signatures to check, try later' };

interface Stored {
  readonly item: Item;
  until: Instant;
}

export class Items {
  readonly #byTarget = new Map<string, Stored>();
  readonly #max: number;

  constructor(max: number = limits.items) {
    this.#max = max;
  }

  get size(): number {
    return this.#byTarget.size;
  }

  get(target: Uint8Array, now: Instant): Item | undefined {
    if (this.#byTarget.size === 0) return undefined;
    const stored = this.#byTarget.get(toHex(target));
    return stored !== undefined && stored.until > now ? stored.item : undefined;
  }

  /**
   * Stores an item, whose bytes are now ours, or says why not. `cas`: the sequence number that must be there. `maySpend` is asked before a
   * signature is checked, which is dear.
   */
  put(item: Item, cas: bigint | undefined, now: Instant, maySpend: () => boolean): Refusal | undefined {
    const misshapen = shapeOf(item);
    if (misshapen !== undefined) return misshapen;
    const key = toHex(targetOf(item));
    const old = this.get(targetOf(item), now);
    if (item.type === 'mutable' && old?.type === 'mutable') {
      if (cas !== undefined && cas !== old.seq) return CAS_MISMATCH;
      const same = item.seq === old.seq && equalBytes(item.value, old.value);
      if (item.seq < old.seq || (item.seq === old.seq && !same)) return OLD_SEQUENCE;
      if (same && equalBytes(item.signature, old.signature)) {
        this.#store(key, old, now);
        return undefined;
      }
    }
    if (item.type === 'mutable') {
      if (!maySpend()) return BUSY;
      if (!verify(item, item.signature, item.publicKey)) return BAD_SIGNATURE;
    }
    this.#store(key, item, now);
    return undefined;
  }

  /** Forgets what has expired. The oldest is first. */
  expire(now: Instant): void {
    for (const [key, stored] of this.#byTarget) {
      if (stored.until > now) return;
      this.#byTarget.delete(key);
    }
  }

  #store(key: string, item: Item, now: Instant): void {
    this.#byTarget.delete(key);
    this.#byTarget.set(key, { item, until: now + limits.itemMs });
    if (this.#byTarget.size > this.#max) this.#byTarget.delete(this.#byTarget.keys().next().value!);
  }
}

/** What is wrong with an item by itself, apart from its signature. */
export function shapeOf(item: Item): Refusal | undefined {
  if (item.value.length > limits.valueBytes) return TOO_LONG;
  if (item.type === 'mutable') {
    if (item.salt !== undefined && item.salt.length > limits.saltBytes) return LONG_SALT;
    if (item.seq < 0n) return BAD_SEQUENCE;
  }
  try {
    decode(item.value);
    return undefined;
  } catch {
    return MALFORMED;
  }
}
