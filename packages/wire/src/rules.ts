/**
 * Which message is legal in which state: one table, from which the state diagram in the docs is drawn (BEP 3, peer messages;
 * BEP 6; BEP 10; BEP 52). A connection opens with the handshake; what a peer has may be said only first, though deployed
 * clients put their extended handshake before it. What a message means is the connection's business, not this file's.
 */
import { ProtocolError } from '@ferro/core';
import type { MessageType } from './message.ts';

/**
 * `handshake`: the 68 bytes are not whole. `opening`: nothing has been said since. `open`: the conversation. The end is
 * reached from every state, by any message that has no entry for it.
 */
export type WireState = 'handshake' | 'opening' | 'open';

/** What both sides must have offered in their handshakes. */
export type Negotiable = 'fast' | 'extensions';

export interface Rule {
  /** The state after the message, where it is legal in `opening`. */
  readonly opening?: WireState;
  /** The same for `open`. */
  readonly open?: WireState;
  readonly needs?: Negotiable;
  readonly spec: string;
}

const MESSAGES = 'BEP 3, peer messages';

export const rules: Readonly<Record<MessageType, Rule>> = {
  'keep-alive': { opening: 'opening', open: 'open', spec: 'BEP 3, peer protocol' },
  // Again in mid-conversation from aria2 (1.36), where it is shorter than one have for each new piece.
  bitfield: { opening: 'open', open: 'open', spec: MESSAGES },
  'have-all': { opening: 'open', open: 'open', needs: 'fast', spec: 'BEP 6, have all/have none' },
  'have-none': { opening: 'open', needs: 'fast', spec: 'BEP 6, have all/have none' },
  extended: { opening: 'opening', open: 'open', needs: 'extensions', spec: 'BEP 10' },
  choke: { opening: 'open', open: 'open', spec: MESSAGES },
  unchoke: { opening: 'open', open: 'open', spec: MESSAGES },
  interested: { opening: 'open', open: 'open', spec: MESSAGES },
  'not-interested': { opening: 'open', open: 'open', spec: MESSAGES },
  have: { opening: 'open', open: 'open', spec: MESSAGES },
  request: { opening: 'open', open: 'open', spec: MESSAGES },
  piece: { opening: 'open', open: 'open', spec: MESSAGES },
  cancel: { opening: 'open', open: 'open', spec: MESSAGES },
  port: { opening: 'open', open: 'open', spec: 'BEP 5, BitTorrent protocol extension' },
  suggest: { opening: 'open', open: 'open', needs: 'fast', spec: 'BEP 6, suggest piece' },
  reject: { opening: 'open', open: 'open', needs: 'fast', spec: 'BEP 6, reject request' },
  'allowed-fast': { opening: 'open', open: 'open', needs: 'fast', spec: 'BEP 6, allowed fast' },
  'hash-request': { opening: 'open', open: 'open', spec: 'BEP 52, peer messages' },
  hashes: { opening: 'open', open: 'open', spec: 'BEP 52, peer messages' },
  'hash-reject': { opening: 'open', open: 'open', spec: 'BEP 52, peer messages' },
  // Skipped: no text forbids what a later BEP may add.
  unknown: { opening: 'opening', open: 'open', spec: MESSAGES },
};

/** The state after a message, or a ProtocolError if it may not be said now. */
export function stateAfter(
  message: MessageType,
  state: WireState,
  negotiated: Readonly<Record<Negotiable, boolean>>,
): WireState {
  const rule = rules[message];
  if (rule.needs !== undefined && !negotiated[rule.needs]) {
    throw new ProtocolError('wire/not-negotiated', rule.spec, `${message} without both sides offering ${rule.needs}`);
  }
  const next = state === 'open' ? rule.open : state === 'opening' ? rule.opening : undefined;
  if (next === undefined) {
    throw new ProtocolError('wire/not-now', rule.spec, `${message} while the connection is in state ${state}`);
  }
  return next;
}
