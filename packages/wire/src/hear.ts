/**
 * What a message of the peer means (BEP 3, peer messages; BEP 6; BEP 10): checked against the table of rules.ts and against
 * what is known of the torrent, then turned into state and an event. Whatever is wrong is thrown and ends the connection.
 */
import { ProtocolError } from '@ferro/core';
import type { Conversation } from './conversation.ts';
import type { BlockPart, DecodedMessage } from './decoder.ts';
import type { PeerEvent } from './events.ts';
import { decodeExtendedHandshake } from './extended-handshake.ts';
import type { Extension } from './extension.ts';
import { type Block, type BlockMessage, type Message, messageIds } from './message.ts';
import { stateAfter } from './rules.ts';

/** Takes one message. False if it is no sign of life: bytes that nobody asked for. */
export function hear<X extends Extension>(
  conversation: Conversation,
  message: DecodedMessage,
  events: PeerEvent<X>[],
): boolean {
  if (message.type === 'block') return hearBlock(conversation, message, events);
  conversation.state = stateAfter(message.type, conversation.state, conversation.negotiated);
  switch (message.type) {
    case 'keep-alive':
    case 'unknown':
      return true;
    case 'request':
      hearRequest(conversation, message, events);
      return true;
    case 'cancel':
      hearCancel(conversation, message, events);
      return true;
    case 'reject':
      if (conversation.asked.reject(message)) events.push(message);
      return true;
    case 'extended':
      hearExtended(conversation, message.id, message.payload, events);
      return true;
    default:
      note(conversation, message);
      events.push(message);
      return true;
  }
}

type Statement = Exclude<
  Message,
  { readonly type: 'keep-alive' | 'unknown' | 'request' | 'cancel' | 'reject' | 'extended' | 'piece' }
>;

/** Messages that say how things are: they change the state and are passed on. */
function note(conversation: Conversation, message: Statement): void {
  switch (message.type) {
    case 'choke':
      conversation.choked = true;
      // With the fast extension each request is still answered; without, a choke means that none will be.
      if (!conversation.negotiated.fast) conversation.asked.giveUpAll();
      return;
    case 'unchoke':
      conversation.choked = false;
      return;
    case 'interested':
    case 'not-interested':
      conversation.interesting = message.type === 'interested';
      return;
    case 'have':
    case 'suggest':
      conversation.bounds.checkPiece(message.piece);
      return;
    case 'allowed-fast':
      conversation.bounds.checkPiece(message.piece);
      if (conversation.allowed.size < conversation.limits.allowedFast) conversation.allowed.add(message.piece);
      return;
    case 'bitfield':
      conversation.bounds.checkBitfield(message.bits);
      return;
    default:
  }
}

function hearBlock<X extends Extension>(conversation: Conversation, part: BlockPart, events: PeerEvent<X>[]): boolean {
  if (part.offset === 0) {
    conversation.state = stateAfter('piece', conversation.state, conversation.negotiated);
    const { piece, begin, length } = part;
    conversation.blockWanted = conversation.asked.answer(piece, begin, length);
    if (!conversation.blockWanted) {
      if (conversation.negotiated.fast) {
        throw new ProtocolError('wire/unrequested', 'BEP 6, modifications', `a block of piece ${piece} at ${begin}`);
      }
      conversation.asked.unrequested('BEP 3, peer messages', 'blocks');
      events.push({ type: 'unrequested', piece, begin, length });
    }
  }
  if (conversation.blockWanted) events.push(part);
  return conversation.blockWanted;
}

function hearRequest<X extends Extension>(
  conversation: Conversation,
  request: Extract<BlockMessage, { readonly type: 'request' }>,
  events: PeerEvent<X>[],
): void {
  const { bounds, limits, negotiated, waiting } = conversation;
  bounds.checkBlock(request);
  if (conversation.choking && !conversation.granted.has(request.piece)) {
    refuse(conversation, request);
  } else if (waiting.size < (negotiated.fast ? limits.requestsIn : limits.requestsInWithoutFast)) {
    if (waiting.add(request)) events.push(request);
  } else if (negotiated.fast) {
    refuse(conversation, request);
  } else {
    // To drop one silently would make such a peer wait for ever.
    throw new ProtocolError('wire/too-many-requests', 'BEP 3, peer messages', `more than ${waiting.size} wait`);
  }
}

/** Without the fast extension a request of a choked peer is dropped: that is what choked means (BEP 3). */
function refuse(conversation: Conversation, request: Block): void {
  if (!conversation.negotiated.fast) return;
  if (!conversation.announced) {
    throw new ProtocolError('wire/request-too-early', 'BEP 6, have all/have none', 'we have not said what we have');
  }
  sayReject(conversation, request);
}

/** A request that is taken back is answered all the same, where the peer counts answers (BEP 6). */
function hearCancel<X extends Extension>(
  conversation: Conversation,
  cancel: Extract<BlockMessage, { readonly type: 'cancel' }>,
  events: PeerEvent<X>[],
): void {
  if (!conversation.waiting.remove(cancel.piece, cancel.begin, cancel.length)) return;
  events.push(cancel);
  if (conversation.negotiated.fast) sayReject(conversation, cancel);
}

function sayReject(conversation: Conversation, block: Block): void {
  conversation.encoder.block(messageIds.reject, block.piece, block.begin, block.length);
}

/** Id 0 is the extended handshake, which may come again at any time (BEP 10). */
function hearExtended<X extends Extension>(
  conversation: Conversation,
  id: number,
  payload: Uint8Array,
  events: PeerEvent<X>[],
): void {
  if (id !== 0) {
    conversation.extensions.receive(id, payload, events);
    return;
  }
  const handshake = decodeExtendedHandshake(payload, conversation.limits);
  conversation.theirQueue = handshake.requestQueue ?? conversation.theirQueue;
  events.push({ type: 'extended-handshake', handshake });
  conversation.extensions.accept(handshake, events);
}
