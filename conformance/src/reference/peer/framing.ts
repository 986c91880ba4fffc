/** How the reference peer cuts its stream into a handshake and messages, and all the ways to cut it wrong. */
import { handshakeLength, ids, type Message, numberAt, readMessage } from '../../probe/wire/messages.ts';
import type { Link } from './link.ts';

/** Length of the payload, of messages where it is fixed. */
const payloadLengths: Readonly<Record<number, number>> = {
  [ids.choke]: 0,
  [ids.unchoke]: 0,
  [ids.interested]: 0,
  [ids.notInterested]: 0,
  [ids.have]: 4,
  [ids.request]: 12,
  [ids.cancel]: 12,
  [ids.suggest]: 4,
  [ids.haveAll]: 0,
  [ids.haveNone]: 0,
  [ids.reject]: 12,
  [ids.allowedFast]: 4,
};

export class Framing {
  readonly #link: Link;
  readonly #mostLength: number;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(link: Link, mostLength: number) {
    this.#link = link;
    this.#mostLength = mostLength;
  }

  receive(bytes: Uint8Array): void {
    const link = this.#link;
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (link.theirs === undefined && !this.#handshake()) return;
    for (let read = 0; link.isOpen; read++) {
      const next = this.#next();
      if (next === undefined) break;
      if (read > 0 && link.has('one-message-per-read')) continue;
      if (!this.#fits(next)) return link.close();
      link.message(next);
    }
  }

  /** True once it is there. */
  #handshake(): boolean {
    const link = this.#link;
    if (!link.promising(this.#bytes)) link.close();
    if (!link.isOpen || this.#bytes.length < handshakeLength) return false;
    link.greeted(this.#bytes.subarray(0, handshakeLength));
    this.#bytes = this.#bytes.subarray(link.has('drops-bytes-behind-handshake') ? this.#bytes.length : handshakeLength);
    return link.isOpen;
  }

  #next(): Message | undefined {
    const link = this.#link;
    const { length } = this.#bytes;
    if (length > 0 && length < 4 && link.has('assumes-whole-prefix')) this.#bytes = this.#bytes.subarray(length);
    if (length < 4) return undefined;
    if (numberAt(this.#bytes, 0) > this.#mostLength && !link.has('waits-for-huge-messages')) {
      link.close();
      return undefined;
    }
    const read = readMessage(this.#bytes);
    if (read === undefined) return undefined;
    const greedy = link.has('expects-payload') && read.length === 5 ? 1 : 0;
    this.#bytes = this.#bytes.subarray(read.length + greedy);
    return { id: read.value.id, payload: new Uint8Array(read.value.payload) };
  }

  #fits({ id, payload }: Message): boolean {
    const link = this.#link;
    if (id === undefined) return true;
    const fixed = payloadLengths[id];
    if (fixed === undefined || payload.length === fixed) return id !== ids.piece || payload.length >= 8;
    return link.has('misreads-lengths');
  }
}
