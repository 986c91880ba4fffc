/** What a peer that has pieces does: says so, unchokes, and answers requests; each of it can be changed. */
import { bytesOf, type Fixture } from './fixture.ts';
import type { PeerLink } from './link.ts';
import { type Block, bitsOf, blockOf, ids, type Message, uint32 } from './messages.ts';

export interface UploadOptions {
  /** Those that we say we have; all if not given. */
  readonly pieces?: readonly number[];
  /** What a request gets, with `honest` being right; undefined for nothing. */
  readonly answer?: (block: Block, honest: Uint8Array) => Uint8Array | undefined;
  /** Unchokes only when told so. */
  readonly choked?: true;
  /** The list of pieces was already said in another way. */
  readonly silent?: true;
}

/** Answers at once. Gives the requests as they come, the same list all along. */
export function upload(link: PeerLink, fixture: Fixture, options: UploadOptions = {}): readonly Block[] {
  const requests: Block[] = [];
  link.on((message) => {
    if (message.id !== ids.request || message.payload.length !== 12) return;
    const block = blockOf(message);
    requests.push(block);
    const honest = bytesOf(fixture, block.index, block.begin, block.length);
    const answer = options.answer === undefined ? honest : options.answer(block, honest);
    if (answer !== undefined) sendBlock(link, block, answer);
  });
  const all = Array.from({ length: fixture.pieceCount }, (_, at) => at);
  if (options.silent !== true) link.send(ids.bitfield, bitsOf(options.pieces ?? all, fixture.pieceCount));
  if (options.choked !== true) link.send(ids.unchoke);
  return requests;
}

export function sendBlock(link: PeerLink, { index, begin }: Block, data: Uint8Array): void {
  link.send(ids.piece, index, begin, data);
}

export function requestBlock(link: PeerLink, { index, begin, length }: Block): void {
  link.send(ids.request, index, begin, length);
}

/** Blocks of 16 KiB, the last one shorter, of these messages. */
export function keyOf({ index, begin, length }: Block): string {
  return `${index} ${begin}+${length}`;
}

export function requestsAmong(messages: readonly Message[]): readonly Block[] {
  return messages.filter(({ id, payload }) => id === ids.request && payload.length === 12).map(blockOf);
}

export function haveBytes(index: number): Uint8Array {
  return uint32(index);
}
