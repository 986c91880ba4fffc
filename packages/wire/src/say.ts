/**
 * What we say, where it is more than a line (BEP 3, peer messages; BEP 6): each command keeps the state true and writes its
 * messages. The other half of hear.ts. The connection has made sure that we may talk.
 */
import { Bitfield } from './bitfield.ts';
import type { Conversation } from './conversation.ts';
import { type Block, messageIds } from './message.ts';

/** Once, before all else. */
function announce(conversation: Conversation): void {
  if (conversation.announced) throw new TypeError('what we have is said once, before all else');
  conversation.announced = true;
}

export function sayBitfield(conversation: Conversation, bits: Uint8Array): void {
  const { geometry } = conversation.bounds;
  if (geometry !== undefined && bits.length !== (geometry.pieceCount + 7) >>> 3) {
    throw new RangeError(`${bits.length} bytes are not a bitfield of ${geometry.pieceCount} pieces`);
  }
  announce(conversation);
  conversation.encoder.message({ type: 'bitfield', bits });
}

export function sayHaveAll(conversation: Conversation): void {
  const { bounds, encoder, negotiated } = conversation;
  if (negotiated.fast) {
    announce(conversation);
    encoder.bare(messageIds['have-all']);
  } else {
    if (bounds.geometry === undefined) throw new TypeError('without the fast extension the geometry must be known');
    sayBitfield(conversation, Bitfield.full(bounds.geometry.pieceCount).bytes);
  }
}

/** Without the fast extension this is said by saying nothing. */
export function sayHaveNone(conversation: Conversation): void {
  announce(conversation);
  if (conversation.negotiated.fast) conversation.encoder.bare(messageIds['have-none']);
}

/** The choke goes first, so that they do not ask again for what is rejected after it. */
export function sayChoke(conversation: Conversation): void {
  const { encoder, granted, negotiated, waiting } = conversation;
  if (conversation.choking) return;
  conversation.choking = true;
  encoder.bare(messageIds.choke);
  for (const { piece, begin, length } of waiting.removeAllBut(granted)) {
    if (negotiated.fast) encoder.block(messageIds.reject, piece, begin, length);
  }
}

export function sayUnchoke(conversation: Conversation): void {
  if (!conversation.choking) return;
  conversation.choking = false;
  conversation.encoder.bare(messageIds.unchoke);
}

export function sayInterest(conversation: Conversation, interested: boolean): void {
  if (conversation.interested === interested) return;
  conversation.interested = interested;
  conversation.encoder.bare(messageIds[interested ? 'interested' : 'not-interested']);
}

export function sayRequest(conversation: Conversation, block: Block): boolean {
  const { allowed, asked, choked, encoder, limits } = conversation;
  const { piece, begin, length } = block;
  if (!(length > 0 && length <= limits.blockLength)) throw new RangeError(`a block of ${length} bytes`);
  if (choked && !allowed.has(piece)) return false;
  if (asked.size >= outstandingMax(conversation) || !asked.add(block)) return false;
  encoder.block(messageIds.request, piece, begin, length);
  return true;
}

/** What they let wait, or we do. */
export function outstandingMax({ limits, theirQueue }: Conversation): number {
  return Math.min(theirQueue ?? limits.requestsOut, limits.requestsOut);
}

export function sayCancel({ asked, encoder }: Conversation, block: Block): boolean {
  if (!asked.giveUp(block)) return false;
  encoder.block(messageIds.cancel, block.piece, block.begin, block.length);
  return true;
}

export function sayPiece({ encoder, waiting }: Conversation, piece: number, begin: number, data: Uint8Array): boolean {
  if (!waiting.remove(piece, begin, data.length)) return false;
  encoder.data(piece, begin, data);
  return true;
}

export function sayReject({ encoder, negotiated, waiting }: Conversation, block: Block): boolean {
  const { piece, begin, length } = block;
  if (!waiting.remove(piece, begin, length)) return false;
  if (negotiated.fast) encoder.block(messageIds.reject, piece, begin, length);
  return true;
}

export function sayAllowedFast(
  { encoder, granted, limits, negotiated }: Conversation,
  pieces: readonly number[],
): boolean {
  if (!negotiated.fast) return false;
  for (const piece of pieces) {
    if (granted.has(piece) || granted.size >= limits.allowedFast) continue;
    granted.add(piece);
    encoder.piece(messageIds['allowed-fast'], piece);
  }
  return true;
}
