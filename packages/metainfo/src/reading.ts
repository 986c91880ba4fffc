/**
 * What the parts of a torrent's reader share (BEP 3 and its extensions): the options, and the list of what was found wrong
 * and read all the same, each with the offset of the byte string in question.
 */
import {
  type Bencode,
  type BencodeDictionary,
  decodeLenient,
  isDictionary,
  keyBytes,
  keyText,
  rawSlice,
} from '@ferro/bencode';
import { equalBytes, ProtocolError, sha1, sha256 } from '@ferro/core';
import { type Limits, limits } from './limits.ts';
import { type NameSafety, safeName } from './path.ts';
import type { RuleId } from './rules.ts';

export interface ReadOptions {
  /** Which names are left as they are. Default: `portable`, names that are good on every system. */
  readonly names?: NameSafety;
  readonly limits?: Partial<Limits>;
  /** What info-hashes are made with. Default: in JavaScript; what a platform brings is several times as fast. */
  readonly hashes?: Hashes;
}

export interface Hashes {
  sha1(bytes: Uint8Array): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
}

/** Something that was wrong, and read all the same. */
export interface Deviation {
  readonly rule: RuleId;
  /** Where, in bytes of the input. */
  readonly offset: number;
}

/** Names that may be written, and what the torrent calls them: the same array if nothing had to change. */
export interface Path {
  readonly safe: readonly string[];
  readonly original: readonly string[];
}

export const rootless: Path = plainPath([]);

export function plainPath(names: readonly string[]): Path {
  return { safe: names, original: names };
}

/** Where something stands: an offset, a view of the input, or the keys that lead to it. */
export type Place = number | Uint8Array | readonly string[];

export function malformed(what: string, spec: string, message: string): ProtocolError {
  return new ProtocolError(`metainfo/${what}`, spec, message);
}

/** The names in a list that is a path. */
export function namesOf(list: readonly Bencode[]): readonly Uint8Array[] {
  if (list.every(isBytes)) return list;
  throw malformed('path-malformed', 'BEP 3, info dictionary', 'a path is not made of names');
}

const isBytes = (value: Bencode): value is Uint8Array => value instanceof Uint8Array;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export class Reading {
  readonly limits: Limits;
  readonly hashes: Hashes;
  readonly deviations: Deviation[] = [];
  readonly #input: Uint8Array;
  readonly #safety: NameSafety;
  readonly #places: Map<string, number> = new Map();
  /** The last good name at each depth: files of one folder follow each other. */
  readonly #known: { readonly bytes: Uint8Array; readonly text: string }[] = [];
  /** Keys are met in the order in which they stand: up to here they have been looked for. */
  #searched = 0;

  constructor(input: Uint8Array, options: ReadOptions = {}) {
    this.#input = input;
    this.limits = { ...limits, ...options.limits };
    this.hashes = options.hashes ?? { sha1, sha256 };
    this.#safety = options.names ?? 'portable';
  }

  /** The dictionary that the input is. */
  decode(): BencodeDictionary {
    const { bytes, tokens, deviations } = this.limits;
    const { value, deviations: found } = decodeLenient(this.#input, { bytes, tokens, deviations });
    for (const { code, offset } of found) this.note(code as RuleId, offset);
    if (isDictionary(value)) return value;
    throw malformed('not-a-dictionary', 'BEP 3, metainfo files', 'the input is no dictionary');
  }

  note(rule: RuleId, at: Place): void {
    if (this.deviations.length < this.limits.deviations) this.deviations.push({ rule, offset: this.offsetOf(at) });
  }

  text(bytes: Uint8Array): string {
    return utf8.decode(bytes);
  }

  /** The path `parent` with more names, which are byte strings of the input. */
  extend(parent: Path, names: readonly Uint8Array[]): Path {
    const above = parent.safe.length;
    // Made as long as it will be: growing leaves room that would outlive the reading, a hundred thousand times.
    const safe = new Array<string>(above + names.length);
    for (let i = 0; i < above; i++) safe[i] = parent.safe[i]!;
    let original = parent.original === parent.safe ? undefined : [...parent.original];
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const known = this.#known[i];
      const isKnown = known !== undefined && equalBytes(known.bytes, name);
      const text = isKnown ? known.text : utf8.decode(name);
      const usable = isKnown ? text : this.#safeName(text, name);
      if (usable !== text) original ??= safe.slice(0, above + i);
      else if (!isKnown) this.#known[i] = { bytes: name, text };
      safe[above + i] = usable;
      original?.push(text);
    }
    return original === undefined ? plainPath(safe) : { safe, original };
  }

  /** The path `parent` with one more name, which is a key that stands behind those asked for before. */
  extendByKey(parent: Path, key: string): Path {
    const text = /^[\0-\x7f]*$/.test(key) ? key : keyText(key);
    const usable = this.#safeName(text, key);
    if (usable === text && parent.safe === parent.original) return plainPath([...parent.safe, text]);
    return { safe: [...parent.safe, usable], original: [...parent.original, text] };
  }

  #safeName(text: string, found: Uint8Array | string): string {
    return safeName(text, this.#safety, this.limits, (rule) =>
      this.note(rule, typeof found === 'string' ? this.#offsetOfKey(found) : found),
    );
  }

  /** The first entries of a list; says so if there are more. */
  entries(list: readonly Bencode[], at: Place): readonly Bencode[] {
    if (list.length <= this.limits.entries) return list;
    this.note('list/too-long', at);
    return list.slice(0, this.limits.entries);
  }

  /** A number takes less room than the view that it is the place of. */
  offsetOf(at: Place): number {
    if (typeof at === 'number') return at;
    if (at instanceof Uint8Array) return at.byteOffset - this.#input.byteOffset;
    // Found once: whoever looks for a list again and again would read the whole input each time.
    const keys = at.join('/');
    let offset = this.#places.get(keys);
    if (offset === undefined) {
      offset = this.offsetOf(rawSlice(this.#input, at) ?? 0);
      this.#places.set(keys, offset);
    }
    return offset;
  }

  #offsetOfKey(key: string): number {
    const input = this.#input;
    const wanted = keyBytes(`${key.length}:${key}`);
    let at = input.indexOf(wanted[0]!, this.#searched);
    while (at >= 0 && !wanted.every((byte, i) => input[at + i] === byte)) at = input.indexOf(wanted[0]!, at + 1);
    if (at >= 0) this.#searched = at;
    return this.#searched;
  }
}
