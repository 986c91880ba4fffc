/** What the reference peer gives: it unchokes whoever is interested, and serves requests in order, as fast as they are read. */
import { canonicalSet } from '../../probe/wire/fast-set.ts';
import { type Block, blockLength, blockOf, ids, type Message } from '../../probe/wire/messages.ts';
import { keyOf } from '../../probe/wire/uploader.ts';
import type { Link } from './link.ts';

const mostLength = 131_072;
const allowedCount = 10;

export class Upload {
  readonly #link: Link;
  readonly #queue: Block[] = [];
  readonly #answered: Set<string> = new Set();
  readonly #allowed: Set<number> = new Set();
  #choking = true;
  #interested = false;

  constructor(link: Link) {
    this.#link = link;
    link.socket.on('drain', () => this.#serve());
  }

  get isChoking(): boolean {
    return this.#choking;
  }

  /** True if the message was for this side of the link. */
  receive(message: Message): boolean {
    const { id } = message;
    if (id === ids.interested) this.#interest();
    else if (id === ids.notInterested) this.#interested = false;
    else if (id === ids.request) this.#request(blockOf(message));
    else if (id === ids.cancel) this.#cancel(blockOf(message));
    else return false;
    return true;
  }

  /** The pieces that may be asked for while choked: the canonical ones for the address of the peer (BEP 6, allowed fast). */
  allowFast(): void {
    const link = this.#link;
    const { store, infoHash } = link.node;
    if (!link.fast || store === undefined || store.have.size === 0) return;
    const address = (link.socket.remoteAddress ?? '').split(':').at(-1)!;
    const count = link.has('repeats-fast-set') ? allowedCount : Math.min(allowedCount, store.pieceCount);
    const pieces = canonicalSet(address, infoHash, store.pieceCount, Math.min(count, store.pieceCount));
    while (pieces.length < count) pieces.push(0);
    for (const piece of pieces) {
      const odd = link.has('odd-fast-set') ? (piece + 1) % store.pieceCount : piece;
      if (!store.have.has(odd)) continue;
      this.#allowed.add(odd);
      link.send(ids.allowedFast, odd);
    }
  }

  #interest(): void {
    const link = this.#link;
    const { node } = link;
    this.#interested = true;
    if (!this.#choking || link.has('never-unchokes')) return;
    if (link.has('one-leecher-only') && node.unchoked > 0) return;
    if (link.has('no-upload-while-leeching') && node.store?.isComplete !== true) return;
    node.unchoked++;
    this.#choking = false;
    link.send(ids.unchoke);
  }

  /** Somebody else is to have a turn: what is waiting is refused where the peer understands that (BEP 6). */
  choke(): void {
    const link = this.#link;
    if (this.#choking) return;
    this.#choking = true;
    const waiting = this.#queue.splice(0).filter(({ index }) => !this.#allowed.has(index));
    const refuse = () => {
      for (const block of waiting) this.#refuse(block);
    };
    if (link.has('rejects-before-choking')) refuse();
    link.send(ids.choke);
    if (!link.has('drops-queue-when-choking') && !link.has('rejects-before-choking')) refuse();
  }

  #request(block: Block): void {
    const link = this.#link;
    const { index, length } = block;
    if (length === 0 && link.has('empty-piece-storm')) {
      for (let sent = 0; sent < 50; sent++) link.send(ids.piece, index, block.begin);
      return;
    }
    if (length > blockLength && link.has('dies-of-32k')) return link.node.die();
    if (index >= (link.node.store?.pieceCount ?? 0) && link.has('dies-of-bad-request')) return link.node.die();
    const offered = this.#allowed.has(index) && !link.has('rejects-own-offer');
    if (this.#choking && !offered && !link.has('uploads-to-choked')) return this.#refuse(block);
    if (!this.#interested && !this.#choking && link.has('ignores-uninterested')) return;
    if (!this.#serves(block)) return this.#refuse(block);
    if (link.has('answers-doubles-once') && this.#answered.has(keyOf(block))) return;
    this.#answered.add(keyOf(block));
    this.#queue.push(block);
    this.#serve();
  }

  #refuse(block: Block): void {
    const link = this.#link;
    if (link.fast && !link.has('drops-requests')) this.#reject(block);
  }

  #reject({ index, begin, length }: Block): void {
    this.#link.send(ids.reject, index, begin, length);
  }

  #serves({ index, begin, length }: Block): boolean {
    const link = this.#link;
    const { store } = link.node;
    if (store === undefined || length === 0 || index >= store.pieceCount) return false;
    if (!store.have.has(index) && !link.has('serves-zeros')) return false;
    if (length > mostLength && !link.has('serves-anything')) return false;
    if (begin % blockLength !== 0 && link.has('aligned-only')) return false;
    if (length < 1_024 && link.has('whole-blocks-only')) return false;
    if (begin + length > store.sizeOf(index) && !link.has('reads-on')) return false;
    const start = index * store.pieceLength + begin;
    return !store.disk.isPadding(start, start + length) || !link.has('refuses-padding');
  }

  #serve(): void {
    const link = this.#link;
    while (this.#queue.length > 0 && link.isOpen && !link.socket.writableNeedDrain) {
      const block = this.#queue.shift()!;
      const offset = link.has('wrong-offset') ? 1 : 0;
      const store = link.node.store!;
      if (link.has('dies-of-changed-files') && store.hasChanged()) return link.node.die();
      const data = store.read(block.index, block.begin + offset, block.length);
      link.send(ids.piece, block.index, block.begin, data);
      if (link.fast && link.has('answers-twice')) this.#reject(block);
    }
  }

  #cancel(block: Block): void {
    const link = this.#link;
    const at = this.#queue.findIndex((each) => keyOf(each) === keyOf(block));
    const known = at >= 0 || this.#answered.has(keyOf(block));
    if (!known && link.has('closes-on-unknown-cancel')) link.close();
    if (at < 0 || link.has('ignores-cancel')) return;
    this.#queue.splice(at, 1);
    if (link.fast && !link.has('cancel-is-silent')) this.#reject(block);
  }
}
