/** How the reference peer gives hashes, refuses them, asks for them and takes them, over one link (BEP 52, peer messages). */
import { type Layers, layersOf } from '../../probe/files/merkle.ts';
import { type HashRange, hashesFor, hashesIn, isSameRange, rangeIn, rangeMessage } from '../../probe/wire/hashes.ts';
import { ids, type Message } from '../../probe/wire/messages.ts';
import type { Link } from './link.ts';
import type { Store } from './store.ts';

const mostHashes = 512;

export class Hashes {
  /** What the peer was asked for and has not answered. */
  asked: HashRange | undefined;
  /** It has refused, or given wrong ones. */
  isUseless = false;
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  /** False where nobody knows what it is. */
  receive(message: Message): boolean {
    const { id } = message;
    if (id !== ids.hashRequest && id !== ids.hashes && id !== ids.hashReject) return false;
    const range = rangeIn(message);
    if (range === undefined) this.#link.close();
    else if (id === ids.hashRequest) this.#answer(range);
    else if (id === ids.hashes) this.#take(range, hashesIn(message));
    else this.#giveUp();
    return true;
  }

  ask(range: HashRange): void {
    this.asked = range;
    this.#link.sendRaw(rangeMessage(ids.hashRequest, range));
  }

  #answer(range: HashRange): void {
    const link = this.#link;
    const { store } = link.node;
    if (link.has('silent-about-hashes')) return;
    if (link.upload.isChoking && link.has('hashes-need-unchoke')) return;
    if (this.#isDeadly(range)) return link.node.die();
    const hashes = store === undefined ? undefined : this.#hashesOf(store, range);
    if (hashes !== undefined) link.sendRaw(rangeMessage(ids.hashes, range, ...hashes));
    else if (link.has('empty-hash-reject')) link.send(ids.hashReject);
    else link.sendRaw(rangeMessage(ids.hashReject, range));
  }

  #isDeadly({ root, base, index, length }: HashRange): boolean {
    const link = this.#link;
    const { trees, pieceLength } = link.node.store!;
    if (length > mostHashes && link.has('dies-of-long-ranges')) return true;
    const file = trees?.withRoot(root);
    if (file === undefined) return link.has('dies-of-unknown-roots');
    if (base > 0 && base !== trees!.pieceLayer && link.has('dies-of-middle-layers')) return true;
    const pieces = Math.ceil(file.length / pieceLength);
    return base === trees!.pieceLayer && index + length > pieces && link.has('dies-of-padding');
  }

  /** Undefined where they are refused: those of files that are not all here, for one. */
  #hashesOf({ trees, have, data, pieceLength }: Store, range: HashRange): readonly Uint8Array[] | undefined {
    const link = this.#link;
    const file = trees?.withRoot(range.root);
    if (file === undefined) return undefined;
    const pieces = Array.from(
      { length: Math.ceil(file.length / pieceLength) },
      (_, at) => file.start / pieceLength + at,
    );
    if (!pieces.every((piece) => have.has(piece))) return undefined;
    if (range.base === 0 && link.has('rejects-leaves')) return undefined;
    if (range.base === trees!.pieceLayer && link.has('leaves-only')) return undefined;
    const layers = layersOf(data.subarray(file.start, file.start + file.length));
    if (!isWithin(range, layers)) return undefined;
    const { base, index, length, proofs } = range;
    if (!isAllowed(range)) return link.has('any-hash-range') ? layers[base]!.slice(index, index + length) : undefined;
    const all = hashesFor(layers, range);
    const [hashes, uncles] = [all.slice(0, length), all.slice(length)];
    if (link.has('uncles-turned')) return [...hashes, ...uncles.reverse()];
    if (!link.has('all-uncles')) return all;
    const omitted = Array.from({ length: proofs - uncles.length }, (_, at) => layers[base + 1 + at]![0]!);
    return [...hashes, ...omitted, ...uncles];
  }

  #take(range: HashRange, hashes: readonly Uint8Array[]): void {
    const link = this.#link;
    const { trees } = link.node.store ?? {};
    const expected = this.asked !== undefined && isSameRange(this.asked, range);
    if (!expected && !link.has('takes-unsolicited-hashes')) return;
    this.asked = undefined;
    const blindly = !expected || link.has('believes-hashes');
    if (trees?.accept(range, hashes, blindly) !== true) {
      this.isUseless = true;
      link.close();
    }
    for (const each of [...link.node.links]) each.download.reconsider();
  }

  #giveUp(): void {
    this.asked = undefined;
    this.isUseless = true;
    this.#link.node.seekHashes();
  }
}

function isWithin({ base, index, length, proofs }: HashRange, layers: Layers): boolean {
  const top = layers.length - 1;
  return base < top && base + proofs < top && index + length <= layers[base]!.length;
}

function isAllowed({ index, length }: HashRange): boolean {
  return length >= 2 && length <= mostHashes && Number.isInteger(Math.log2(length)) && index % length === 0;
}
