/**
 * The info dictionary of one torrent, fetched from many peers (BEP 9): which piece to ask of whom, and who has lied. Pieces
 * have no hash of their own, so at first peers work together; when what they bring does not match the info-hash, each brings
 * a copy of its own, and whose copy is wrong is a liar.
 */
import { equalBytes, type Id20, sha1, sha256 } from '@ferro/core';
import { limits } from './limits.ts';
import { PIECE_LENGTH } from './message.ts';

export interface InfoHashes {
  readonly v1?: Id20 | undefined;
  /** 32 bytes (BEP 52). */
  readonly v2?: Uint8Array | undefined;
}

export type MetadataOutcome =
  | { readonly type: 'done'; readonly info: Uint8Array }
  /** These peers sent something else than what the info-hash stands for. */
  | { readonly type: 'liars'; readonly peers: readonly string[] };

/** One attempt at a whole info dictionary. */
class Copy {
  readonly bytes: Uint8Array;
  readonly missing: Set<number>;
  readonly asked = new Map<number, string>();
  readonly contributors = new Set<string>();

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.missing = new Set(Array.from({ length: Math.ceil(length / PIECE_LENGTH) }, (_, index) => index));
  }

  next(peer: string): number | undefined {
    for (const index of this.missing) {
      if (this.asked.has(index)) continue;
      this.asked.set(index, peer);
      return index;
    }
    return undefined;
  }

  add(peer: string, index: number, data: Uint8Array): void {
    if (!this.missing.delete(index)) return;
    this.asked.delete(index);
    this.contributors.add(peer);
    this.bytes.set(data, index * PIECE_LENGTH);
  }

  giveUp(peer: string, index?: number): void {
    for (const [asked, by] of this.asked) if (by === peer && (index ?? asked) === asked) this.asked.delete(asked);
  }
}

export class MetadataDownload {
  readonly #hashes: InfoHashes;
  /** What each peer says that the size is. */
  readonly #sizes = new Map<string, number>();
  /** Peers work on one copy for each size that is claimed… */
  readonly #shared = new Map<number, Copy>();
  /** …until one of that size was wrong: then each has its own. */
  readonly #alone = new Map<string, Copy>();
  readonly #doubtful = new Set<number>();
  readonly #refusals = new Map<string, number>();

  constructor(hashes: InfoHashes) {
    this.#hashes = hashes;
  }

  /** A peer that has the info dictionary, of this size as it says. */
  join(peer: string, size: number): void {
    this.#sizes.set(peer, size);
  }

  leave(peer: string): void {
    this.#copyOf(peer)?.giveUp(peer);
    this.#alone.delete(peer);
    const size = this.#sizes.get(peer);
    this.#sizes.delete(peer);
    this.#refusals.delete(peer);
    // A copy that nobody can go on with would take the place of one that somebody can.
    if (size !== undefined && ![...this.#sizes.values()].includes(size)) this.#shared.delete(size);
  }

  /** The piece to ask this peer for now; undefined: none. */
  next(peer: string): number | undefined {
    const size = this.#sizes.get(peer);
    if (size === undefined) return undefined;
    return (this.#copyOf(peer) ?? this.#newCopy(peer, size))?.next(peer);
  }

  /** The peer does not give the piece. Who refuses again and again is not asked any more. */
  refused(peer: string, index: number): void {
    this.#copyOf(peer)?.giveUp(peer, index);
    const refusals = (this.#refusals.get(peer) ?? 0) + 1;
    this.#refusals.set(peer, refusals);
    if (refusals >= limits.refusals) this.leave(peer);
  }

  add(peer: string, index: number, data: Uint8Array): MetadataOutcome | undefined {
    const copy = this.#copyOf(peer);
    if (copy === undefined) return undefined;
    copy.add(peer, index, data);
    if (copy.missing.size > 0) return undefined;
    if (this.#isTrue(copy.bytes)) return { type: 'done', info: copy.bytes };
    this.#shared.delete(copy.bytes.length);
    this.#doubtful.add(copy.bytes.length);
    const [only, ...others] = copy.contributors;
    this.#alone.delete(peer);
    if (others.length > 0) return undefined;
    this.leave(only!);
    return { type: 'liars', peers: [only!] };
  }

  #copyOf(peer: string): Copy | undefined {
    const size = this.#sizes.get(peer);
    if (size === undefined) return undefined;
    return this.#doubtful.has(size) ? this.#alone.get(peer) : this.#shared.get(size);
  }

  /** Undefined: enough copies are in memory. */
  #newCopy(peer: string, size: number): Copy | undefined {
    if (this.#shared.size + this.#alone.size >= limits.copies) return undefined;
    const copy = new Copy(size);
    if (this.#doubtful.has(size)) this.#alone.set(peer, copy);
    else this.#shared.set(size, copy);
    return copy;
  }

  #isTrue(info: Uint8Array): boolean {
    const { v1, v2 } = this.#hashes;
    if (v1 !== undefined && !equalBytes(sha1(info), v1.bytes)) return false;
    return v2 === undefined || equalBytes(sha256(info), v2);
  }
}
