/** What goes in and out of the core of a web seed: parts of answers and requests on the one side, blocks on the other (BEP 19). */
import type { Instant, ProtocolError } from '@ferro/core';
import type { Headers } from './answer.ts';

/** What a host has heard for the request with this `id`. */
export type WebSeedInput =
  | { readonly type: 'head'; readonly id: number; readonly status: number; readonly headers: Headers }
  /** Borrowed until the next input. */
  | { readonly type: 'body'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly id: number; readonly error?: Error | undefined };

/** What a host shall do. */
export type WebSeedOutput =
  | {
      readonly type: 'get';
      readonly id: number;
      readonly url: string;
      readonly headers: Headers;
      readonly redirects: number;
    }
  /** Nothing more of this one is wanted. */
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'pause'; readonly id: number }
  | { readonly type: 'resume'; readonly id: number };

export type WebSeedEvent =
  /** Part of a block that was asked for, as a peer's: `data` belongs at `begin + offset`. Parts of a block come in order. */
  | {
      readonly type: 'block';
      readonly piece: number;
      readonly begin: number;
      readonly length: number;
      readonly offset: number;
      readonly data: Uint8Array;
    }
  /** This block will not come, or not the rest of it. */
  | { readonly type: 'reject'; readonly piece: number; readonly begin: number; readonly length: number }
  /** The server does not have a file, and so none of these pieces whole. */
  | {
      readonly type: 'missing';
      readonly file: number;
      readonly first: number;
      readonly end: number;
      readonly reason: ProtocolError;
    }
  /** The server sends whole files only: it has what can be reached by reading on. Ask in order from now on. */
  | { readonly type: 'no-ranges' }
  /** Everything was rejected, and nothing can be asked for until then. */
  | { readonly type: 'waiting'; readonly until: Instant; readonly reason: ProtocolError }
  /** The wait is over. */
  | { readonly type: 'ready' }
  /** The last event: this URL is of no use. */
  | { readonly type: 'closed'; readonly reason: ProtocolError };
