/**
 * What a connection knows about its torrent: how many pieces of what length (BEP 3, info dictionary). With it, every index
 * and block that a peer names is checked; without it (magnet links, until the metadata is there), only against the limits,
 * and what was named is checked as soon as the torrent is known.
 */
import { ProtocolError } from '@ferro/core';
import { checkBitfield } from './bitfield.ts';
import type { WireLimits } from './limits.ts';
import type { Block } from './message.ts';

export interface Geometry {
  readonly pieceCount: number;
  readonly pieceLength: number;
  /** Of all pieces together: the last one may be shorter. */
  readonly length: number;
}

/** Checks what the peer names. Every method throws a ProtocolError if it cannot be. */
export class Bounds {
  readonly #limits: WireLimits;
  #geometry: Geometry | undefined;
  /** What was named before the torrent was known. */
  #highestPiece = -1;
  #bitfieldLength = -1;

  constructor(limits: WireLimits) {
    this.#limits = limits;
  }

  get geometry(): Geometry | undefined {
    return this.#geometry;
  }

  /** The torrent is known now. Numbers that do not fit together are a RangeError: they come from our side. */
  set(geometry: Geometry): void {
    const { pieceCount, pieceLength, length } = geometry;
    if (!(pieceCount > 0 && pieceLength > 0 && Math.ceil(length / pieceLength) === pieceCount)) {
      throw new RangeError(`${length} bytes are not ${pieceCount} pieces of ${pieceLength}`);
    }
    this.#geometry = geometry;
    if (this.#bitfieldLength >= 0 && this.#bitfieldLength !== (pieceCount + 7) >>> 3) {
      throw new ProtocolError('wire/bitfield-length', SPEC, `${this.#bitfieldLength} bytes for ${pieceCount} pieces`);
    }
    if (this.#highestPiece >= 0) this.checkPiece(this.#highestPiece);
  }

  checkPiece(piece: number): void {
    const count = this.#geometry?.pieceCount ?? this.#limits.pieceCount;
    if (piece >= count) throw new ProtocolError('wire/piece-out-of-range', SPEC, `piece ${piece} of ${count}`);
    if (piece > this.#highestPiece) this.#highestPiece = piece;
  }

  checkBitfield(bits: Uint8Array): void {
    if (this.#geometry !== undefined) {
      checkBitfield(bits, this.#geometry.pieceCount);
      return;
    }
    this.#bitfieldLength = bits.length;
    let last = bits.length - 1;
    while (last >= 0 && bits[last] === 0) last--;
    if (last >= 0) this.checkPiece(8 * last + 7 - trailingZeros(bits[last]!));
  }

  /** A block that the peer asks for. */
  checkBlock(block: Block): void {
    const { piece, begin, length } = block;
    this.checkPiece(piece);
    if (length > this.#limits.blockLength) {
      throw new ProtocolError('wire/block-too-long', SPEC, `a request for ${length} bytes`);
    }
    const end = this.#lengthOf(piece);
    if (length === 0 || begin + length > end) {
      throw new ProtocolError(
        'wire/block-out-of-range',
        SPEC,
        `a request for ${length} bytes at ${begin} of a piece of ${end}`,
      );
    }
  }

  #lengthOf(piece: number): number {
    const geometry = this.#geometry;
    if (geometry === undefined) return Number.POSITIVE_INFINITY;
    return piece < geometry.pieceCount - 1 ? geometry.pieceLength : geometry.length - piece * geometry.pieceLength;
  }
}

const SPEC = 'BEP 3, peer messages';

function trailingZeros(byte: number): number {
  return 31 - Math.clz32(byte & -byte);
}
