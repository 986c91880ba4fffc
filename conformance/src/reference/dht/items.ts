/** The items that the reference stores for others (BEP 44). */
import { type Bencoded, type BencodedMap, latin1, type Writable, writeBencode } from '../../probe/bencode.ts';
import { isSigned, sha1, signedBytes, targetOfKey } from '../../probe/dht/items.ts';
import { asBytes, type Fields, sameBytes } from '../../probe/dht/krpc.ts';
import type { Has } from './bugs.ts';

interface Mutable {
  readonly value: Bencoded;
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
  readonly seq: bigint;
  readonly salt: Uint8Array;
}

export interface Refusal {
  readonly code: number;
  readonly text: string;
}

const valueMost = 1_000;
const saltMost = 64;
const none = new Uint8Array(0);

export class Items {
  readonly #immutable = new Map<string, Bencoded>();
  readonly #mutable = new Map<string, Mutable>();
  readonly #has: Has;

  constructor(has: Has) {
    this.#has = has;
  }

  get targets(): readonly string[] {
    return [...this.#immutable.keys(), ...this.#mutable.keys()];
  }

  get(target: Uint8Array, seq: number | bigint | undefined): Fields {
    const item = this.#mutable.get(latin1(target));
    const plain = this.#immutable.get(latin1(target));
    if (item === undefined) return plain === undefined ? {} : { v: plain as Writable };
    const number = { seq: this.#has('rounds-seq') ? BigInt(Number(item.seq)) : item.seq };
    const hidden = seq !== undefined && (item.seq <= BigInt(seq) || this.#has('get-seq-hides-all'));
    if (hidden && !this.#has('ignores-get-seq')) return number;
    const value = this.#has('mixes-kinds') && plain !== undefined ? plain : item.value;
    return {
      ...number,
      k: item.key,
      v: value as Writable,
      ...(!this.#has('drops-signature') && { sig: item.signature }),
      ...(this.#has('echoes-salt') && { salt: item.salt }),
    };
  }

  /** Undefined where it is stored, a refusal, or what it died of. */
  put(body: BencodedMap, isCanonical: boolean): Refusal | undefined | 'dead' {
    const value = body.get('v');
    if (value === undefined) return { code: 203, text: 'v is missing' };
    if (!isCanonical && !this.#has('sorts-values')) return { code: 203, text: 'v is not canonical' };
    if (!(value instanceof Uint8Array) && this.#has('strings-only')) return { code: 203, text: 'v is no string' };
    const { length } = writeBencode(value as Writable);
    const most = this.#has('rejects-1000') ? valueMost - 1 : valueMost;
    if (length > most && !this.#has('stores-large-values')) return this.#refused(205, 'v is too long');
    if (body.has('k')) return this.#putMutable(body, value);
    if (!this.#has('drops-values')) {
      const raw = this.#has('hashes-raw-strings') && value instanceof Uint8Array;
      this.#immutable.set(latin1(sha1(raw ? value : writeBencode(value as Writable))), value);
    }
    return undefined;
  }

  #putMutable(body: BencodedMap, value: Bencoded): Refusal | undefined | 'dead' {
    const [key, signature, salt = none] = ['k', 'sig', 'salt'].map((name) => asBytes(body.get(name)));
    const seq = this.#seqIn(body.get('seq'));
    if (key?.length !== 32) return this.#has('dies-of-short-keys') ? 'dead' : { code: 203, text: 'k is not a key' };
    if (signature?.length !== 64) {
      return this.#has('dies-of-short-signatures') ? 'dead' : { code: 203, text: 'sig is no signature' };
    }
    if (seq === undefined) return { code: 203, text: 'seq is no number that is allowed' };
    if (salt.length > (this.#has('salt-below-64') ? saltMost - 1 : saltMost) && !this.#has('any-salt')) {
      return this.#refused(207, 'salt is too long');
    }
    const item: Mutable = { value, key, signature, seq, salt: this.#has('ignores-salt') ? none : salt };
    if (!this.#isSigned(item, body)) return this.#refused(206, 'the signature is wrong');
    return this.#replace(item, body.get('cas'));
  }

  #replace(item: Mutable, cas: Bencoded | undefined): Refusal | undefined {
    const target = latin1(targetOfKey(item.key, item.salt));
    const before = this.#mutable.get(target);
    const fault = this.#conflict(item, before, cas);
    if (fault !== undefined) return fault;
    if (this.#has('keeps-first') && before !== undefined) return undefined;
    if (this.#has('removes-on-repeat') && before?.seq === item.seq) this.#mutable.delete(target);
    else this.#mutable.set(target, item);
    return undefined;
  }

  #conflict(item: Mutable, before: Mutable | undefined, cas: Bencoded | undefined): Refusal | undefined {
    if (cas !== undefined && this.#has('refuses-cas')) return this.#refused(301, 'no comparing here');
    if (before === undefined) {
      return cas !== undefined && this.#has('cas-needs-value') ? this.#refused(301, 'nothing here') : undefined;
    }
    const compares = (typeof cas === 'number' || typeof cas === 'bigint') && !this.#has('ignores-cas');
    if (compares && BigInt(cas) !== before.seq) return this.#refused(301, 'cas does not match');
    if (item.seq < before.seq && !this.#has('downgrades')) return this.#refused(302, 'seq is less than the stored');
    if (item.seq > before.seq || this.#has('overwrites-equal') || this.#has('downgrades')) return undefined;
    const same = sameBytes(writeBencode(item.value as Writable), writeBencode(before.value as Writable));
    return same ? undefined : this.#refused(302, 'seq is the stored one, and v is another');
  }

  #seqIn(seq: Bencoded | undefined): bigint | undefined {
    if (typeof seq !== 'number' && typeof seq !== 'bigint') return undefined;
    const number = BigInt(seq);
    if (this.#has('wraps-seq')) return BigInt.asIntN(64, number);
    if (number >= 2n ** 63n) return undefined;
    return number < 0n && this.#has('refuses-negative-seq') ? undefined : number;
  }

  #isSigned({ value, key, signature, seq, salt }: Mutable, body: BencodedMap): boolean {
    if (this.#has('no-signature-check')) return true;
    const sent = this.#has('wraps-seq') ? BigInt(body.get('seq') as number | bigint) : seq;
    const signedSalt = asBytes(body.get('salt'));
    if (signedSalt?.length === 0 && this.#has('empty-salt-counts')) return false;
    const near = this.#has('signature-without-seq') ? [sent, sent - 1n, sent + 1n] : [sent];
    return near.some((each) => isSigned(key, signature, signedBytes(value as Writable, each, signedSalt ?? salt)));
  }

  #refused(code: number, text: string): Refusal {
    return { code: this.#has('only-203') ? 203 : code, text };
  }
}
