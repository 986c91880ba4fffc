/**
 * Messages → chunks for one vectored write (BEP 3, peer messages). Small messages share a buffer, which is cut only where a
 * payload goes between; payloads pass by reference. Like the codec it writes what it is told; rules.ts knows what is legal.
 */
import { writeU16, writeU32 } from '@ferro/core';
import { limits } from './limits.ts';
import { encodeMessage, type Message, messageIds } from './message.ts';

/** Payloads up to this are cheaper to copy than to send as a chunk of their own. */
const COPIED_MAX = 256;
const FIRST_LENGTH = 512;
const NOTHING = new Uint8Array(0);
const NO_CHUNKS: readonly Uint8Array[] = Object.freeze([]);

export class MessageEncoder {
  readonly #bufferLength: number;
  #buffer: Uint8Array = NOTHING;
  /** Bytes from #from to #at are written and not yet cut off as a chunk. What is before belongs to the flusher. */
  #from = 0;
  #at = 0;
  #chunks: Uint8Array[] = [];
  #smallBytes = 0;

  constructor(bufferLength: number = limits.outputBuffer) {
    this.#bufferLength = Math.max(bufferLength, COPIED_MAX);
  }

  /** Bytes that wait to be flushed, not counting payloads by reference, of which the caller knows. */
  get smallBytes(): number {
    return this.#smallBytes;
  }

  /** A message without content: choke, interested, have all. */
  bare(id: number): void {
    this.#start(5, 1, id);
  }

  /** have, suggest, allowed fast. */
  piece(id: number, piece: number): void {
    const at = this.#start(9, 5, id);
    writeU32(this.#buffer, at + 5, piece);
  }

  /** request, cancel, reject. */
  block(id: number, piece: number, begin: number, length: number): void {
    const at = this.#start(17, 13, id);
    const buffer = this.#buffer;
    writeU32(buffer, at + 5, piece);
    writeU32(buffer, at + 9, begin);
    writeU32(buffer, at + 13, length);
  }

  /** A block, by reference: `data` must stay as it is until it is sent. */
  data(piece: number, begin: number, data: Uint8Array): void {
    const at = this.#start(13, 9 + data.length, messageIds.piece);
    const buffer = this.#buffer;
    writeU32(buffer, at + 5, piece);
    writeU32(buffer, at + 9, begin);
    if (data.length > 0) this.#reference(data);
  }

  port(port: number): void {
    const at = this.#start(7, 3, messageIds.port);
    writeU16(this.#buffer, at + 5, port);
  }

  /** BEP 10. A short payload is copied, a long one goes by reference. */
  extended(id: number, payload: Uint8Array): void {
    const at = this.#start(6, 2 + payload.length, messageIds.extended);
    this.#buffer[at + 5] = id;
    this.#append(payload);
  }

  /** Any other message, rare ones: bitfield, hash transfer. */
  message(message: Message): void {
    this.#append(encodeMessage(message));
  }

  keepAlive(): void {
    writeU32(this.#buffer, this.#reserve(4), 0);
  }

  /** Bytes that are no message: a handshake. Copied when short, by reference else. */
  bytes(bytes: Uint8Array): void {
    this.#append(bytes);
  }

  /** Takes all chunks, in order. They are the caller's now. */
  flush(): readonly Uint8Array[] {
    this.#cut();
    if (this.#chunks.length === 0) return NO_CHUNKS;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#smallBytes = 0;
    return chunks;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#buffer = NOTHING;
    this.#from = 0;
    this.#at = 0;
    this.#chunks = [];
    this.#smallBytes = 0;
  }

  /** Room for `count` bytes of which the first five are the length and the id. Returns where they start. */
  #start(count: number, length: number, id: number): number {
    const at = this.#reserve(count);
    writeU32(this.#buffer, at, length);
    this.#buffer[at + 4] = id;
    return at;
  }

  #reserve(count: number): number {
    if (this.#at + count > this.#buffer.length) {
      this.#cut();
      // The first one is small: most peers of a large swarm never say more than it holds.
      this.#buffer = new Uint8Array(this.#buffer.length === 0 ? FIRST_LENGTH : this.#bufferLength);
      this.#from = 0;
      this.#at = 0;
    }
    const at = this.#at;
    this.#at = at + count;
    this.#smallBytes += count;
    return at;
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length <= COPIED_MAX) {
      const at = this.#reserve(bytes.length);
      this.#buffer.set(bytes, at);
    } else {
      this.#reference(bytes);
      this.#smallBytes += bytes.length;
    }
  }

  #reference(bytes: Uint8Array): void {
    this.#cut();
    this.#chunks.push(bytes);
  }

  /** Ends the current run of small messages as a chunk. */
  #cut(): void {
    if (this.#at === this.#from) return;
    const buffer = this.#buffer;
    this.#chunks.push(new Uint8Array(buffer.buffer, buffer.byteOffset + this.#from, this.#at - this.#from));
    this.#from = this.#at;
  }
}
