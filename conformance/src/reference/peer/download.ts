/** What the reference peer takes over one link: what the peer has, our interest, requests, and the blocks that come. */
import { type Block, blockLength, blockOf, carriedBy, ids, type Message, piecesIn } from '../../probe/wire/messages.ts';
import { keyOf } from '../../probe/wire/uploader.ts';
import { listenToFast } from './fast.ts';
import type { Link } from './link.ts';
import { Picker } from './picker.ts';

export class Download {
  readonly pieces: Set<number> = new Set();
  /** May be requested while we are choked. */
  readonly allowed: Set<number> = new Set();
  readonly outstanding: Map<string, Block> = new Map();
  choked = true;
  /** A choke came after an unchoke. */
  chokedAgain = false;
  /** Blocks that the peer will not give. */
  readonly rejected: Set<string> = new Set();
  /** When each outstanding request was sent. */
  readonly sentAtMs: Map<string, number> = new Map();
  readonly #link: Link;
  readonly #asked: Set<string> = new Set();
  readonly #early: Message[] = [];
  #interested = false;
  #bitfields = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  begin(): void {
    if (this.#link.has('always-interested')) this.#link.send(ids.interested);
    if (this.#link.has('requests-while-choked')) this.#link.send(ids.request, 0, 0, blockLength);
  }

  learned(): void {
    const early = this.#early.splice(0);
    if (this.#link.has('forgets-early-bitfield')) return;
    for (const [at, message] of early.entries()) this.receive(message, at === 0);
    this.reconsider();
  }

  /** False where nobody knows what it is. */
  receive(message: Message, first: boolean): boolean {
    const link = this.#link;
    const { id } = message;
    const aboutPieces = id === ids.bitfield || id === ids.have || id === ids.haveAll || id === ids.haveNone;
    if (link.node.store === undefined && aboutPieces) this.#early.push(message);
    else if (id === ids.choke) this.#choke();
    else if (id === ids.unchoke) this.#unchoke();
    else if (id === ids.have) this.#have(link.indexIn(message));
    else if (id === ids.bitfield) this.#bitfield(message.payload, first);
    else if (id === ids.piece) this.#piece(message);
    else if (id! >= ids.suggest && id! <= ids.allowedFast) listenToFast(link, message, first);
    else return id === ids.port;
    if (link.fast && first && !aboutPieces && link.has('dies-of-missing-first')) link.node.die();
    return true;
  }

  /** Says whether anything that the peer has is wanted, where that has changed, and asks for it. */
  reconsider(): void {
    const link = this.#link;
    const { node } = link;
    const { store } = node;
    if (store === undefined) return;
    const wants = [...this.pieces].some((piece) => store.lacks(piece));
    if (wants && !this.#interested && !link.has('never-interested')) {
      this.#interested = true;
      link.send(ids.interested);
    } else if (!wants && this.#interested && !link.has('stays-interested')) {
      if (this.choked && link.has('updates-interest-only-unchoked')) return;
      this.#interested = false;
      link.send(ids.notInterested);
    }
    node.seekHashes();
    const done = store.isComplete && this.pieces.size === store.pieceCount;
    if (done && link.has('closes-seeds')) return link.close();
    this.fill();
  }

  /** The peer does not have it any more (BEP 54). */
  lost(piece: number): void {
    this.pieces.delete(piece);
    const waits = this.#link.fast && !this.#link.has('asks-elsewhere-at-once');
    if (!waits) this.drop((block) => block.index === piece);
    if (!this.#link.has('donthave-keeps-interest')) this.reconsider();
  }

  /** Requests that are waited for no longer. */
  drop(which: (block: Block) => boolean): void {
    for (const [key, block] of this.outstanding) if (which(block)) this.outstanding.delete(key);
    for (const each of this.#link.node.links) if (each !== this.#link) each.download.fill();
  }

  /** Everything is to be asked for again. */
  forget(): void {
    this.#asked.clear();
    this.outstanding.clear();
  }

  fill(): void {
    const link = this.#link;
    const { node } = link;
    if (!link.isOpen || node.store === undefined || link.theirs === undefined) return;
    if (link.has('trusts-first-peer') && [...node.links][0] !== link) return;
    if (this.chokedAgain && link.has('forgets-after-choke')) return;
    if (link.isOfVersion1 && link.has('second-hash-only')) return;
    const depth = link.has('one-at-a-time') ? 1 : link.extensions.requestsMost;
    for (const block of new Picker(link).blocks(depth - this.outstanding.size)) this.#request(block);
  }

  /** A block has come over this or another link. */
  arrived(from: Link, piece: number, begin: number): void {
    for (const [key, block] of this.outstanding) {
      if (block.index !== piece || block.begin !== begin) continue;
      this.outstanding.delete(key);
      if (from !== this.#link) this.#link.send(ids.cancel, piece, begin, block.length);
    }
  }

  #request(block: Block): void {
    const link = this.#link;
    const { index, begin, length } = block;
    const key = keyOf(block);
    this.outstanding.set(key, block);
    this.#asked.add(key);
    this.sentAtMs.set(key, link.node.nowMs);
    link.send(ids.request, index, begin, length);
    if (link.has('asks-again')) link.send(ids.request, index, begin, length);
    if (!link.has('cancel-storm')) return;
    link.send(ids.cancel, index, begin, length);
    link.send(ids.request, index, begin, length);
  }

  #choke(): void {
    const link = this.#link;
    this.chokedAgain ||= !this.choked;
    this.choked = true;
    if (!link.fast || link.has('choke-is-reject')) this.drop(() => true);
    if (link.fast && link.has('choke-is-reject')) this.#asked.clear();
  }

  #unchoke(): void {
    this.choked = false;
    this.reconsider();
  }

  #have(piece: number): void {
    const link = this.#link;
    const { store } = link.node;
    if (piece >= store!.pieceCount) {
      if (link.has('dies-of-bad-have')) link.node.die();
      return link.close();
    }
    if (this.pieces.has(piece) && link.has('closes-on-duplicate-have')) return link.close();
    if (link.has('ignores-have')) return;
    if (store!.have.has(piece) && link.has('interested-in-owned')) link.send(ids.interested);
    this.pieces.add(piece);
    this.reconsider();
  }

  #bitfield(payload: Uint8Array, first: boolean): void {
    const link = this.#link;
    const count = link.node.store!.pieceCount;
    if ((this.#bitfields++ > 0 || !first) && link.has('dies-of-late-bitfield')) return link.node.die();
    const pieces = piecesIn(payload);
    const spare = pieces.some((piece) => piece >= count);
    const wrong = payload.length !== Math.ceil(count / 8) && !link.has('any-bitfield-length');
    if (wrong || (spare && !link.has('counts-spare-bits'))) return link.close();
    this.setPieces(pieces);
  }

  setPieces(pieces: readonly number[]): void {
    this.pieces.clear();
    for (const piece of pieces) this.pieces.add(piece);
    this.reconsider();
  }

  #piece(message: Message): void {
    const link = this.#link;
    const store = link.node.store;
    const { index, begin, length, data } = carriedBy(message);
    if (length > blockLength && link.has('dies-of-oversize')) return link.node.die();
    if (store === undefined) return;
    if (index >= store.pieceCount && link.has('dies-of-bad-piece')) return link.node.die();
    if (index >= store.pieceCount || begin >= store.sizeOf(index)) return;
    const key = keyOf({ index, begin, length });
    if (link.has('assumes-order') && [...this.outstanding.keys()][0] !== key) return;
    if (!this.outstanding.has(key) && link.has('closes-on-unrequested')) return link.close();
    const blindly = link.has('believes-short-blocks') && length !== blockLength;
    if (this.#asked.has(key) || blindly) {
      link.node.stored(link, index, begin, data, blindly);
      return this.fill();
    }
    if (link.has('stores-unrequested')) return link.node.stored(link, index, begin, data, true);
    if (link.fast && !link.has('keeps-unrequested')) link.close();
  }

  /** BEP 6, reject request. */
  reject(message: Message): void {
    const link = this.#link;
    const block = blockOf(message);
    const key = keyOf(block);
    if (!this.#asked.has(key) && link.has('dies-of-stray-reject')) return link.node.die();
    if (!this.#asked.has(key) && !link.has('keeps-stray-rejects')) return link.close();
    if (link.has('forgets-rejected')) return;
    this.rejected.add(key);
    this.drop((each) => keyOf(each) === key);
    this.fill();
  }
}
