/** What a live connection reports (BEP 3, 5, 6, 10, 52). Views inside live until the next receive() of the connection. */
import type { ProtocolError } from '@ferro/core';
import type { BlockPart } from './decoder.ts';
import type { ExtendedHandshake } from './extended-handshake.ts';
import type { Extension, ExtensionEvent } from './extension.ts';
import type { Handshake } from './handshake.ts';
import type { Block, Message } from './message.ts';

export type PeerEvent<X extends Extension = never> =
  /** Always the first. An incoming connection without an info-hash now waits for accept(). */
  | ({ readonly type: 'handshake' } & Handshake)
  /** What the peer said and may say. A request waits for piece() or reject(); one that has to be refused is not reported. */
  | Exclude<Message, { readonly type: 'piece' | 'extended' | 'keep-alive' | 'unknown' }>
  /** Part of a block that was requested. */
  | BlockPart
  /** The header of a block that was not requested, or no longer; its bytes are dropped. */
  | ({ readonly type: 'unrequested' } & Block)
  | { readonly type: 'extended-handshake'; readonly handshake: ExtendedHandshake }
  | ExtensionEvent<X>
  /** The last event. The reason says which rule was broken. */
  | { readonly type: 'closed'; readonly reason?: ProtocolError };
