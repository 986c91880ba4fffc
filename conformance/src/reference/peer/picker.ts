/** Which blocks the reference peer asks a link for: pieces in an order that is mixed once, blocks in order, nothing twice. */
import { type Block, blockLength } from '../../probe/wire/messages.ts';
import { keyOf } from '../../probe/wire/uploader.ts';
import { Random } from '../../random.ts';
import type { Link } from './link.ts';

/** After so long a block that is on its way is asked of another peer as well. */
const patienceMs = 30_000;

export class Picker {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  blocks(most: number): readonly Block[] {
    const blocks: Block[] = [];
    for (const piece of this.#pieces()) {
      for (const block of this.#blocksOf(piece)) {
        if (blocks.length >= most) return blocks;
        if (this.#free(block)) blocks.push(block);
      }
    }
    return blocks;
  }

  #pieces(): readonly number[] {
    const link = this.#link;
    const { download, node } = link;
    const store = node.store!;
    const last = link.has('stops-before-the-last') ? store.pieceCount - 1 : store.pieceCount;
    const order = Array.from({ length: last }, (_, at) => at);
    if (!link.has('sequential')) mix(order, node.infoHash);
    const offered = (piece: number) => download.pieces.has(piece) || link.has('asks-for-unavailable');
    const allowed = (piece: number) => download.allowed.has(piece) && !link.has('no-allowed-fast-requests');
    const claimed = (piece: number) => allowed(piece) && link.has('asks-allowed-fast-unavailable');
    const spare = link.has('counts-spare-bits') ? [...download.pieces].filter((piece) => piece >= last) : [];
    return [...spare, ...order].filter((piece) => {
      if (!store.lacks(piece) || !store.mayFetch(piece)) return false;
      if (claimed(piece)) return true;
      return offered(piece) && (!download.choked || allowed(piece));
    });
  }

  #blocksOf(piece: number): readonly Block[] {
    const link = this.#link;
    const store = link.node.store!;
    const size = link.has('asks-32k') ? 2 * blockLength : blockLength;
    if (piece >= store.pieceCount) return [{ index: piece, begin: 0, length: blockLength }];
    const received = link.node.received.get(piece);
    return store
      .blocksOf(piece, size)
      .filter(({ begin }) => received?.has(begin) !== true)
      .map(({ begin, length }) => ({ index: piece, begin, length: link.has('overreads-end') ? size : length }));
  }

  #free(block: Block): boolean {
    const link = this.#link;
    const { node } = link;
    const key = keyOf(block);
    if (link.download.outstanding.has(key) || link.download.rejected.has(key)) return false;
    return [...node.links].every(({ download }) => {
      if (!download.outstanding.has(key)) return true;
      const waitedMs = node.nowMs - download.sentAtMs.get(key)!;
      return waitedMs > patienceMs && !link.has('waits-for-slow-peers');
    });
  }
}

function mix(order: number[], seed: Uint8Array): void {
  const random = new Random(Buffer.from(seed).toString('hex'));
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
}
