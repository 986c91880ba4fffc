/**
 * The metadata extension of one connection (BEP 9): asks this peer for pieces of the info dictionary, and answers when it asks
 * us. Which piece to ask whom, and whether what comes is true, is decided for the whole torrent in download.ts.
 */
import { type BencodeDictionary, type BencodeInput, integerAt } from '@ferro/bencode';
import { Deadlines, type Environment, type Instant } from '@ferro/core';
import type { Extension } from '@ferro/wire';
import { limits } from './limits.ts';
import { decodeMetadataMessage, encodeMetadataMessage, type MetadataMessage, PIECE_LENGTH } from './message.ts';

export type MetadataEvent =
  /** The peer has the info dictionary, of so many bytes. */
  | { readonly type: 'size'; readonly length: number }
  /** A piece that was asked for; `data` views the input. */
  | { readonly type: 'piece'; readonly index: number; readonly data: Uint8Array }
  /** The peer does not give it: it says so, or says nothing, or says something else. */
  | { readonly type: 'refused'; readonly index: number };

export class MetadataExtension implements Extension<'ut_metadata', MetadataEvent> {
  readonly name = 'ut_metadata';
  readonly #environment: Environment;
  readonly #asked = new Deadlines<number>();
  #info: Uint8Array | undefined;
  /** What the peer says that its info dictionary has; 0 until it does. */
  #length = 0;
  #answered = 0;
  #output: Uint8Array[] = [];

  /** `info`: what is served. A private torrent's is not (leave it out). */
  constructor(environment: Environment, info?: Uint8Array) {
    this.#environment = environment;
    this.#info = info;
  }

  /** Requests without an answer. */
  get outstanding(): number {
    return this.#asked.size;
  }

  get deadline(): Instant {
    return this.#asked.next;
  }

  /** From now on we have it, and serve it. Say our extended handshake again after this. */
  serve(info: Uint8Array): void {
    this.#info = info;
  }

  /** False if too many wait, it is asked already, or the peer has said nothing of having it. */
  request(index: number): boolean {
    const known = index >= 0 && index * PIECE_LENGTH < this.#length;
    if (!known || this.#asked.size >= limits.requestsOut || this.#asked.get(index) !== undefined) return false;
    this.#asked.set(index, this.#environment.now() + limits.requestMs);
    this.#output.push(encodeMetadataMessage({ type: 'request', index }));
    return true;
  }

  offer(): { readonly [key: string]: BencodeInput } {
    return this.#info === undefined ? {} : { metadata_size: this.#info.length };
  }

  accept(handshake: BencodeDictionary): readonly MetadataEvent[] {
    const length = integerAt(handshake, 'metadata_size') ?? 0;
    if (this.#length !== 0 || length <= 0 || length > limits.metadataLength) return [];
    this.#length = length;
    return [{ type: 'size', length }];
  }

  withdraw(): void {
    this.#asked.clearAll();
    this.#output = [];
    this.#length = 0;
  }

  receive(payload: Uint8Array): readonly MetadataEvent[] {
    const message = decodeMetadataMessage(payload);
    switch (message.type) {
      case 'request':
        this.#answer(message.index);
        return [];
      case 'data':
        return this.#take(message);
      case 'reject':
        return this.#settle(message.index) ? [{ type: 'refused', index: message.index }] : [];
      default:
        return [];
    }
  }

  tick(): readonly MetadataEvent[] {
    const events: MetadataEvent[] = [];
    const now = this.#environment.now();
    for (let index = this.#asked.takeDue(now); index !== undefined; index = this.#asked.takeDue(now)) {
      events.push({ type: 'refused', index });
    }
    return events;
  }

  flush(): readonly Uint8Array[] {
    const output = this.#output;
    if (output.length > 0) this.#output = [];
    return output;
  }

  #answer(index: number): void {
    const info = this.#info;
    const start = index * PIECE_LENGTH;
    const pieces = info === undefined ? 0 : Math.ceil(info.length / PIECE_LENGTH);
    const most = limits.requestsPerPiece * pieces;
    // Even a rejection is an answer: a flood of requests gets none beyond the limit.
    if (this.#output.length >= 2 * limits.answersWaiting) return;
    if (
      info === undefined ||
      index >= pieces ||
      this.#answered >= most ||
      this.#output.length >= limits.answersWaiting
    ) {
      this.#output.push(encodeMetadataMessage({ type: 'reject', index }));
      return;
    }
    this.#answered++;
    const data = info.subarray(start, start + PIECE_LENGTH);
    this.#output.push(encodeMetadataMessage({ type: 'data', index, totalLength: info.length, data }));
  }

  #take({ index, totalLength, data }: Extract<MetadataMessage, { type: 'data' }>): readonly MetadataEvent[] {
    if (!this.#settle(index)) return [];
    const expected = Math.min(PIECE_LENGTH, this.#length - index * PIECE_LENGTH);
    if (totalLength !== this.#length || data.length !== expected) return [{ type: 'refused', index }];
    return [{ type: 'piece', index, data }];
  }

  /** False if nobody asked for it. */
  #settle(index: number): boolean {
    if (this.#asked.get(index) === undefined) return false;
    this.#asked.clear(index);
    return true;
  }
}
