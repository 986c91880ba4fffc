/**
 * A stream of bytes → messages (BEP 3, peer protocol). Blocks leave as they arrive, in fragments that view the input: they
 * are never reassembled here, so the only memory is that of one small message cut by the end of a chunk, which grows with
 * the bytes that came, not with the length that was claimed. Knows sizes, not states: who may say what is in rules.ts.
 */
import { ProtocolError, readU32 } from '@ferro/core';
import { limits, type WireLimits } from './limits.ts';
import { decodeBody, fixedLengthOf, KEEP_ALIVE, messageIds, type SmallMessage, wrongLength } from './message.ts';

/** Part of a block: `data` belongs at `begin + offset`. The last part when `offset + data.length === length`. */
export interface BlockPart {
  readonly type: 'block';
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
  readonly offset: number;
  readonly data: Uint8Array;
}

export type DecodedMessage = SmallMessage | BlockPart;

const NOTHING = new Uint8Array(0);
/** A piece message: length, id, piece, begin. What follows is the block. */
const BLOCK_HEADER = 13;
/** The longest message that is nothing but numbers: a request. */
const NUMBERS_LENGTH = 17;
const CARRY_START = 64;

export class MessageDecoder {
  readonly #limits: WireLimits;
  #bitfieldLength: number | undefined;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #end = 0;
  /** The start of a frame that the last chunk did not finish. */
  #carry: Uint8Array = NOTHING;
  #carried = 0;
  /** The block whose bytes are arriving, if #offset < #length. */
  #piece = 0;
  #begin = 0;
  #length = 0;
  #offset = 0;
  /** Bytes of an unknown message still to be passed over. */
  #skip = 0;

  constructor(wireLimits: WireLimits = limits) {
    this.#limits = wireLimits;
  }

  /** Bytes that a bitfield must have, once the torrent is known. */
  set bitfieldLength(bytes: number) {
    this.#bitfieldLength = bytes;
  }

  /** The next chunk, from `from` on. Take all messages of the last one first: next() until it returns undefined. */
  push(chunk: Uint8Array, from = 0): void {
    this.#chunk = chunk;
    this.#at = from;
    this.#end = chunk.length;
  }

  /** The next message, or undefined when the chunk is used up. Its views live until the next push(). Throws ProtocolError. */
  next(): DecodedMessage | undefined {
    const message = this.#advance();
    if (message === undefined) this.push(NOTHING);
    return message;
  }

  #advance(): DecodedMessage | undefined {
    if (this.#offset < this.#length) return this.#fragment();
    if (this.#skip > 0 && !this.#skipped()) return undefined;
    if (this.#carried > 0) return this.#resume();
    const left = this.#end - this.#at;
    if (left < 5) return left >= 4 ? this.#shortest() : this.#stash(left);
    const chunk = this.#chunk;
    const length = readU32(chunk, this.#at);
    if (length === 0) return this.#shortest();
    const id = chunk[this.#at + 4]!;
    const needed = this.#neededFor(id, length);
    if (left < needed) return this.#stash(left);
    const at = this.#at;
    this.#at += needed;
    return this.#read(chunk, at, id, length);
  }

  /** At least 4 bytes: a keep-alive, or the start of something. */
  #shortest(): DecodedMessage | undefined {
    if (readU32(this.#chunk, this.#at) !== 0) return this.#stash(4);
    this.#at += 4;
    return KEEP_ALIVE;
  }

  /** A frame of which all needed bytes are at `at`. */
  #read(bytes: Uint8Array, at: number, id: number, length: number): DecodedMessage | undefined {
    if (id === messageIds.piece) {
      this.#piece = readU32(bytes, at + 5);
      this.#begin = readU32(bytes, at + 9);
      this.#length = length - 9;
      this.#offset = 0;
      return this.#fragment();
    }
    if (isKnown(id)) return decodeBody(bytes, at + 4, length);
    this.#skip = length - 1;
    return { type: 'unknown', id, payload: NOTHING };
  }

  /** How many bytes of a frame have to be together before it can be read. Refuses lengths that no message may have. */
  #neededFor(id: number, length: number): number {
    const fixed = fixedLengthOf(id);
    if (fixed !== 0) {
      if (length !== fixed) throw wrongLength(`message ${id}`, length);
      return 4 + fixed;
    }
    switch (id) {
      case messageIds.piece:
        if (length < 9) throw wrongLength('piece', length);
        if (length - 9 > this.#limits.blockLength) throw tooLong('piece', length);
        return BLOCK_HEADER;
      case messageIds.bitfield:
        this.#checkBitfield(length - 1);
        return 4 + length;
      case messageIds.extended:
        if (length < 2) throw wrongLength('extended', length);
        if (length - 2 > this.#limits.extendedLength) throw tooLong('extended', length);
        return 4 + length;
      case messageIds.hashes:
        if (length > 49 + 32 * this.#limits.hashCount) throw tooLong('hashes', length);
        return 4 + length;
      default:
        if (length - 1 > this.#limits.unknownLength) throw tooLong(`message ${id}`, length);
        return 5;
    }
  }

  #checkBitfield(length: number): void {
    if (this.#bitfieldLength === undefined) {
      if (length > (this.#limits.pieceCount + 7) >>> 3) throw tooLong('bitfield', length);
    } else if (length !== this.#bitfieldLength) {
      throw new ProtocolError(
        'wire/bitfield-length',
        'BEP 3, peer messages',
        `a bitfield of ${length} bytes, not ${this.#bitfieldLength}`,
      );
    }
  }

  /** As much of the current block as the chunk has. An empty block is a message too. */
  #fragment(): BlockPart | undefined {
    const available = this.#end - this.#at;
    const wanted = this.#length - this.#offset;
    if (available === 0 && wanted > 0) return undefined;
    const count = Math.min(available, wanted);
    const offset = this.#offset;
    const data = new Uint8Array(this.#chunk.buffer, this.#chunk.byteOffset + this.#at, count);
    this.#at += count;
    this.#offset = offset + count;
    return { type: 'block', piece: this.#piece, begin: this.#begin, length: this.#length, offset, data };
  }

  /** Passes over an unknown message; false if it goes on in the next chunk. */
  #skipped(): boolean {
    const count = Math.min(this.#skip, this.#end - this.#at);
    this.#at += count;
    this.#skip -= count;
    return this.#skip === 0;
  }

  /** Keeps the start of a frame for the next chunk. */
  #stash(count: number): undefined {
    if (count > 0) this.#carryOn(count, count);
    return undefined;
  }

  /** Goes on with a frame whose start is in the carry. */
  #resume(): DecodedMessage | undefined {
    if (!this.#fillTo(4)) return undefined;
    const length = readU32(this.#carry, 0);
    if (length === 0) {
      this.#carried = 0;
      return KEEP_ALIVE;
    }
    if (!this.#fillTo(5)) return undefined;
    const id = this.#carry[4]!;
    const needed = this.#neededFor(id, length);
    if (!this.#fillTo(needed)) return undefined;
    const carry = this.#carry;
    this.#carried = 0;
    // All but numbers are views of these bytes, and the end of this chunk may need a carry before anyone has looked at them.
    if (id !== messageIds.piece && (fixedLengthOf(id) === 0 || needed > NUMBERS_LENGTH)) this.#carry = NOTHING;
    return this.#read(carry, 0, id, length);
  }

  /** Moves bytes of the chunk to the carry until it holds `needed`; false if the chunk ends before. */
  #fillTo(needed: number): boolean {
    const missing = needed - this.#carried;
    if (missing <= 0) return true;
    const count = Math.min(missing, this.#end - this.#at);
    this.#carryOn(count, needed);
    return count === missing;
  }

  #carryOn(count: number, needed: number): void {
    const length = this.#carried + count;
    if (length > this.#carry.length) {
      // Twice what came, never at once what was claimed: a claim costs nothing.
      const grown = new Uint8Array(Math.max(CARRY_START, Math.min(needed, 2 * length)));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    const from = this.#at;
    if (count <= CARRY_START) {
      for (let i = 0; i < count; i++) this.#carry[this.#carried + i] = this.#chunk[from + i]!;
    } else {
      this.#carry.set(this.#chunk.subarray(from, from + count), this.#carried);
    }
    this.#carried = length;
    this.#at += count;
  }
}

function isKnown(id: number): boolean {
  return (
    fixedLengthOf(id) !== 0 || id === messageIds.bitfield || id === messageIds.extended || id === messageIds.hashes
  );
}

function tooLong(what: string, length: number): ProtocolError {
  return new ProtocolError('wire/message-too-long', 'BEP 3, peer messages', `${what} with a length of ${length}`);
}
