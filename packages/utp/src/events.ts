/** What happens at an endpoint (BEP 29), as its user sees it. */
import type { Address, ProtocolError } from '@ferro/core';
import type { UtpConnection } from './connection.ts';

export type UtpEvent =
  /**
   * `accepted`: a peer has connected and has proved that it lives at its address. `connected`: a peer has answered connect().
   * `writable`: all that was written is in packets, or half of it after write() returned false. `ended`: the peer sends no more.
   */
  | { readonly type: 'accepted' | 'connected' | 'writable' | 'ended'; readonly connection: UtpConnection }
  /** `bytes` are borrowed: a view of the datagram that brought them, or a copy that stays as it is. */
  | { readonly type: 'data'; readonly connection: UtpConnection; readonly bytes: Uint8Array }
  /** The last event of a connection, unless reset() ended it; without a reason both sides had finished. */
  | { readonly type: 'closed'; readonly connection: UtpConnection; readonly reason?: 'reset' | 'timeout' }
  /** A packet that broke a rule, or belonged to nobody, had no effect. */
  | { readonly type: 'ignored'; readonly from: Address; readonly reason: ProtocolError };
